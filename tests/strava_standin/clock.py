"""The stand-in's own time: it stands still until it is moved, or runs along with the real clock."""

import time
from datetime import UTC, datetime, timedelta


def instant(text: str | datetime) -> datetime:
    """An aware UTC time from ISO text (``Z`` or an offset; without either it is read as UTC).

    Raises ``ValueError`` for anything else.
    """
    value = text if isinstance(text, datetime) else datetime.fromisoformat(text.replace("Z", "+00:00"))
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Clock:
    """``running`` clocks move on with real time from where they were set; others only by ``advance``."""

    def __init__(self, now: datetime, *, running: bool = False) -> None:
        self.running = running
        self.set(now)

    def now(self) -> datetime:
        """The stand-in's present (aware UTC)."""
        if not self.running:
            return self._set_to
        return self._set_to + timedelta(seconds=time.monotonic() - self._set_at)

    def set(self, now: datetime) -> None:
        self._set_to, self._set_at = now, time.monotonic()

    def advance(self, seconds: float) -> None:
        self.set(self.now() + timedelta(seconds=seconds))

    def epoch(self) -> int:
        """Seconds since 1970, as Strava's ``expires_at`` counts them."""
        return int(self.now().timestamp())
