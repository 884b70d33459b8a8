"""The tables of the admin's side, column by column: ids, counts, states and reasons, and nothing else."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Integer,
    Text,
    case,
    cast,
    column,
    func,
    or_,
    select,
    table,
)
from sqlalchemy.dialects.postgresql import JSONB

from service.store.jobs import SILENT_FOR
from service.store.tables import ActivityRow, AthleteRow, MailRow, NightRow, QuarantineRow
from service.store.tables_service import LogRow
from service.web import listing
from service.web.listing import Column, Listing

_JOB = table(
    "procrastinate_jobs",
    column("id", BigInteger),
    column("task_name", Text),
    column("status", Text),
    column("args", JSONB),
    column("attempts", Integer),
    column("worker_id", BigInteger),
)
_WORKER = table(
    "procrastinate_workers", column("id", BigInteger), column("last_heartbeat", DateTime(timezone=True))
)
_EVENT = table("procrastinate_events", column("job_id", BigInteger), column("at", DateTime(timezone=True)))
JOB_STATE: ColumnElement[str] = cast(_JOB.c.status, Text)


def _of_activities(value: ColumnElement[Any]) -> ColumnElement[Any]:
    return select(value).where(ActivityRow.athlete_id == AthleteRow.id).scalar_subquery()


def _share(condition: ColumnElement[bool]) -> ColumnElement[Any]:
    """Of an athlete's activities; nothing where there is none."""
    return _of_activities(func.avg(case((condition, 1.0), else_=0.0)))


PARKED = or_(AthleteRow.sync_parked_at.is_not(None), AthleteRow.night_parked_at.is_not(None))
STALLED = (JOB_STATE == "doing") & ~(
    select(_WORKER.c.id)
    .where(_WORKER.c.id == _JOB.c.worker_id, _WORKER.c.last_heartbeat > func.now() - SILENT_FOR)
    .exists()
)

ATHLETES = Listing(
    "Athletes",
    "/admin/athletes",
    (
        Column("Athlete", AthleteRow.id.expression, listing.athlete),
        Column("State", AthleteRow.state.expression, listing.state),
        Column("Last sync", AthleteRow.synced_at.expression, listing.time),
        Column("Activities", _of_activities(func.count()), listing.text),
        Column("With heart rate", _share(ActivityRow.average_hr.is_not(None)), listing.share),
        Column("With detail", _share(ActivityRow.detailed.is_(True)), listing.share),
        Column("Last list", AthleteRow.listed_at.expression, listing.time),
        Column("Older ones", AthleteRow.listed_whole_at.expression, listing.time),
        Column("Next night", AthleteRow.next_night.expression, listing.text),
        Column("Zone", AthleteRow.zone.expression, listing.text),
        Column("Attempts", AthleteRow.sync_attempts.expression, listing.text),
        Column("Sync error", AthleteRow.sync_error.expression, listing.mistake),
        Column("Sync parked", AthleteRow.sync_parked_at.expression, listing.parked),
        Column("Night error", AthleteRow.night_error.expression, listing.mistake),
        Column("Night parked", AthleteRow.night_parked_at.expression, listing.parked),
        Column("", case((PARKED, AthleteRow.id)), listing.button("/admin/athletes/{}/unpark", "Unpark")),
        Column("Scopes", AthleteRow.scopes.expression, lambda value: listing.text(" ".join(value))),
        Column("Connected", AthleteRow.connected_at.expression, listing.time),
    ),
    (AthleteRow.connected_at.expression, AthleteRow.id.expression),
    "No athlete is connected yet.",
)
NIGHTS = Listing(
    "Nights",
    "/admin/nights",
    (
        Column("Night", NightRow.night.expression, listing.text),
        Column("Athlete", NightRow.athlete_id.expression, listing.athlete),
        Column("Verdict", NightRow.state.expression, listing.state),
        Column("Reason", NightRow.cause.expression, listing.state),
        Column("How sure", NightRow.level.expression, listing.text),
        Column("Mail", NightRow.mail_kind.expression, listing.state),
        Column("Silent because", NightRow.silent_because.expression, listing.state),
        Column("Judged", NightRow.judged_at.expression, listing.time),
        Column("Rules", NightRow.rule_version.expression, listing.identifier),
    ),
    (NightRow.night.expression, NightRow.judged_at.expression, NightRow.athlete_id.expression),
    "No night like that has been judged.",
)
MAILS = Listing(
    "Mails",
    "/admin/mails",
    (
        Column("Queued", MailRow.queued_at.expression, listing.time),
        Column("Athlete", MailRow.athlete_id.expression, listing.athlete),
        Column("Kind", MailRow.kind.expression, listing.state),
        Column("Night", MailRow.night.expression, listing.text),
        Column("State", MailRow.state.expression, listing.state),
        Column("Attempts", MailRow.attempts.expression, listing.text),
        Column("Error", MailRow.error.expression, listing.mistake),
        Column("Handed over", MailRow.handed_at.expression, listing.time),
        Column("Settled", MailRow.settled_at.expression, listing.time),
        Column("Mail", MailRow.id.expression, listing.identifier),
    ),
    (MailRow.queued_at.expression, MailRow.id.expression),
    "No mail like that.",
)
LOGBOOK = Listing(
    "Log book",
    "/admin/logbook",
    (
        Column("Time", LogRow.at.expression, listing.time),
        Column("Level", LogRow.level.expression, listing.state),
        Column("Event", LogRow.event.expression, listing.text),
        Column("Athlete", LogRow.athlete_id.expression, listing.athlete),
        Column("Fields", LogRow.fields.expression, listing.fields),
    ),
    (LogRow.at.expression, LogRow.id.expression),
    "Nothing like that in the log book.",
)
QUARANTINE = Listing(
    "Quarantine",
    "/admin/quarantine",
    (
        Column("Last seen", QuarantineRow.last_seen_at.expression, listing.time),
        Column("Athlete", QuarantineRow.athlete_id.expression, listing.athlete),
        Column("Source", QuarantineRow.source.expression, listing.text),
        Column("Row", QuarantineRow.external_id.expression, listing.identifier),
        Column("Field", QuarantineRow.field.expression, listing.text),
        Column("Reason", QuarantineRow.reason.expression, listing.text),
        Column("Times", QuarantineRow.times.expression, listing.text),
        Column("First seen", QuarantineRow.first_seen_at.expression, listing.time),
        Column("", QuarantineRow.id.expression, listing.button("/admin/quarantine/{}/resolve", "Resolve")),
    ),
    (QuarantineRow.last_seen_at.expression, QuarantineRow.id.expression),
    "Every row from Strava could be read.",
)
JOBS = Listing(
    "Jobs",
    "/admin/jobs",
    (
        Column("Job", _JOB.c.id, listing.text),
        Column("Task", _JOB.c.task_name, listing.text),
        Column("State", case((STALLED, "stalled"), else_=JOB_STATE), listing.state),
        Column("Rows", func.jsonb_array_length(_JOB.c.args["subjects"]), listing.text),
        Column("First row", _JOB.c.args["subjects"][0].astext, listing.identifier),
        Column(
            "Last moved",
            select(func.max(_EVENT.c.at)).where(_EVENT.c.job_id == _JOB.c.id).scalar_subquery(),
            listing.time,
        ),
        Column("Attempts", _JOB.c.attempts, listing.text),
        Column("Worker", _JOB.c.worker_id, listing.text),
        Column("", case((JOB_STATE == "failed", _JOB.c.id)), listing.button("/admin/jobs/{}/retry", "Retry")),
    ),
    (_JOB.c.id,),
    "No job like that: what is done is forgotten, and what is due is asked for again.",
)
