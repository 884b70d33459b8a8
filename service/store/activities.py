"""Sessions: an idempotent upsert guarded by when they were read, and reads by athlete."""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Delete, Table, and_, case, delete, func, select, update
from sqlalchemy.dialects.postgresql import Insert, insert

from service.domain.activity import RUNS, Activity, Lap, Source, Split
from service.domain.doubles import strava_first
from service.store.copying import copy_through
from service.store.tables import ActivityRow
from service.store.tables_diary import DiaryRow

SUMMARY = (
    "sport",
    "start",
    "utc_offset_s",
    "moving_s",
    "elapsed_s",
    "distance_m",
    "gain_m",
    "average_hr",
    "max_hr",
    "cadence_spm",
    "temperature_c",
    "relative_effort",
    "workout_type",
    "trainer",
    "manual",
    "start_hidden",
    "gear_id",
)
"""What a list page tells of a session."""
DETAIL = ("perceived_exertion", "device", "splits", "laps")
"""What only the detailed session tells."""
KEY = ("athlete_id", "source", "external_id")
TABLE = cast("Table", ActivityRow.__table__)
COPY_FROM = 300
"""Rows. More than a page of Strava's, which is a few inserts; fewer than any archive worth importing."""


@dataclass(frozen=True, slots=True)
class Upserted:
    """Sessions never seen, seen with other content, and seen with the same content."""

    new: int
    changed: int
    known: int


class Activities:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def upsert(self, athlete_id: UUID, activities: Sequence[Activity], fetched_at: datetime) -> Upserted:
        """Keep what was read at ``fetched_at``; an older reading never overwrites a newer one.

        Detail survives a summary of the same session (same start, times and distance) and goes with a
        session that was edited: it must be read again. Sessions whose content is known only have
        ``fetched_at`` renewed, which is why re-listing a page every night costs next to nothing.
        """
        rows = {(a.source.value, a.external_id): _row(athlete_id, a, fetched_at) for a in activities}
        stored = self._digests(athlete_id, rows)
        known = {key for key, row in rows.items() if key in stored and _same(row, *stored[key])}
        self._renew(athlete_id, known, fetched_at)
        fresh = [row for key, row in rows.items() if key not in known] if len(known) < len(rows) else []
        if fresh:
            # One order for everybody: two syncs of the same rows cannot deadlock.
            fresh.sort(key=lambda row: (row["source"], row["external_id"]))
            if len(fresh) >= COPY_FROM:
                copy_through(self._connection, TABLE, _upsert(), fresh)
            else:
                self._connection.execute(_upsert(), fresh)
        changed = sum(key in stored for key in rows) - len(known)
        return Upserted(new=len(fresh) - changed, changed=changed, known=len(known))

    def of(self, athlete_id: UUID, since: datetime) -> list[Activity]:
        """The sessions that started at ``since`` or later, oldest first. What Strava and an archive both tell
        comes once, as Strava tells it."""
        return self.of_many([athlete_id], since)[athlete_id]

    def of_many(self, athlete_ids: Iterable[UUID], since: datetime) -> dict[UUID, list[Activity]]:
        """The same for several athletes in one query; every id asked for is a key of the answer."""
        found: dict[UUID, list[Activity]] = {athlete_id: [] for athlete_id in athlete_ids}
        query = (
            select(ActivityRow.athlete_id, ActivityRow.source, ActivityRow.external_id, *_columns())
            .where(
                ActivityRow.athlete_id.in_(found),
                ActivityRow.start >= since,
                ActivityRow.hidden_at.is_(None),
            )
            .order_by(ActivityRow.athlete_id, ActivityRow.start, ActivityRow.external_id)
        )
        for row in self._connection.execute(query):
            found[row[0]].append(_activity(row))
        return {athlete_id: strava_first(activities) for athlete_id, activities in found.items()}

    def missing_detail(self, athlete_id: UUID, since: datetime, limit: int) -> list[str]:
        """External ids of Strava runs whose detail has not been read, newest first."""
        query = (
            select(ActivityRow.external_id)
            .where(
                ActivityRow.athlete_id == athlete_id,
                ActivityRow.source == Source.STRAVA,
                ActivityRow.start >= since,
                ActivityRow.sport.in_(sorted(RUNS)),
                ~ActivityRow.detailed,
                ~ActivityRow.manual,
            )
            .order_by(ActivityRow.start.desc())
            .limit(limit)
        )
        return list(self._connection.execute(query).scalars())

    def hide(self, athlete_id: UUID, source: Source, external_id: str, now: datetime) -> None:
        """Show one session to nobody, as its source says it is gone; reading it again shows it again."""
        self._connection.execute(
            update(ActivityRow)
            .where(
                ActivityRow.athlete_id == athlete_id,
                ActivityRow.source == source,
                ActivityRow.external_id == external_id,
            )
            .values(hidden_at=now)
        )
        self._drop_diary(athlete_id)

    def remove(self, athlete_id: UUID, source: Source, external_id: str) -> bool:
        """Delete one session that is gone at its source."""
        gone = delete(ActivityRow).where(
            ActivityRow.athlete_id == athlete_id,
            ActivityRow.source == source,
            ActivityRow.external_id == external_id,
        )
        return self._gone(athlete_id, gone) == 1

    def remove_unseen(
        self,
        athlete_id: UUID,
        source: Source,
        seen_ids: Collection[str],
        start_from: datetime,
        start_until: datetime,
    ) -> int:
        """Mirror deletions: within the re-listed window, what was not listed is gone. Returns how many."""
        gone = delete(ActivityRow).where(
            ActivityRow.athlete_id == athlete_id,
            ActivityRow.source == source,
            ActivityRow.start.between(start_from, start_until),
            ActivityRow.external_id.not_in(list(seen_ids)),
        )
        return self._gone(athlete_id, gone)

    def _gone(self, athlete_id: UUID, gone: Delete) -> int:
        removed = self._connection.execute(gone).rowcount
        if removed:
            self._drop_diary(athlete_id)
        return removed

    def _drop_diary(self, athlete_id: UUID) -> None:
        """What is gone at its source is not kept packed either, whenever the next night may be."""
        self._connection.execute(delete(DiaryRow).where(DiaryRow.athlete_id == athlete_id))

    def delete_older_than(self, fetched_before: datetime) -> int:
        """Retention: Strava rows that nobody renewed since ``fetched_before``, and what was packed from them.
        Own archives stay."""
        old = (ActivityRow.source == Source.STRAVA, ActivityRow.fetched_at < fetched_before)
        whose = select(ActivityRow.athlete_id).where(*old)
        self._connection.execute(delete(DiaryRow).where(DiaryRow.athlete_id.in_(whose)))
        return self._connection.execute(delete(ActivityRow).where(*old)).rowcount

    def counts(self, athlete_ids: Iterable[UUID] | None = None) -> dict[UUID, int]:
        """Sessions kept per athlete; athletes without any are absent."""
        query = select(ActivityRow.athlete_id, func.count()).group_by(ActivityRow.athlete_id)
        if athlete_ids is not None:
            query = query.where(ActivityRow.athlete_id.in_(list(athlete_ids)))
        return {row[0]: row[1] for row in self._connection.execute(query)}

    def _digests(
        self, athlete_id: UUID, keys: Iterable[tuple[str, str]]
    ) -> dict[tuple[str, str], tuple[bytes, bytes | None]]:
        query = select(
            ActivityRow.source, ActivityRow.external_id, ActivityRow.summary_digest, ActivityRow.detail_digest
        ).where(
            ActivityRow.athlete_id == athlete_id,
            ActivityRow.external_id == func.any([external_id for _source, external_id in keys]),
        )
        return {(row[0], row[1]): (row[2], row[3]) for row in self._connection.execute(query)}

    def _renew(self, athlete_id: UUID, keys: Collection[tuple[str, str]], fetched_at: datetime) -> None:
        for source in sorted({source for source, _id in keys}):
            ids = sorted(external_id for of, external_id in keys if of == source)
            self._connection.execute(
                update(ActivityRow)
                .where(
                    ActivityRow.athlete_id == athlete_id,
                    ActivityRow.source == source,
                    ActivityRow.external_id == func.any(ids),
                    ActivityRow.fetched_at < fetched_at,
                )
                .values(fetched_at=fetched_at, hidden_at=None)
            )


@cache
def _upsert() -> Insert:
    statement = insert(ActivityRow)
    new = statement.excluded
    same = and_(
        ActivityRow.start == new.start,
        ActivityRow.moving_s == new.moving_s,
        ActivityRow.elapsed_s == new.elapsed_s,
        func.abs(ActivityRow.distance_m - new.distance_m) < 1.0,
    )
    keep = and_(same, ~new.detailed)

    def kept(name: str) -> ColumnElement[Any]:
        return case((keep, getattr(ActivityRow, name)), else_=new[name])

    changes: dict[str, Any] = {name: new[name] for name in ("fetched_at", "summary_digest", *SUMMARY)}
    changes |= {name: kept(name) for name in ("detail_digest", "splits", "laps", "detailed")}
    changes["hidden_at"] = None
    changes |= {name: func.coalesce(new[name], kept(name)) for name in ("perceived_exertion", "device")}
    return statement.on_conflict_do_update(
        index_elements=[getattr(ActivityRow, name) for name in KEY],
        set_=changes,
        where=new.fetched_at >= ActivityRow.fetched_at,
    )


def _columns() -> list[Any]:
    return [getattr(ActivityRow, name) for name in (*SUMMARY, "detailed", *DETAIL)]


def _row(athlete_id: UUID, activity: Activity, fetched_at: datetime) -> dict[str, Any]:
    summary = {name: getattr(activity, name) for name in SUMMARY}
    detail = {
        "perceived_exertion": activity.perceived_exertion,
        "device": activity.device,
        "splits": [_split_json(split) for split in activity.splits],
        "laps": [_lap_json(lap) for lap in activity.laps],
    }
    return {
        "athlete_id": athlete_id,
        "source": activity.source.value,
        "external_id": activity.external_id,
        "fetched_at": fetched_at,
        "summary_digest": _digest(summary),
        "detail_digest": _digest(detail) if activity.detailed else None,
        "detailed": activity.detailed,
        **summary,
        **detail,
    }


def _digest(values: dict[str, Any]) -> bytes:
    return hashlib.blake2b(repr(list(values.values())).encode(), digest_size=16).digest()


def _same(row: dict[str, Any], summary_digest: bytes, detail_digest: bytes | None) -> bool:
    if row["summary_digest"] != summary_digest:
        return False
    return row["detail_digest"] is None or row["detail_digest"] == detail_digest


def _split_json(split: Split) -> dict[str, Any]:
    return {
        "distance_m": split.distance_m,
        "moving_s": split.moving_s,
        "elapsed_s": split.elapsed_s,
        "elevation_m": split.elevation_m,
        "average_hr": split.average_hr,
        "grade_adjusted_mps": split.grade_adjusted_mps,
    }


def _lap_json(lap: Lap) -> dict[str, Any]:
    return {
        "start": lap.start.isoformat(),
        "distance_m": lap.distance_m,
        "moving_s": lap.moving_s,
        "average_hr": lap.average_hr,
        "cadence_spm": lap.cadence_spm,
    }


def _activity(row: Any) -> Activity:
    _athlete_id, source, external_id, *rest = row
    values = dict(zip((*SUMMARY, "detailed", *DETAIL), rest, strict=True))
    values["splits"] = tuple(Split(**split) for split in values["splits"])
    values["laps"] = tuple(
        Lap(**{**lap, "start": datetime.fromisoformat(lap["start"])}) for lap in values["laps"]
    )
    return Activity(source=Source(source), external_id=external_id, **values)
