"""The two ways out: a mail server, or a folder when none is set."""

from collections.abc import Callable
from typing import Protocol

from service.notify.envelope import Envelope
from service.notify.maildir import Maildir
from service.notify.smtp import Smtp

__all__ = ["Envelope", "Maildir", "Mailer", "Smtp"]


class Mailer(Protocol):
    """Whatever can hand a finished mail over."""

    def deliver(self, envelope: Envelope, on_handed: Callable[[], None]) -> None:
        """Hand over once. ``on_handed`` runs at the last moment at which nothing has left yet.

        If ``on_handed`` raises, nothing is sent and its error comes out. Raises ``MailDeferred`` where a
        later attempt is safe, ``MailRefused`` where it would be in vain, ``MailInDoubt`` where the
        message may have arrived.
        """
