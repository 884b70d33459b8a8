"""Nights judged: the verdict, the decision, and why silent. One row a night, whoever comes first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from service.domain import record
from service.domain.finding import Assessment
from service.domain.night import Decision, MailKind, SentMail, Silence
from service.store.tables import MailRow, NightRow

EMPTYING = text("""
    UPDATE night SET assessment = assessment
        || '{"fitness": null, "fatigue": null, "longest_safe_m": null, "balanced_load": null}'
        || jsonb_build_object('findings', (
            SELECT coalesce(jsonb_agg(finding || '{"evidence": []}' ORDER BY place), '[]')
            FROM jsonb_array_elements(assessment -> 'findings') WITH ORDINALITY AS each (finding, place)))
    WHERE judged_at < :before AND (
        jsonb_path_exists(assessment, '$.findings[*].evidence[0]')
        OR assessment ->> 'fitness' IS NOT NULL OR assessment ->> 'fatigue' IS NOT NULL
        OR assessment ->> 'longest_safe_m' IS NOT NULL OR assessment ->> 'balanced_load' IS NOT NULL
    )""")
"""Numbers of sessions that Strava may not let us keep: those of a night live as long as its sessions."""


def retell(connection: Connection, mails: ColumnElement[bool], silence: Silence | None) -> None:
    """Nights say what became of their warnings: none will leave, and why; or after all it does (``None``)."""
    kind = MailKind.WARNING if silence is None else None
    same = (NightRow.athlete_id == MailRow.athlete_id) & (NightRow.night == MailRow.night)
    theirs = same & (MailRow.kind == MailKind.WARNING) & mails
    connection.execute(update(NightRow).where(theirs).values(mail_kind=kind, silent_because=silence))


@dataclass(frozen=True, slots=True)
class JudgedNight:
    """One kept verdict with what was decided about it. ``inputs_digest`` names what it was judged from."""

    athlete_id: UUID
    night: date
    judged_at: datetime
    assessment: Assessment
    decision: Decision
    inputs_digest: str


class Nights:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def record(
        self,
        athlete_id: UUID,
        night: date,
        assessment: Assessment,
        decision: Decision,
        now: datetime,
        inputs_digest: str,
    ) -> bool:
        """Keep the verdict. False = the night was judged already, and nothing must follow from this one."""
        judged = JudgedNight(athlete_id, night, now, assessment, decision, inputs_digest)
        return bool(self.record_many([judged]))

    def record_many(self, nights: Sequence[JudgedNight]) -> set[tuple[UUID, date]]:
        """The same for several; returns which of them had not been judged before."""
        keep = insert(NightRow).on_conflict_do_nothing(index_elements=[NightRow.athlete_id, NightRow.night])
        new = self._connection.execute(
            keep.returning(NightRow.athlete_id, NightRow.night),
            [_row(each) for each in sorted(nights, key=lambda each: (each.athlete_id, each.night))],
        )
        return {(athlete_id, night) for athlete_id, night in new}

    def empty_evidence(self, judged_before: datetime) -> int:
        """Retention: of older verdicts state, score, reasons and decision stay, the numbers go."""
        return self._connection.execute(EMPTYING, {"before": judged_before}).rowcount

    def latest(self, athlete_id: UUID) -> JudgedNight | None:
        found = self.of(athlete_id, 1)
        return found[0] if found else None

    def at(self, athlete_id: UUID, night: date) -> JudgedNight | None:
        """One night of one athlete."""
        found = self.many(athlete_id=athlete_id, since=night, until=night, limit=1)
        return found[0] if found else None

    def of(self, athlete_id: UUID, limit: int) -> list[JudgedNight]:
        """The newest ``limit`` nights, newest first."""
        query = (
            select(NightRow.__table__)
            .where(NightRow.athlete_id == athlete_id)
            .order_by(NightRow.night.desc())
            .limit(limit)
        )
        return [_judged(row) for row in self._connection.execute(query)]

    def sent_warnings(self, athlete_id: UUID, since: date) -> list[SentMail]:
        """The warnings decided for nights from ``since`` on, oldest first."""
        return self.sent_warnings_of_many([athlete_id], since)[athlete_id]

    def sent_warnings_of_many(self, athlete_ids: Iterable[UUID], since: date) -> dict[UUID, list[SentMail]]:
        """The same for several athletes in one query; every id asked for is a key of the answer."""
        found: dict[UUID, list[SentMail]] = {athlete_id: [] for athlete_id in athlete_ids}
        query = (
            select(NightRow.athlete_id, NightRow.assessment)
            .where(
                NightRow.athlete_id.in_(found),
                NightRow.night >= since,
                NightRow.mail_kind == MailKind.WARNING,
            )
            .order_by(NightRow.athlete_id, NightRow.night)
        )
        for athlete_id, kept in self._connection.execute(query):
            found[athlete_id].append(_sent(record.from_json(kept)))
        return found

    def many(
        self,
        *,
        athlete_id: UUID | None = None,
        since: date | None = None,
        until: date | None = None,
        state: str | None = None,
        silent_because: str | None = None,
        mailed: bool | None = None,
        limit: int = 100,
    ) -> list[JudgedNight]:
        """For admins: nights that pass every filter given, newest first."""
        query = select(NightRow.__table__)
        for column, value in (
            (NightRow.athlete_id, athlete_id),
            (NightRow.state, state),
            (NightRow.silent_because, silent_because),
        ):
            if value is not None:
                query = query.where(column == value)
        if since is not None:
            query = query.where(NightRow.night >= since)
        if until is not None:
            query = query.where(NightRow.night <= until)
        if mailed is not None:
            query = query.where(NightRow.mail_kind.is_not(None) == mailed)
        query = query.order_by(NightRow.night.desc(), NightRow.judged_at.desc(), NightRow.athlete_id).limit(
            limit
        )
        return [_judged(row) for row in self._connection.execute(query)]

    def counts(self) -> dict[str, int]:
        """Nights per outcome: the kind of mail decided on, or the reason for silence."""
        outcome = func.coalesce(NightRow.mail_kind, NightRow.silent_because)
        query = select(outcome, func.count()).group_by(outcome)
        return {row[0]: row[1] for row in self._connection.execute(query)}


def _row(judged: JudgedNight) -> dict[str, Any]:
    assessment, decision, leading = judged.assessment, judged.decision, judged.assessment.leading
    return {
        "athlete_id": judged.athlete_id,
        "night": judged.night,
        "judged_at": judged.judged_at,
        "state": assessment.state,
        "level": assessment.level,
        "score": assessment.score,
        "cause": leading.cause if leading else None,
        "mail_kind": decision.kind,
        "silent_because": decision.silent_because,
        "rule_version": assessment.rule_version,
        "inputs_digest": judged.inputs_digest,
        "assessment": record.to_json(assessment),
    }


def _judged(row: Row[Any]) -> JudgedNight:
    return JudgedNight(
        athlete_id=row.athlete_id,
        night=row.night,
        judged_at=row.judged_at,
        assessment=record.from_json(row.assessment),
        decision=Decision(
            kind=MailKind(row.mail_kind) if row.mail_kind else None,
            silent_because=Silence(row.silent_because) if row.silent_because else None,
        ),
        inputs_digest=row.inputs_digest,
    )


def _sent(assessment: Assessment) -> SentMail:
    leading = assessment.leading
    if leading is None:
        raise ValueError(
            f"the warning of {assessment.night} has no finding: the row was not written by freshlegs"
        )
    return SentMail(
        night=assessment.night,
        kind=MailKind.WARNING,
        cause=leading.cause,
        rule=leading.rule,
        level=leading.level,
        tier=leading.tier,
        safety=leading.safety,
    )
