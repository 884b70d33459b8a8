"""How far each athlete's list of sessions has been read, and what of it nobody has read again."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, func, select, update

from service.domain.activity import Source
from service.domain.athlete import AthleteState
from service.store.claims import unlocked
from service.store.tables import ActivityRow, AthleteRow


class Lists:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def read(self, athlete_id: UUID, now: datetime) -> None:
        """The newest page was read: whatever it shows is as Strava has it."""
        self._set(athlete_id, listed_at=now)

    def read_whole(self, athlete_id: UUID, now: datetime) -> None:
        """All that is older was read too, so every session that Strava still has is renewed."""
        self._set(athlete_id, listed_whole_at=now)

    def soon(self, athlete_id: UUID, at: datetime) -> None:
        """Make the newest page wanted, at ``at`` unless a sync is due before."""
        self._set(athlete_id, listed_at=None, sync_due_at=func.least(AthleteRow.sync_due_at, at))

    def backfill(self, athlete_id: UUID, at: datetime | None) -> None:
        """There may be more of the past to read, at ``at``; or, with ``None``, there is not."""
        self._set(athlete_id, backfill_at=at)

    def hold_backfills(self, now: datetime, until: datetime) -> None:
        """The quota has nothing left for the past: nobody need ask before ``until``.

        Whose row somebody else has in hand is left out: two who hold all others would wait for each other.
        """
        waiting = select(AthleteRow.id).where(AthleteRow.backfill_at <= now)
        held = list(self._connection.execute(unlocked(waiting)).scalars())
        self._connection.execute(update(AthleteRow).where(AthleteRow.id.in_(held)).values(backfill_at=until))

    def claim_backfills(self, now: datetime, limit: int, again_at: datetime) -> list[UUID]:
        """Whose past is to be read on, longest waiting first; due again at ``again_at`` if that is lost."""
        due = (
            select(AthleteRow.id)
            .where(AthleteRow.backfill_at <= now, AthleteRow.state == AthleteState.CONNECTED)
            .order_by(AthleteRow.backfill_at, AthleteRow.connected_at, AthleteRow.id)
            .limit(limit)
        )
        picked = list(self._connection.execute(unlocked(due)).scalars())
        self._connection.execute(
            update(AthleteRow).where(AthleteRow.id.in_(picked)).values(backfill_at=again_at)
        )
        return picked

    def end_of_page(self, athlete_id: UUID) -> datetime | None:
        """The start of the oldest session on the newest page as last read; ``None`` if it was empty."""
        query = (
            select(func.min(ActivityRow.start))
            .join(AthleteRow, AthleteRow.id == ActivityRow.athlete_id)
            .where(
                AthleteRow.id == athlete_id,
                ActivityRow.source == Source.STRAVA,
                ActivityRow.fetched_at == AthleteRow.listed_at,
            )
        )
        found: datetime | None = self._connection.execute(query).scalar_one()
        return found

    def held(self, athlete_id: UUID, since: datetime, until: datetime) -> set[str]:
        """External ids of Strava's sessions kept here that started from ``since`` to before ``until``."""
        query = select(ActivityRow.external_id).where(
            ActivityRow.athlete_id == athlete_id,
            ActivityRow.source == Source.STRAVA,
            ActivityRow.start >= since,
            ActivityRow.start < until,
        )
        return set(self._connection.execute(query).scalars())

    def _set(self, athlete_id: UUID, **values: object) -> None:
        self._connection.execute(update(AthleteRow).where(AthleteRow.id == athlete_id).values(**values))
