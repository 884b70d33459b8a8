"""The inbox for admins: what Strava has posted and what became of it; ids, states and outcomes."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from service.store.inbox import Outcome
from service.store.tables_inbox import InboxRow
from service.web import listing
from service.web.admin_tables import Athlete, Field, Words, show
from service.web.deps import Deps
from service.web.inputs import Blank
from service.web.listing import Column, Listing
from service.web.pages import ANSWERS
from service.web.session import AdminVisit, Looking

STATES = ("waiting", "working", "done")

routes = APIRouter(responses=dict(ANSWERS), prefix="/admin")

INBOX = Listing(
    "Inbox",
    "/admin/inbox",
    (
        Column("Received", InboxRow.received_at.expression, listing.time),
        Column("Athlete", InboxRow.athlete_id.expression, listing.athlete),
        Column("About", InboxRow.object_type.expression, listing.text),
        Column("What", InboxRow.aspect.expression, listing.text),
        Column("Signature", InboxRow.seal.expression, listing.state),
        Column("State", InboxRow.state.expression, listing.state),
        Column("Outcome", InboxRow.outcome.expression, listing.state),
        Column("Looks", InboxRow.attempts.expression, listing.text),
        Column("Due", InboxRow.due_at.expression, listing.time),
        Column("Settled", InboxRow.settled_at.expression, listing.time),
    ),
    (InboxRow.received_at.expression, InboxRow.id.expression),
    "Strava has posted nothing in the last week.",
)


@routes.get("/inbox")
def inbox(
    deps: Deps,
    visit: AdminVisit,
    looking: Looking,
    state: Words = None,
    outcome: Annotated[Outcome | None, Blank, Query()] = None,
    athlete: Athlete = None,
    after: Words = None,
) -> HTMLResponse:
    """Events, newest first. What was no event is only counted, on the overview."""
    fields = (
        Field("state", "State", state, InboxRow.state, options=STATES),
        Field("outcome", "Outcome", outcome, InboxRow.outcome, options=[each.value for each in Outcome]),
        Field("athlete", "Athlete", athlete, InboxRow.athlete_id),
    )
    return show(deps, visit, INBOX, fields, after, operator=looking.operator)
