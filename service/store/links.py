"""Links in mails that work without signing in: signed, short-lived, for one athlete and one purpose.

No row stands behind them. The signature is an HMAC of the keyring, cut to 128 bits.
"""

import base64
import binascii
import hmac
import struct
from datetime import date, datetime
from uuid import UUID

from service.store.keyring import Keyring

CHECK_IN = "checkin"
"""The purpose of the links behind "how are the legs?"."""
SIGNATURE_BYTES = 16
CONTENT = struct.Struct(">16sI")


def about_warning(night: date) -> str:
    """The purpose of the links that answer the warning of a night."""
    return f"warning {night}"


class Links:
    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def make(self, athlete_id: UUID, purpose: str, until: datetime) -> str:
        """The token of a link that opens ``purpose`` for this athlete until then (aware)."""
        content = CONTENT.pack(athlete_id.bytes, int(until.timestamp()))
        signed = content + self._signature(content, purpose)
        return base64.urlsafe_b64encode(signed).rstrip(b"=").decode()

    def athlete(self, token: str, purpose: str, now: datetime) -> UUID | None:
        """Whose link it is; ``None`` = forged, for another purpose, or too old."""
        try:
            signed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except (ValueError, binascii.Error):
            return None
        content, signature = signed[: CONTENT.size], signed[CONTENT.size :]
        if not hmac.compare_digest(signature, self._signature(content, purpose)):
            return None
        whose, until = CONTENT.unpack(content)
        return UUID(bytes=whose) if now.timestamp() < until else None

    def _signature(self, content: bytes, purpose: str) -> bytes:
        return self._keyring.blind_index(f"link {purpose} {content.hex()}")[:SIGNATURE_BYTES]
