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
from sqlalchemy import ColumnElement
from sqlalchemy.orm import QueryableAttribute

from service.domain.athlete import AthleteState
from service.domain.finding import State
from service.domain.night import MailKind, Silence
from service.store.tables import AthleteRow, MailRow, NightRow, QuarantineRow
from service.store.tables_service import LogRow
from service.web import listing
from service.web.admin_listings import (
    ATHLETES,
    JOB_STATE,
    JOBS,
    LOGBOOK,
    MAILS,
    NIGHTS,
    PARKED,
    QUARANTINE,
    STALLED,
)
from service.web.admin_tabs import TABS
from service.web.deps import Deps, WebDeps
from service.web.inputs import Blank, Line
from service.web.listing import BadCursor, Listing
from service.web.pages import ANSWERS, page
from service.web.session import AdminVisit, Looking, Visit

MAIL_STATES = "queued sending handed sent deferred refused in_doubt expired suppressed held".split()
JobState = Literal["todo", "doing", "stalled", "failed"]
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


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the search above a table, and the condition it stands for once it is filled."""

    name: str
    label: str
    given: Any
    column: QueryableAttribute[Any] | ColumnElement[Any]
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
    looking: Looking,
    state: Annotated[AthleteState | None, Blank, Query()] = None,
    parked: Annotated[Literal["yes"] | None, Blank, Query()] = None,
    athlete: Athlete = None,
    after: Words = None,
) -> HTMLResponse:
    """Who is connected, when last read, how much of it has heart rate and detail, what failed."""
    fields = (
        Field("state", "State", state, AthleteRow.state, options=[s.value for s in AthleteState]),
        Field("parked", "Parked", parked, AthleteRow.id, lambda _column, _yes: PARKED, options=["yes"]),
        Field("athlete", "Athlete", athlete, AthleteRow.id),
    )
    return show(deps, visit, ATHLETES, fields, after, operator=looking.operator)


@routes.get("/nights")
def nights(
    deps: Deps,
    visit: AdminVisit,
    looking: Looking,
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
    return show(deps, visit, NIGHTS, fields, after, operator=looking.operator)


@routes.get("/mails")
def mails(
    deps: Deps,
    visit: AdminVisit,
    looking: Looking,
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
    return show(deps, visit, MAILS, fields, after, operator=looking.operator)


@routes.get("/logbook")
def logbook(
    deps: Deps,
    visit: AdminVisit,
    looking: Looking,
    event: Words = None,
    job: Words = None,
    level: Annotated[Severity | None, Blank, Query()] = None,
    athlete: Athlete = None,
    since: Moment = None,
    until: Moment = None,
    after: Words = None,
) -> HTMLResponse:
    """What happened, by event, job, level, athlete and time."""
    fields = (
        Field("event", "Event begins with", event, LogRow.event, _begins),
        Field("job", "Job", job, LogRow.fields, _of_job),
        Field("level", "At least", level, LogRow.level, _at_least, options=LEVELS),
        Field("athlete", "Athlete", athlete, LogRow.athlete_id),
        Field("since", "From (UTC)", since, LogRow.at, operator.ge, type="datetime-local"),
        Field("until", "To (UTC)", until, LogRow.at, operator.le, type="datetime-local"),
    )
    return show(deps, visit, LOGBOOK, fields, after, operator=looking.operator)


@routes.get("/jobs")
def jobs(
    deps: Deps,
    visit: AdminVisit,
    looking: Looking,
    state: Annotated[JobState | None, Blank, Query()] = None,
    after: Words = None,
) -> HTMLResponse:
    """The queue: what waits, runs, has lost its worker, or has failed."""
    fields = (Field("state", "State", state, JOB_STATE, _in_state, options=get_args(JobState)),)
    return show(deps, visit, JOBS, fields, after, operator=looking.operator)


@routes.get("/quarantine")
def quarantine(
    deps: Deps, visit: AdminVisit, looking: Looking, athlete: Athlete = None, after: Words = None
) -> HTMLResponse:
    """Rows of Strava's that could not be read, and why."""
    fields = (Field("athlete", "Athlete", athlete, QuarantineRow.athlete_id),)
    return show(deps, visit, QUARANTINE, fields, after, operator=looking.operator)


def _begins(column: QueryableAttribute[Any], text: str) -> ColumnElement[bool]:
    return column.startswith(text, autoescape=True)


def _of_job(column: QueryableAttribute[Any], name: str) -> ColumnElement[bool]:
    found: ColumnElement[bool] = column["job"].astext == name
    return found


def _in_state(column: ColumnElement[str], state: str) -> ColumnElement[bool]:
    return STALLED if state == "stalled" else column == state


def _at_least(column: QueryableAttribute[Any], level: str) -> ColumnElement[bool]:
    return column.in_(LEVELS[LEVELS.index(level) :])


def show(
    deps: WebDeps,
    visit: Visit,
    shown: Listing,
    fields: Sequence[Field],
    after: str | None,
    *,
    operator: bool = False,
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
        operator=operator,
    )
