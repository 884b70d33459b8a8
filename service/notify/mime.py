"""A message as the bytes that travel: multipart/alternative, plain text first, fixed headers; a picture, if
there is one, stands beside the HTML in a multipart/related."""

import hashlib
import re
from binascii import b2a_qp
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from service.domain.message import Message
from service.errors import MailRefused
from service.notify.envelope import Envelope

WHOLE_LINES = SMTP.clone(max_line_length=998)
"""Folding at 78 turns a long unsubscribe link into encoded words that no mail program can follow."""
MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,480}>")
CHART_ID = "<chart@freshlegs>"
"""What the HTML of a mail with a picture refers to."""
HTTP_LINK = re.compile(r"https?://[!-;=?-~]{1,900}")


def envelope(
    message: Message,
    *,
    sender: str,
    recipient: str,
    message_id: str,
    now: datetime,
    return_path: str | None = None,
) -> Envelope:
    """The message ready to hand over to one recipient.

    ``sender`` is ``name <address>`` or an address alone; ``recipient`` an address alone; ``message_id``
    with its angle brackets, the same in every attempt; ``now`` (aware) is the Date header;
    ``return_path`` receives bounces (the sender if none is given). Raises ``MailRefused`` for an address or
    a header that would not stay on its own line.
    """
    name, address = parseaddr(sender)
    finished = Envelope(return_path or address, recipient, message_id, b"")
    finished.check()
    try:
        mail = _headers(message, Address(name, addr_spec=address), recipient, message_id, now)
    except (ValueError, MessageError) as error:
        name = type(error).__name__
        raise MailRefused(
            f"a header of this {message.kind} is not one plain line ({name}): correct it"
        ) from None
    mail.set_content("", subtype="plain", charset="utf-8", cte="quoted-printable")
    mail.add_alternative("", subtype="html", charset="utf-8", cte="quoted-printable")
    for part, content in zip(mail.iter_parts(), (message.text, message.html), strict=True):
        part.set_payload(_quoted(content))
    if message.chart_png is not None:
        _attach(mail, message.chart_png, message_id)
    # Between quoted-printable lines "=_" cannot occur; derived, so that every attempt has the same bytes.
    mail.set_boundary(_boundary(message_id))
    return Envelope(finished.sender, recipient, message_id, mail.as_bytes(policy=WHOLE_LINES))


def _quoted(content: str) -> str:
    """Quoted-printable by the standard library's C; its ``email`` does the same in Python, 2 ms a mail."""
    lines = content.removesuffix("\n") + "\n"
    return b2a_qp(lines.encode(), istext=True).decode("ascii")


def _attach(mail: EmailMessage, png: bytes, message_id: str) -> None:
    """The picture beside the HTML that shows it: programs that leave images out still have both texts."""
    html = next(part for part in mail.iter_parts() if part.get_content_subtype() == "html")
    if not isinstance(html, EmailMessage):
        raise TypeError("the parts of an EmailMessage are EmailMessages")
    html.add_related(png, "image", "png", cid=CHART_ID, disposition="inline", filename="load.png")
    html.set_boundary(_boundary(f"{message_id} chart"))


def _boundary(key: str) -> str:
    return "=_" + hashlib.sha256(key.encode()).hexdigest()[:32]


def _headers(
    message: Message, sender: Address, recipient: str, message_id: str, now: datetime
) -> EmailMessage:
    """Nothing an athlete wrote stands in a header; subjects come from our own table."""
    if MESSAGE_ID.fullmatch(message_id) is None:
        raise MailRefused("the Message-ID is not one: queue the mail again")
    if message.subject.splitlines() != [message.subject]:  # EmailMessage lets a line break at the end through
        raise ValueError("the subject is not one line")
    mail = EmailMessage(policy=SMTP)
    mail["From"] = sender
    mail["To"] = Address(addr_spec=recipient)
    mail["Subject"] = message.subject
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = message_id
    mail["Auto-Submitted"] = "auto-generated"
    if message.unsubscribe_url is not None:
        if HTTP_LINK.fullmatch(message.unsubscribe_url) is None:
            raise MailRefused("the link for List-Unsubscribe is not one: check BASE_URL")
        mail["List-Unsubscribe"] = f"<{message.unsubscribe_url}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return mail
