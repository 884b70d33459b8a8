"""Mail into a Maildir folder: the way out when no mail server is set, and the demo's mailbox."""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from service.errors import MailDeferred, MailInDoubt
from service.notify.envelope import Envelope


@dataclass(frozen=True, slots=True)
class Maildir:
    """A folder with ``tmp``, ``new`` and ``cur``; any mail reader opens it. Created when first used."""

    folder: Path

    def deliver(self, envelope: Envelope, on_handed: Callable[[], None]) -> None:
        """See ``Mailer.deliver``. A message with the same Message-ID is never put there twice."""
        envelope.check()
        name = hashlib.sha256(envelope.message_id.encode()).hexdigest()[:32] + ".freshlegs"
        draft = self.folder / "tmp" / f"{name}.{os.getpid()}"
        try:
            self._write(draft, envelope)
        except OSError as error:
            raise MailDeferred(
                f"{self.folder} cannot be written ({error.strerror}): check its owner"
            ) from error
        try:
            on_handed()
            self._publish(draft, name)
        finally:
            draft.unlink(missing_ok=True)

    def _write(self, draft: Path, envelope: Envelope) -> None:
        for part in ("tmp", "new", "cur"):
            (self.folder / part).mkdir(parents=True, exist_ok=True)
        head = f"Return-Path: <{envelope.sender}>\r\nDelivered-To: {envelope.recipient}\r\n".encode()
        with draft.open("wb") as file:
            file.write((head + envelope.content).replace(b"\r\n", b"\n"))
            file.flush()
            os.fsync(file.fileno())

    def _publish(self, draft: Path, name: str) -> None:
        """Rename into ``new`` unless the message is there, or was read and moved to ``cur``."""
        try:
            if not any((self.folder / "cur").glob(f"{name}*")):
                draft.replace(self.folder / "new" / name)
        except OSError as error:
            raise MailInDoubt(f"{self.folder}/new failed ({error.strerror}): not written again") from error
