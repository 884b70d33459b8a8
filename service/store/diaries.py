"""Packed diaries: made from sessions and answers, to be thrown away at any time.

Whether one is still true is asked of the rows themselves, in the statement that reads it, so no writer of
sessions, answers or profiles has to remember that it exists.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, literal_column, select, true
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql.selectable import LateralFromClause

from service.domain.packed import PackedAnswers, PackedSessions
from service.store.checkins import ANSWERS
from service.store.tables import ActivityRow, AthleteRow, CheckInRow
from service.store.tables_diary import DiaryRow

PROFILE = ("sex", "birth_year", "max_hr", "resting_hr", "threshold_hr")
"""What the athlete told that loads rest on."""
CONTENT = ("source", "external_id", "summary_digest", "detail_digest", "perceived_exertion", "device")


Packed = TypeVar("Packed", PackedSessions, PackedAnswers)


@dataclass(frozen=True, slots=True)
class Kept(Generic[Packed]):
    """What is kept, if anything, and whether it was made from the rows as they are now: those have the same
    ``mark``, their number and a hash over their content."""

    packed: Packed | None
    mark: str
    true: bool


@dataclass(frozen=True, slots=True)
class KeptDiary:
    """Both halves of one athlete's diary."""

    sessions: Kept[PackedSessions]
    answers: Kept[PackedAnswers]


class Diaries:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of_many(self, athlete_ids: Iterable[UUID], since: datetime) -> dict[UUID, KeptDiary]:
        """One a known athlete, whether anything is kept or not; rows and marks are of the same moment. Marks
        are those of sessions that started at ``since`` or later with what was told of them, and of every
        answer."""
        shown = and_(ActivityRow.hidden_at.is_(None), ActivityRow.start >= since)
        ran = and_(CheckInRow.exertion.is_not(None), CheckInRow.day >= since.date())
        felt = _mark(CheckInRow, ("day", "exertion"), where=ran)
        morning = func.num_nonnulls(*(getattr(CheckInRow, name) for name in ANSWERS)) > 0
        sessions = _own(ActivityRow, shown, mark=_mark(ActivityRow, CONTENT))
        answers = _own(CheckInRow, mark=_mark(CheckInRow, ("day", *ANSWERS), where=morning), felt=felt)
        told = func.hash_record_extended(func.row(*(getattr(AthleteRow, name) for name in PROFILE)), 0)
        query = (
            select(
                AthleteRow.id,
                func.concat_ws(":", sessions.c.mark, answers.c.felt, told).label("sessions_now"),
                answers.c.mark.label("answers_now"),
                DiaryRow.__table__,
            )
            .select_from(AthleteRow)
            .join(sessions, true())
            .join(answers, true())
            .outerjoin(DiaryRow, DiaryRow.athlete_id == AthleteRow.id)
            .where(AthleteRow.id.in_(list(athlete_ids)))
        )
        return {row.id: _kept(row) for row in self._connection.execute(query)}

    def keep_sessions(
        self, athlete_id: UUID, packed: PackedSessions, mark: str, since: datetime, now: datetime
    ) -> None:
        """In place of what was kept, if the rows it was made from are as they were: they have the ``mark`` of
        then. What was deleted meanwhile must not come back."""
        if self.of_many([athlete_id], since)[athlete_id].sessions.mark != mark:
            return
        self._keep(
            athlete_id,
            packed_at=now,
            sessions_mark=mark,
            version=packed.version,
            from_night=packed.from_night,
            first_day=packed.first_day,
            days=packed.days,
            sessions=packed.sessions,
            identities=list(packed.identities),
        )

    def keep_answers(self, athlete_id: UUID, packed: PackedAnswers, mark: str) -> None:
        """The same for the answers."""
        first_day, days = packed.first_day, packed.days
        self._keep(athlete_id, answers_mark=mark, answers_first_day=first_day, answers=days)

    def purge(self, packed_before: datetime) -> int:
        """What was packed so long ago, whoever it is of: no diary outlives the sessions it was made from."""
        return self._connection.execute(delete(DiaryRow).where(DiaryRow.packed_at < packed_before)).rowcount

    def _keep(self, athlete_id: UUID, **values: Any) -> None:
        row = insert(DiaryRow).values(athlete_id=athlete_id, **values)
        self._connection.execute(row.on_conflict_do_update(index_elements=[DiaryRow.athlete_id], set_=values))


def _mark(table: Any, names: Sequence[str], where: ColumnElement[bool] | None = None) -> ColumnElement[str]:
    """Count and order-free hash of rows, of all of them or ``where`` it holds."""
    row = func.hash_record_extended(func.row(*(getattr(table, name) for name in names)), 0)
    aggregates = func.count(), func.bit_xor(row)
    count, mixed = aggregates if where is None else (each.filter(where) for each in aggregates)
    return func.concat_ws(":", count, func.coalesce(mixed, literal_column("0")))


def _own(table: Any, *where: ColumnElement[bool], **marks: ColumnElement[str]) -> LateralFromClause:
    """Marks of the rows of the outer query's athlete, in one look at them."""
    named = (mark.label(name) for name, mark in marks.items())
    return select(*named).where(table.athlete_id == AthleteRow.id, *where).correlate(AthleteRow).lateral()


def _kept(row: Row[Any]) -> KeptDiary:
    sessions = answers = None
    if row.sessions_mark is not None:
        sessions = PackedSessions(
            version=row.version,
            from_night=row.from_night,
            first_day=row.first_day,
            days=row.days,
            sessions=row.sessions,
            identities=tuple(row.identities),
        )
    if row.answers_mark is not None:
        answers = PackedAnswers(row.answers_first_day, row.answers)
    return KeptDiary(
        Kept(sessions, row.sessions_now, row.sessions_mark == row.sessions_now),
        Kept(answers, row.answers_now, row.answers_mark == row.answers_now),
    )
