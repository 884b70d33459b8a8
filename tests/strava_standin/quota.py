"""Strava's two rate limits, counted in windows that follow the stand-in's clock.

Quarter hours begin at :00, :15, :30 and :45, days at midnight UTC. Usage includes the request itself.
A call refused by the quarter hour still counts for the day, as Strava says it does.
"""

from dataclasses import dataclass, field
from datetime import datetime

Pair = tuple[int, int]
OVERALL: Pair = (200, 2000)
READ: Pair = (100, 1000)


@dataclass
class Quota:
    """Limits and usage as (quarter hour, day) pairs; ``take`` counts a call and says if it may pass."""

    overall_limit: Pair = OVERALL
    read_limit: Pair = READ
    _quarter: int = -1
    _day: int = -1
    _overall: list[int] = field(default_factory=lambda: [0, 0])
    _read: list[int] = field(default_factory=lambda: [0, 0])

    def take(self, now: datetime, *, read: bool) -> str | None:
        """Count a call. Returns ``None`` if it may pass, otherwise which limit refuses it."""
        self._turn(now)
        refusal = self._refusal(read)
        if refusal is None:
            self._overall[0] += 1
            self._read[0] += read
        self._overall[1] += 1
        self._read[1] += read
        return refusal

    def headers(self, now: datetime) -> list[tuple[str, str]]:
        """Both pairs, spelled as Strava spells them: not as its own documentation does."""
        self._turn(now)
        return [
            ("X-Ratelimit-Usage", _pair(self._overall)),
            ("X-Ratelimit-Limit", _pair(self.overall_limit)),
            ("X-Readratelimit-Limit", _pair(self.read_limit)),
            ("X-Readratelimit-Usage", _pair(self._read)),
        ]

    def usage(self, now: datetime) -> dict[str, list[int]]:
        """Limits and usage for the control API."""
        self._turn(now)
        return {
            "overall_limit": list(self.overall_limit),
            "read_limit": list(self.read_limit),
            "overall_usage": list(self._overall),
            "read_usage": list(self._read),
        }

    def _refusal(self, read: bool) -> str | None:
        if any(used >= limit for used, limit in zip(self._overall, self.overall_limit, strict=True)):
            return "overall rate limit"
        if read and any(used >= limit for used, limit in zip(self._read, self.read_limit, strict=True)):
            return "read rate limit"
        return None

    def _turn(self, now: datetime) -> None:
        quarter, day = int(now.timestamp()) // 900, now.date().toordinal()
        if quarter != self._quarter:
            self._quarter, self._overall[0], self._read[0] = quarter, 0, 0
        if day != self._day:
            self._day, self._overall[1], self._read[1] = day, 0, 0


def _pair(values: list[int] | Pair) -> str:
    return f"{values[0]},{values[1]}"
