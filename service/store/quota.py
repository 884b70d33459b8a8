"""Strava's quota as all processes share it: a row a window, locked while one more call is counted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, func, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import distinct_on, insert

from service.store.tables_service import QuotaWindowRow

CLOSED = "closed"
"""The family of rows that shut every window: Strava has answered 429."""
OFF = "application_off"
"""The family of the one row that stops everything: the application is switched off at Strava. Its end is
when one call may find out whether it still is."""
EVER = datetime(2000, 1, 1, tzinfo=UTC)
"""The beginning of that one row, so that there cannot be two."""
A_MOMENT = timedelta(seconds=1)
KEPT_FOR = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class QuotaWindow:
    """One span of counting of one family (say ``read_day``); ``limit`` is the most calls in it."""

    family: str
    starts_at: datetime
    ends_at: datetime
    limit: int
    used: int = 0


class Quota:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def reserve(
        self, now: datetime, windows: Sequence[QuotaWindow], *, keep_free: float = 0.0
    ) -> datetime | None:
        """Count one call in every window, or in none. None = send it; else the instant to come back at.

        A window's ``limit`` holds until Strava has named another (``learn``). ``keep_free`` is the
        share of a window left to more urgent work, at its opening; it shrinks evenly to nothing at its end.
        Commit at once: the rows stay locked until then.
        """
        locked = self._locked(windows)
        if len(locked) < len(windows):
            self._open(windows)
            locked = self._locked(windows)
        closed_until: datetime | None = self._connection.execute(
            select(func.max(QuotaWindowRow.ends_at)).where(
                QuotaWindowRow.family == CLOSED, QuotaWindowRow.ends_at > now
            )
        ).scalar_one()
        if closed_until is not None:
            return closed_until
        limits = {window.family: window.limit for window in windows}
        opens = [_opens_at(row, row.learned_limit or limits[row.family], keep_free, now) for row in locked]
        full = [opens_at for opens_at in opens if opens_at is not None]
        if not full:
            self._connection.execute(
                update(QuotaWindowRow).where(_these(windows)).values(used=QuotaWindowRow.used + 1)
            )
        return max(full, default=None)

    def learn(self, now: datetime, windows: Sequence[QuotaWindow]) -> None:
        """Take in what Strava's headers said: the limit as it is now, and usage where it is larger."""
        known = {
            row.family: row
            for row in self._connection.execute(select(QuotaWindowRow.__table__).where(_these(windows)))
        }
        news = [window for window in windows if _is_news(window, known.get(window.family))]
        for window in sorted(news, key=lambda window: window.family):
            row = insert(QuotaWindowRow).values(
                family=window.family,
                starts_at=window.starts_at,
                ends_at=window.ends_at,
                used=window.used,
                learned_limit=window.limit,
            )
            self._connection.execute(
                row.on_conflict_do_update(
                    index_elements=[QuotaWindowRow.family, QuotaWindowRow.starts_at],
                    set_={
                        "used": func.greatest(row.excluded.used, QuotaWindowRow.used),
                        "learned_limit": row.excluded.learned_limit,
                    },
                )
            )
        if news:
            self._connection.execute(
                delete(QuotaWindowRow).where(
                    QuotaWindowRow.ends_at < now - KEPT_FOR, QuotaWindowRow.family != OFF
                )
            )

    def close(self, now: datetime, opens_at: datetime) -> None:
        """Let nothing through before ``opens_at``."""
        row = insert(QuotaWindowRow).values(family=CLOSED, starts_at=now, ends_at=opens_at, used=0)
        later = func.greatest(row.excluded.ends_at, QuotaWindowRow.ends_at)
        same = [QuotaWindowRow.family, QuotaWindowRow.starts_at]
        self._connection.execute(row.on_conflict_do_update(index_elements=same, set_={"ends_at": later}))

    def switch_off(self, check_at: datetime) -> bool:
        """Stop everything until ``check_at``. True exactly once: it was on before."""
        moved = update(QuotaWindowRow).where(QuotaWindowRow.family == OFF).values(ends_at=check_at)
        if self._connection.execute(moved).rowcount:
            return False
        row = insert(QuotaWindowRow).values(family=OFF, starts_at=EVER, ends_at=check_at, used=0)
        done = self._connection.execute(row.on_conflict_do_nothing().returning(QuotaWindowRow.family))
        return done.first() is not None

    def switch_on(self) -> bool:
        """Go on. True exactly once: it was off before."""
        gone = self._connection.execute(delete(QuotaWindowRow).where(QuotaWindowRow.family == OFF))
        return bool(gone.rowcount)

    def off_until(self) -> datetime | None:
        """When one call may ask whether the application is on again; ``None`` while it is on."""
        found = select(func.max(QuotaWindowRow.ends_at)).where(QuotaWindowRow.family == OFF)
        until: datetime | None = self._connection.execute(found).scalar_one()
        return until

    def state(self, now: datetime) -> list[QuotaWindow]:
        """The windows that are open at ``now``, for admins; ``limit`` is 0 where Strava has not named one.

        An application that is off is so until Strava has said otherwise, not until we ask again.
        """
        lasting = or_(QuotaWindowRow.ends_at > now, QuotaWindowRow.family == OFF)
        query = (
            select(QuotaWindowRow.__table__)
            .where(QuotaWindowRow.starts_at <= now, lasting)
            .order_by(QuotaWindowRow.family)
        )
        return [
            QuotaWindow(row.family, row.starts_at, row.ends_at, row.learned_limit or 0, row.used)
            for row in self._connection.execute(query)
        ]

    def _locked(self, windows: Sequence[QuotaWindow]) -> Sequence[Row[Any]]:
        """The rows of the windows, held. One order for everybody, or two reservations could each wait
        for the other."""
        query = select(QuotaWindowRow.__table__).where(_these(windows))
        return self._connection.execute(
            query.order_by(QuotaWindowRow.family, QuotaWindowRow.starts_at).with_for_update()
        ).all()

    def _open(self, windows: Sequence[QuotaWindow]) -> None:
        """A row for each window that has none; it inherits the limit last learned."""
        latest = (
            select(QuotaWindowRow.family, QuotaWindowRow.learned_limit)
            .ext(distinct_on(QuotaWindowRow.family))
            .where(QuotaWindowRow.learned_limit.is_not(None))
            .order_by(QuotaWindowRow.family, QuotaWindowRow.starts_at.desc())
        )
        learned: dict[str, int] = {row.family: row.learned_limit for row in self._connection.execute(latest)}
        rows = [
            {
                "family": window.family,
                "starts_at": window.starts_at,
                "ends_at": window.ends_at,
                "used": 0,
                "learned_limit": learned.get(window.family),
            }
            for window in sorted(windows, key=lambda window: (window.family, window.starts_at))
        ]
        self._connection.execute(insert(QuotaWindowRow).on_conflict_do_nothing(), rows)


def _opens_at(row: Row[Any], limit: int, keep_free: float, now: datetime) -> datetime | None:
    """When one more call fits into the window, at the latest its end; ``None`` = at once."""
    left, kept = limit - row.used, limit * keep_free
    ends_at: datetime = row.ends_at
    if left <= 0:
        return ends_at
    opens_at = ends_at - (ends_at - row.starts_at) * (left / kept) + A_MOMENT if kept else now
    return opens_at if opens_at > now else None


def _these(windows: Sequence[QuotaWindow]) -> ColumnElement[bool]:
    keys = [(window.family, window.starts_at) for window in windows]
    return tuple_(QuotaWindowRow.family, QuotaWindowRow.starts_at).in_(keys)


def _is_news(window: QuotaWindow, known: Row[Any] | None) -> bool:
    """Most answers only say what we have counted ourselves."""
    return known is None or known.learned_limit != window.limit or known.used < window.used
