"""The tables behind the overview: ids, counts, states and reasons; no run, no address, no mail's text."""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import Enum
from typing import Annotated, Any, Literal, get_args
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from pydantic import AfterValidator
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import QueryableAttribute

from service.domain.athlete import AthleteState
from service.domain.finding import State
from service.domain.night import MailKind, Silence
from service.store.tables import ActivityRow, AthleteRow, MailRow, NightRow, QuarantineRow
from service.store.tables_service import LogRow
from service.web import listing
from service.web.admin import TABS
from service.web.deps import Deps, WebDeps
from service.web.inputs import Blank, Line
from service.web.listing import BadCursor, Column, Listing
from service.web.pages import ANSWERS, page
from service.web.session import AdminId, AdminVisit, Visit

MAIL_STATES = "queued sending handed sent deferred refused in_doubt expired suppressed".split()
Severity = Literal["debug", "info", "warning", "error", "critical"]
LEVELS = get_args(Severity)
"""Least first."""


def _utc(value: datetime) -> datetime:
    """What a browser's field for a time sends has no zone: it is meant as UTC, like all times shown here."""
    return listing.in_years(value if value.tzinfo else value.replace(tzinfo=UTC))


Athlete = Annotated[UUID | None, Blank, Query()]
Day = Annotated[Annotated[date, AfterValidator(listing.in_years)] | None, Blank, Query()]
Moment = Annotated[Annotated[datetime, AfterValidator(_utc)] | None, Blank, Query()]
Words = Annotated[Line | None, Blank, Query()]

routes = APIRouter(responses=dict(ANSWERS), prefix="/admin")

_activities = (
    select(func.count())
    .select_from(ActivityRow)
    .where(ActivityRow.athlete_id == AthleteRow.id)
    .scalar_subquery()
)
ATHLETES = Listing(
    "Athletes",
    "/admin/athletes",
    (
        Column("Athlete", AthleteRow.id.expression, listing.athlete),
        Column("State", AthleteRow.state.expression, listing.state),
        Column("Last sync", AthleteRow.synced_at.expression, listing.time),
        Column("Activities", _activities, listing.text),
        Column("Next night", AthleteRow.next_night.expression, listing.text),
        Column("Zone", AthleteRow.zone.expression, listing.text),
        Column("Attempts", AthleteRow.sync_attempts.expression, listing.text),
        Column("Sync error", AthleteRow.sync_error.expression, listing.mistake),
        Column("Parked", AthleteRow.sync_parked_at.expression, listing.time),
        Column("Night error", AthleteRow.night_error.expression, listing.mistake),
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
    ),
    (QuarantineRow.last_seen_at.expression, QuarantineRow.id.expression),
    "Every row from Strava could be read.",
)


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the search above a table, and the condition it stands for once it is filled."""

    name: str
    label: str
    given: Any
    column: QueryableAttribute[Any]
    compare: Callable[[Any, Any], Any] = operator.eq
    type: str = "text"
    options: Sequence[str] = ()

    @property
    def condition(self) -> ColumnElement[bool]:
        found: ColumnElement[bool] = self.compare(self.column, self.given)
        return found

    @property
    def value(self) -> str:
        if isinstance(self.given, datetime):
            return f"{self.given.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"
        if isinstance(self.given, Enum):
            return str(self.given.value)
        return "" if self.given is None else str(self.given)


@routes.get("/athletes")
def athletes(
    deps: Deps,
    visit: AdminVisit,
    _admin: AdminId,
    state: Annotated[AthleteState | None, Blank, Query()] = None,
    athlete: Athlete = None,
    after: Words = None,
) -> HTMLResponse:
    """Who is connected, when last read, what failed."""
    fields = (
        Field("state", "State", state, AthleteRow.state, options=[s.value for s in AthleteState]),
        Field("athlete", "Athlete", athlete, AthleteRow.id),
    )
    return _show(deps, visit, ATHLETES, fields, after)


@routes.get("/nights")
def nights(
    deps: Deps,
    visit: AdminVisit,
    _admin: AdminId,
    state: Annotated[State | None, Blank, Query()] = None,
    silent: Annotated[Silence | None, Blank, Query()] = None,
    athlete: Athlete = None,
    since: Day = None,
    until: Day = None,
    after: Words = None,
) -> HTMLResponse:
    """Every judged night: warned, or silent and why."""
    fields = (
        Field("state", "Verdict", state, NightRow.state, options=[s.value for s in State]),
        Field(
            "silent",
            "Silent because",
            silent,
            NightRow.silent_because,
            options=[s.value for s in Silence],
        ),
        Field("athlete", "Athlete", athlete, NightRow.athlete_id),
        Field("since", "From", since, NightRow.night, operator.ge, type="date"),
        Field("until", "To", until, NightRow.night, operator.le, type="date"),
    )
    return _show(deps, visit, NIGHTS, fields, after)


@routes.get("/mails")
def mails(
    deps: Deps,
    visit: AdminVisit,
    _admin: AdminId,
    state: Words = None,
    kind: Annotated[MailKind | None, Blank, Query()] = None,
    athlete: Athlete = None,
    after: Words = None,
) -> HTMLResponse:
    """Mails and what became of them; no addresses, no texts."""
    fields = (
        Field("state", "State", state, MailRow.state, options=MAIL_STATES),
        Field("kind", "Kind", kind, MailRow.kind, options=[k.value for k in MailKind]),
        Field("athlete", "Athlete", athlete, MailRow.athlete_id),
    )
    return _show(deps, visit, MAILS, fields, after)


@routes.get("/logbook")
def logbook(
    deps: Deps,
    visit: AdminVisit,
    _admin: AdminId,
    event: Words = None,
    level: Annotated[Severity | None, Blank, Query()] = None,
    athlete: Athlete = None,
    since: Moment = None,
    until: Moment = None,
    after: Words = None,
) -> HTMLResponse:
    """What happened, by event, level, athlete and time."""
    fields = (
        Field("event", "Event begins with", event, LogRow.event, _begins),
        Field("level", "At least", level, LogRow.level, _at_least, options=LEVELS),
        Field("athlete", "Athlete", athlete, LogRow.athlete_id),
        Field("since", "From (UTC)", since, LogRow.at, operator.ge, type="datetime-local"),
        Field("until", "To (UTC)", until, LogRow.at, operator.le, type="datetime-local"),
    )
    return _show(deps, visit, LOGBOOK, fields, after)


@routes.get("/quarantine")
def quarantine(
    deps: Deps, visit: AdminVisit, _admin: AdminId, athlete: Athlete = None, after: Words = None
) -> HTMLResponse:
    """Rows of Strava's that could not be read, and why."""
    fields = (Field("athlete", "Athlete", athlete, QuarantineRow.athlete_id),)
    return _show(deps, visit, QUARANTINE, fields, after)


def _begins(column: QueryableAttribute[Any], text: str) -> ColumnElement[bool]:
    return column.startswith(text, autoescape=True)


def _at_least(column: QueryableAttribute[Any], level: str) -> ColumnElement[bool]:
    return column.in_(LEVELS[LEVELS.index(level) :])


def _show(
    deps: WebDeps, visit: Visit, shown: Listing, fields: Sequence[Field], after: str | None
) -> HTMLResponse:
    filled = [field for field in fields if field.given is not None]
    try:
        with deps.store.transaction() as tx:
            found = listing.read(tx, shown, [field.condition for field in filled], after)
    except BadCursor as error:
        raise RequestValidationError([]) from error
    search: Mapping[str, str] = {field.name: field.value for field in filled}
    next_url = f"{shown.path}?{urlencode({**search, 'after': found.after})}" if found.after else None
    return page(
        deps,
        "admin/table.html",
        visit,
        tabs=TABS,
        here=shown.path,
        title=shown.title,
        fields=fields,
        filtered=bool(filled),
        columns=[column.title for column in shown.columns],
        rows=found.rows,
        empty=shown.empty,
        next_url=next_url,
    )
