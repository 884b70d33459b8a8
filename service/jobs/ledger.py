"""The quota ledger that all processes share: Strava's windows, kept in Postgres."""

from dataclasses import dataclass
from datetime import datetime

from service.errors import QuotaExhausted
from service.store.quota import QuotaWindow
from service.store.session import Store
from service.strava.quota import Limits, Pair, Reading, Window, quarter_hour, utc_day


@dataclass(frozen=True, slots=True)
class StoreLedger:
    """A ``service.strava.quota.Ledger``. Each method is one short transaction of its own: a reservation
    must be seen by everyone before the call it stands for is sent.

    ``limits`` are those of the settings; what Strava's headers name later takes their place.
    """

    store: Store
    limits: Limits

    def reserve(self, now: datetime) -> None:
        """Count one read in all four windows, or raise ``QuotaExhausted`` and count none."""
        windows = _windows(now, "overall", self.limits.overall) + _windows(now, "read", self.limits.read)
        with self.store.transaction() as tx:
            opens_at = tx.quota.reserve(now, windows)
        if opens_at is not None:
            raise QuotaExhausted("Strava's quota is used up: the work is due again when it opens", opens_at)

    def learn(self, now: datetime, reading: Reading) -> None:
        """Take in the limits, and usage where it is larger than ours (others may use the application too)."""
        windows = _learned(now, "overall", reading.overall_limit, reading.overall_usage) + _learned(
            now, "read", reading.read_limit, reading.read_usage
        )
        if windows:
            with self.store.transaction() as tx:
                tx.quota.learn(now, windows)

    def close(self, now: datetime, opens_at: datetime) -> None:
        """Strava has answered 429: nobody sends before ``opens_at``."""
        with self.store.transaction() as tx:
            tx.quota.close(now, opens_at)


def _windows(now: datetime, family: str, limit: Pair) -> list[QuotaWindow]:
    return [
        _row(f"{family}_quarter", quarter_hour(now), limit.quarter),
        _row(f"{family}_day", utc_day(now), limit.day),
    ]


def _learned(now: datetime, family: str, limit: Pair | None, usage: Pair | None) -> list[QuotaWindow]:
    if limit is None:
        return []
    used = usage or Pair(0, 0)
    return [
        _row(f"{family}_quarter", quarter_hour(now), limit.quarter, used.quarter),
        _row(f"{family}_day", utc_day(now), limit.day, used.day),
    ]


def _row(family: str, window: Window, limit: int, used: int = 0) -> QuotaWindow:
    return QuotaWindow(family, window.start, window.end, limit, used)
