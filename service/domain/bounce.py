"""What a mail server says about a mail of ours that it could not, or not yet, deliver."""

from dataclasses import dataclass
from enum import StrEnum

NOT_OF_THE_MAILBOX = frozenset({"5.1.7", "5.1.8", "5.1.9", "5.2.2", "5.2.3", "5.2.4"})
"""Of the classes "address" and "mailbox", but about the sender, the message, or a mailbox that is full."""


class Fate(StrEnum):
    """``RETURNED``: it will not arrive, ``status`` says why. ``DELAYED``: the server tries on. ``ARRIVED``: a
    receipt. ``COMPLAINT``: the reader called it unwanted. ``NOTHING``: no word about a mail."""

    RETURNED = "returned"
    DELAYED = "delayed"
    ARRIVED = "arrived"
    COMPLAINT = "complaint"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Bounce:
    """``status``: an enhanced status code (RFC 3463), empty where none could be read.

    ``addresses`` are those to which the bounce itself went; ``message_ids`` every Message-ID that it names,
    with angle brackets. Neither is believed before it was found to be ours.
    """

    fate: Fate
    status: str = ""
    addresses: tuple[str, ...] = ()
    message_ids: tuple[str, ...] = ()


def is_hard(status: str) -> bool:
    """Whether the code says that this address takes no mail for good.

    The classes 5.0, 5.1 (address) and 5.2 (mailbox) of RFC 3463 do. 5.3 to 5.7 speak of the system, the way
    (5.4.4 is a name server's bad day), the protocol, the content or the server's opinion of us.
    """
    return status[:4] in ("5.0.", "5.1.", "5.2.") and status not in NOT_OF_THE_MAILBOX
