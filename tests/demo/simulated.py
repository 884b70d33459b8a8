"""A clock that is moved by hand: months pass in seconds, for freshlegs and the stand-in alike."""

from datetime import datetime


class SimulatedClock:
    """``now`` is handed to the service in place of the wall clock; it never runs backwards."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def now(self) -> datetime:
        return self._now

    def move_to(self, moment: datetime) -> datetime:
        """Move on to ``moment``; an earlier one changes nothing."""
        self._now = max(self._now, moment)
        return self._now
