"""A mail as a triple that is complete in each part."""

from dataclasses import dataclass
from datetime import date

from service.domain.night import MailKind


@dataclass(frozen=True, slots=True)
class Message:
    """Subject, plain text and HTML of one mail; ``chart_png`` only where the claim is a trend."""

    kind: MailKind
    night: date
    subject: str
    text: str
    html: str
    unsubscribe_url: str | None = None
    chart_png: bytes | None = None
