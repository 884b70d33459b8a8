"""The quota ledger that all processes share: Strava's windows, kept in Postgres."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from service.errors import AppInactive, QuotaExhausted
from service.logs import log
from service.store.quota import QuotaWindow
from service.store.session import Store
from service.strava.quota import MARGIN, Limits, Pair, Priority, Reading, Window, quarter_hour, utc_day

CHECK_EVERY = timedelta(hours=1)
"""How often Strava is asked, by one call, whether an application that was switched off is on again."""
CHECK_TAKES = timedelta(minutes=5)
"""Longer than any call: until then nobody else asks."""


@dataclass(frozen=True, slots=True)
class StoreLedger:
    """A ``service.strava.quota.Ledger``. Each method is one short transaction of its own: a reservation
    must be seen by everyone before the call it stands for is sent.

    ``limits`` are those of the settings; what Strava's headers name later takes their place.
    """

    store: Store
    limits: Limits

    def reserve(self, now: datetime, priority: Priority = Priority.EVENT, *, counted: bool = True) -> bool:
        """Count one read in all four windows, or raise ``QuotaExhausted`` or ``AppInactive``."""
        windows = _counting(now, self.limits)
        with self.store.transaction() as tx:
            opens_at = tx.quota.reserve(now, windows, keep_free=priority.keep_free) if counted else None
            off_until = tx.quota.off_until()
            if off_until is not None and now < off_until:
                raise AppInactive(
                    "the application is switched off at Strava: log in there; "
                    f"it is asked again at {off_until.isoformat(timespec='seconds')}",
                    off_until,
                )
            checking = counted and off_until is not None and opens_at is None
            if checking:
                tx.quota.switch_off(now + CHECK_TAKES)
        if opens_at is not None:
            raise QuotaExhausted("Strava's quota is used up: the work is due again when it opens", opens_at)
        return checking

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

    def switched_off(self, now: datetime) -> None:
        """Nobody sends for an hour. The first to find out raises the alarm, and nobody after that."""
        with self.store.transaction() as tx:
            first = tx.quota.switch_off(now + CHECK_EVERY)
        if first:
            log().error("app_inactive", until=now + CHECK_EVERY)

    def switched_on(self, now: datetime) -> None:
        """Everybody sends again."""
        with self.store.transaction() as tx:
            back = tx.quota.switch_on()
        if back:
            log().warning("app_active_again")


def _counting(now: datetime, limits: Limits) -> list[QuotaWindow]:
    """Every window that Strava may count a call sent at ``now`` in: near an edge, where its clock and ours
    may differ, those on both sides."""
    rows: dict[tuple[str, datetime], QuotaWindow] = {}
    for moment in (now, now + 2 * MARGIN):
        both = _windows(moment, "overall", limits.overall) + _windows(moment, "read", limits.read)
        rows |= {(row.family, row.starts_at): row for row in both}
    return list(rows.values())


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
