"""The tables of the admin's side, each declared once: its columns, its search and its order. Ids, counts,
states and reasons; no run, no address, no mail's text."""

import operator
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal, get_args
from uuid import UUID

from pydantic import AfterValidator
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

from service.domain.athlete import AthleteState
from service.domain.finding import State
from service.domain.night import MailKind, Silence
from service.store.inbox import Outcome
from service.store.jobs import SILENT_FOR
from service.store.outgoing import MailState
from service.store.tables import ActivityRow, AthleteRow, MailRow, NightRow, QuarantineRow
from service.store.tables_inbox import InboxRow
from service.store.tables_service import LogRow
from service.web import listing
from service.web.inputs import Line
from service.web.listing import Column, Filter, Listing, Value

JobState = Literal["todo", "doing", "stalled", "aborted", "failed"]
EventState = Literal["waiting", "working", "done"]
Severity = Literal["debug", "info", "warning", "error", "critical"]
LEVELS = get_args(Severity)
"""Least first."""


def _utc(value: datetime) -> datetime:
    """What a browser's field for a time sends has no zone: it is meant as UTC, like all times shown here."""
    return listing.in_years(value if value.tzinfo else value.replace(tzinfo=UTC))


Day = Annotated[date, AfterValidator(listing.in_years)]
Moment = Annotated[datetime, AfterValidator(_utc)]

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


def _begins(column: Value, text: str) -> ColumnElement[bool]:
    return column.startswith(text, autoescape=True)


def _of_job(column: Value, name: str) -> ColumnElement[bool]:
    found: ColumnElement[bool] = column["job"].astext == name
    return found


def _at_least(column: Value, level: str) -> ColumnElement[bool]:
    return column.in_(LEVELS[LEVELS.index(level) :])


def _in_state(column: Value, state: str) -> ColumnElement[bool]:
    return STALLED if state == "stalled" else column == state


def _of_athlete(column: Value) -> Filter:
    return Filter("athlete", "Athlete", column, UUID)


ATHLETES = Listing(
    "Athletes",
    "/admin/athletes",
    (
        Column("Athlete", AthleteRow.id, listing.athlete),
        Column("State", AthleteRow.state, listing.state),
        Column("Last sync", AthleteRow.synced_at, listing.time),
        Column("Activities", _of_activities(func.count()), listing.text),
        Column("", case((PARKED, AthleteRow.id)), listing.button("/admin/athletes/{}/unpark", "Unpark")),
        Column("Attempts", AthleteRow.sync_attempts, listing.text),
        Column("Sync error", AthleteRow.sync_error, listing.mistake),
        Column("Sync parked", AthleteRow.sync_parked_at, listing.parked),
        Column("Night error", AthleteRow.night_error, listing.mistake),
        Column("Night parked", AthleteRow.night_parked_at, listing.parked),
        Column("With heart rate", _share(ActivityRow.average_hr.is_not(None)), listing.share),
        Column("With detail", _share(ActivityRow.detailed.is_(True)), listing.share),
        Column("Last list", AthleteRow.listed_at, listing.time),
        Column("Older ones", AthleteRow.listed_whole_at, listing.time),
        Column("Next night", AthleteRow.next_night, listing.text),
        Column("Zone", AthleteRow.zone, listing.text),
        Column("Scopes", AthleteRow.scopes, lambda value: listing.text(" ".join(value))),
        Column("Connected", AthleteRow.connected_at, listing.time),
    ),
    (
        Filter("state", "State", AthleteRow.state, AthleteState),
        Filter("parked", "Parked", PARKED, Literal["yes"], lambda parked, _yes: parked),
        _of_athlete(AthleteRow.id),
    ),
    (AthleteRow.connected_at, AthleteRow.id),
    "No athlete is connected yet.",
)
NIGHTS = Listing(
    "Nights",
    "/admin/nights",
    (
        Column("Night", NightRow.night, listing.text),
        Column("Athlete", NightRow.athlete_id, listing.athlete),
        Column("Verdict", NightRow.state, listing.state),
        Column("Reason", NightRow.cause, listing.state),
        Column("How sure", NightRow.level, listing.text),
        Column("Mail", NightRow.mail_kind, listing.state),
        Column("Silent because", NightRow.silent_because, listing.state),
        Column("Judged", NightRow.judged_at, listing.time),
        Column("Rules", NightRow.rule_version, listing.identifier),
    ),
    (
        Filter("state", "Verdict", NightRow.state, State),
        Filter("silent", "Silent because", NightRow.silent_because, Silence),
        _of_athlete(NightRow.athlete_id),
        Filter("since", "From", NightRow.night, Day, operator.ge, "date"),
        Filter("until", "To", NightRow.night, Day, operator.le, "date"),
    ),
    (NightRow.night, NightRow.judged_at, NightRow.athlete_id),
    "No night like that has been judged.",
)
MAILS = Listing(
    "Mails",
    "/admin/mails",
    (
        Column("Queued", MailRow.queued_at, listing.time),
        Column("Athlete", MailRow.athlete_id, listing.athlete),
        Column("Kind", MailRow.kind, listing.state),
        Column("Night", MailRow.night, listing.text),
        Column("State", MailRow.state, listing.state),
        Column("Attempts", MailRow.attempts, listing.text),
        Column("Crashes", MailRow.crashes, listing.text),
        Column(
            "",
            case((MailRow.state == MailState.PARKED, MailRow.id)),
            listing.button("/admin/mails/{}/retry", "Retry"),
        ),
        Column("Error", MailRow.error, listing.mistake),
        Column("Handed over", MailRow.handed_at, listing.time),
        Column("Settled", MailRow.settled_at, listing.time),
        Column("Mail", MailRow.id, listing.identifier),
    ),
    (
        Filter("state", "State", MailRow.state, MailState),
        Filter("kind", "Kind", MailRow.kind, MailKind),
        _of_athlete(MailRow.athlete_id),
    ),
    (MailRow.queued_at, MailRow.id),
    "No mail like that.",
)
LOGBOOK = Listing(
    "Log book",
    "/admin/logbook",
    (
        Column("Time", LogRow.at, listing.time),
        Column("Level", LogRow.level, listing.state),
        Column("Event", LogRow.event, listing.text),
        Column("Athlete", LogRow.athlete_id, listing.athlete),
        Column("Fields", LogRow.fields, listing.fields),
    ),
    (
        Filter("event", "Event begins with", LogRow.event, Line, _begins),
        Filter("job", "Job", LogRow.fields, Line, _of_job),
        Filter("level", "At least", LogRow.level, Severity, _at_least),
        _of_athlete(LogRow.athlete_id),
        Filter("since", "From (UTC)", LogRow.at, Moment, operator.ge, "datetime-local"),
        Filter("until", "To (UTC)", LogRow.at, Moment, operator.le, "datetime-local"),
    ),
    (LogRow.at, LogRow.id),
    "Nothing like that in the log book.",
)
QUARANTINE = Listing(
    "Quarantine",
    "/admin/quarantine",
    (
        Column("Last seen", QuarantineRow.last_seen_at, listing.time),
        Column("Athlete", QuarantineRow.athlete_id, listing.athlete),
        Column("Source", QuarantineRow.source, listing.text),
        Column("Row", QuarantineRow.external_id, listing.identifier),
        Column("Field", QuarantineRow.field, listing.text),
        Column("Reason", QuarantineRow.reason, listing.text),
        Column("Times", QuarantineRow.times, listing.text),
        Column("First seen", QuarantineRow.first_seen_at, listing.time),
        Column("", QuarantineRow.id, listing.button("/admin/quarantine/{}/resolve", "Resolve")),
    ),
    (_of_athlete(QuarantineRow.athlete_id),),
    (QuarantineRow.last_seen_at, QuarantineRow.id),
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
    (Filter("state", "State", JOB_STATE, JobState, _in_state),),
    (_JOB.c.id,),
    "No job like that: what is done is forgotten, and what is due is asked for again.",
)
INBOX = Listing(
    "Inbox",
    "/admin/inbox",
    (
        Column("Received", InboxRow.received_at, listing.time),
        Column("Athlete", InboxRow.athlete_id, listing.athlete),
        Column("About", InboxRow.object_type, listing.text),
        Column("What", InboxRow.aspect, listing.text),
        Column("Signature", InboxRow.seal, listing.state),
        Column("State", InboxRow.state, listing.state),
        Column("Outcome", InboxRow.outcome, listing.state),
        Column("Looks", InboxRow.attempts, listing.text),
        Column("Due", InboxRow.due_at, listing.time),
        Column("Settled", InboxRow.settled_at, listing.time),
    ),
    (
        Filter("state", "State", InboxRow.state, EventState),
        Filter("outcome", "Outcome", InboxRow.outcome, Outcome),
        _of_athlete(InboxRow.athlete_id),
    ),
    (InboxRow.received_at, InboxRow.id),
    "Strava has posted nothing in the last week.",
)
LISTINGS = (ATHLETES, NIGHTS, MAILS, JOBS, QUARANTINE, INBOX, LOGBOOK)
