"""Strava's quota as all processes share it: a row a window, locked while one more call is counted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, literal, select
from sqlalchemy.dialects.postgresql import insert

from service.store.tables_service import QuotaWindowRow

CLOSED = "closed"
"""The family of rows that shut every window: Strava has answered 429."""
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
        self, now: datetime, windows: Sequence[QuotaWindow], *, keep_free: int = 0
    ) -> datetime | None:
        """Count one call in every window, or in none. None = send it; else the instant to come back at.

        A window's ``limit`` holds until Strava has named another (``learn``). ``keep_free`` leaves that
        many calls to more urgent work. Commit at once: the rows stay locked until then.
        """
        closed_until: datetime | None = self._connection.execute(
            select(func.max(QuotaWindowRow.ends_at)).where(
                QuotaWindowRow.family == CLOSED, QuotaWindowRow.ends_at > now
            )
        ).scalar_one()
        if closed_until is not None:
            return closed_until
        full: list[datetime] = []
        with self._connection.begin_nested() as savepoint:
            # One order for everybody, or two reservations could each wait for the other.
            for window in sorted(windows, key=lambda window: window.family):
                if not self._count(window, keep_free):
                    full.append(window.ends_at)
            if full:
                savepoint.rollback()
        return max(full, default=None)

    def learn(self, now: datetime, windows: Sequence[QuotaWindow]) -> None:
        """Take in what Strava's headers said: the limit as it is now, and usage where it is larger."""
        for window in sorted(windows, key=lambda window: window.family):
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
        self._connection.execute(delete(QuotaWindowRow).where(QuotaWindowRow.ends_at < now - KEPT_FOR))

    def close(self, now: datetime, opens_at: datetime) -> None:
        """Let nothing through before ``opens_at``."""
        row = insert(QuotaWindowRow).values(family=CLOSED, starts_at=now, ends_at=opens_at, used=0)
        later = func.greatest(row.excluded.ends_at, QuotaWindowRow.ends_at)
        same = [QuotaWindowRow.family, QuotaWindowRow.starts_at]
        self._connection.execute(row.on_conflict_do_update(index_elements=same, set_={"ends_at": later}))

    def state(self, now: datetime) -> list[QuotaWindow]:
        """The windows that are open at ``now``, for admins; ``limit`` is 0 where Strava has not named one."""
        query = (
            select(QuotaWindowRow.__table__)
            .where(QuotaWindowRow.starts_at <= now, QuotaWindowRow.ends_at > now)
            .order_by(QuotaWindowRow.family)
        )
        return [
            QuotaWindow(row.family, row.starts_at, row.ends_at, row.learned_limit or 0, row.used)
            for row in self._connection.execute(query)
        ]

    def _count(self, window: QuotaWindow, keep_free: int) -> bool:
        """Whether one more call fits; it is counted if so. A new window inherits the limit last learned."""
        learned = (
            select(QuotaWindowRow.learned_limit)
            .where(QuotaWindowRow.family == window.family, QuotaWindowRow.learned_limit.is_not(None))
            .order_by(QuotaWindowRow.starts_at.desc())
            .limit(1)
            .scalar_subquery()
        )
        limit = func.coalesce(learned, literal(window.limit)) - keep_free
        row = insert(QuotaWindowRow).from_select(
            ["family", "starts_at", "ends_at", "used", "learned_limit"],
            select(
                literal(window.family),
                literal(window.starts_at),
                literal(window.ends_at),
                literal(1),
                learned,
            ).where(limit >= 1),
        )
        counted = row.on_conflict_do_update(
            index_elements=[QuotaWindowRow.family, QuotaWindowRow.starts_at],
            set_={"used": QuotaWindowRow.used + 1},
            where=QuotaWindowRow.used < limit,
        ).returning(QuotaWindowRow.used)
        return self._connection.execute(counted).first() is not None
