"""A finished mail on its way: who sends, who receives, and the bytes between them."""

import re
from dataclasses import dataclass

from service.errors import MailRefused

ADDRESS = re.compile(r"[!-;=?-~]+@[!-;=?-~]+")
"""Printable ASCII without blanks and angle brackets: enough that nothing can leave its SMTP command."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """``sender`` receives bounces; ``content`` is the whole message, with CRLF line ends.

    ``message_id`` is the one fixed when the mail was queued; every attempt carries the same.
    """

    sender: str
    recipient: str
    message_id: str
    content: bytes

    def check(self) -> None:
        """Raises ``MailRefused`` for an address that no command line may carry; never shows the address."""
        for role, address in (("sender", self.sender), ("recipient", self.recipient)):
            if not ADDRESS.fullmatch(address):
                raise MailRefused(f"the {role}'s address is not plain ASCII: ask for another one")
