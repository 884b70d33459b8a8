"""From the start page through Strava's page of consent and back."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.responses import Response

from service.domain.athlete import ACTIVITY_READ, ACTIVITY_READ_ALL
from service.domain.grant import Grant
from service.domain.history import Profile
from service.errors import AthleteLimitReached, QuotaExhausted, StravaError, StravaUnavailable
from service.logs import log
from service.store.browsers import BrowserSession
from service.store.session import Transaction
from service.web import consent
from service.web.deps import Deps, WebDeps
from service.web.inputs import Line
from service.web.pages import ANSWERS, notice, page, see
from service.web.session import (
    ATHLETE,
    ATHLETE_FORM,
    HOUR_S,
    VISITOR,
    AthleteVisit,
    Visit,
    client_address,
)

CONNECTS_AN_HOUR = 120
"""From one address; a club may sit behind one."""

routes = APIRouter(responses=dict(ANSWERS))


@routes.get("/")
def landing(deps: Deps, visit: AthleteVisit) -> HTMLResponse:
    """What is read, what for, how long kept, how to stop; and the way to Strava."""
    return _landing(deps, visit)


@routes.get("/privacy")
def privacy(deps: Deps, visit: AthleteVisit) -> HTMLResponse:
    """The same promise, in detail."""
    return page(deps, "privacy.html", signed_in=_signed_in(visit))


@routes.post("/connect", dependencies=[ATHLETE_FORM])
def connect(
    request: Request, deps: Deps, visit: AthleteVisit, given: Annotated[Line, Form(alias="consent")] = ""
) -> Response:
    """With consent, on to Strava; the state that comes back is bound to this browser's session."""
    if given != consent.VERSION:
        return _landing(deps, visit, consent_missing=True, status=400)
    now = deps.now()
    with deps.store.transaction() as tx:
        state = None
        if tx.admins.allow(f"connect {client_address(request)}", CONNECTS_AN_HOUR, HOUR_S, now):
            visit = _with_session(tx, visit, now)
            tx.browsers.consented(visit.token, given, now)
            state = tx.browsers.put_state(visit.token, now)
    if state is None:
        return notice(deps, "Too many attempts", "Please try again in an hour.", status=429)
    response = see(deps.oauth.authorize_url(state))
    visit.remember(response, deps, max_age_s=None)
    return response


@routes.get("/oauth/callback")
def callback(
    deps: Deps,
    visit: AthleteVisit,
    state: Annotated[Line, Query()] = "",
    code: Annotated[Line, Query()] = "",
    scope: Annotated[Line, Query()] = "",
    error: Annotated[Line, Query()] = "",
) -> Response:
    """Strava's redirect. The state is used up whatever the result; nothing is asked of Strava without it."""
    with deps.store.transaction() as tx:
        ours = bool(state) and tx.browsers.take_state(state, visit.token, deps.now())
    if not ours or visit.session is None:
        return _not_ours(deps)
    scopes = frozenset(scope.replace(",", " ").split())
    if error or not code:
        return _refused(deps)
    if not scopes & {ACTIVITY_READ, ACTIVITY_READ_ALL}:
        return _without_activities(deps)
    try:
        grant = deps.oauth.exchange(code, scopes)
    except StravaError as problem:
        log().warning("connect_failed", exc_info=problem)
        return _strava_said_no(deps, problem)
    return _connected(deps, visit, visit.session, grant)


def _landing(
    deps: WebDeps, visit: Visit, *, consent_missing: bool = False, status: int = 200
) -> HTMLResponse:
    return page(
        deps,
        "landing.html",
        visit,
        status=status,
        signed_in=_signed_in(visit),
        consent_missing=consent_missing,
    )


def _signed_in(visit: Visit) -> bool:
    return visit.session is not None and visit.session.kind == "athlete"


def _with_session(tx: Transaction, visit: Visit, now: datetime) -> Visit:
    """A session to bind the state to: the browser's own, or a visitor's."""
    if visit.session is not None:
        return visit
    token = tx.browsers.start("visitor", None, now, idle_s=VISITOR.idle_s, absolute_s=VISITOR.absolute_s)
    return Visit(visit.realm, token, known=True, session=None)


def _connected(deps: WebDeps, visit: Visit, session: BrowserSession, grant: Grant) -> Response:
    """Everything of a new connection in one transaction, then the queue is told."""
    now = deps.now()
    with deps.store.transaction() as tx:
        known = tx.athletes.by_strava_id(grant.strava_id)
        if session.kind == "athlete" and (known is None or known.id != session.subject):
            return _other_athlete(deps)
        zone = known.zone if known else "UTC"  # Strava tells it with the first activity
        athlete = tx.athletes.connect(grant.strava_id, grant.scopes, zone, now, Profile(sex=grant.sex))
        tx.tokens.put(athlete.id, grant.tokens)
        tx.consents.give(athlete.id, session.consent_version or consent.VERSION, session.consent_at or now)
        needs_address = not (tx.addresses.confirmed(athlete.id) or tx.addresses.pending(athlete.id))
        token = tx.browsers.promote(
            visit.token, "athlete", athlete.id, now, idle_s=ATHLETE.idle_s, absolute_s=ATHLETE.absolute_s
        )
    log().info("athlete_connected", athlete=athlete.id)
    return _welcome(deps, visit, athlete.id, token, needs_address=needs_address)


def _welcome(deps: WebDeps, visit: Visit, athlete: UUID, token: str, *, needs_address: bool) -> Response:
    deps.wake("sync", athlete)
    response: RedirectResponse = see("/welcome" if needs_address else "/status")
    signed_in = Visit(visit.realm, token, known=True, session=None)
    signed_in.remember(response, deps, max_age_s=ATHLETE.absolute_s)
    return response


def _not_ours(deps: WebDeps) -> Response:
    return notice(
        deps,
        "That did not work",
        "The way back from Strava did not match the way there. It may have taken longer than ten minutes, "
        "been opened twice, or come from another browser.",
        "Nothing was connected. Please start again.",
        status=403,
    )


def _refused(deps: WebDeps) -> Response:
    return notice(
        deps,
        "Not connected",
        "You did not allow access on Strava’s page, so nothing was read and nothing is kept.",
        "If you change your mind, start again whenever you like.",
        status=403,
    )


def _without_activities(deps: WebDeps) -> Response:
    return notice(
        deps,
        "Not connected: no activities were shared",
        "freshlegs has nothing but your activities to go by. Without them there is nothing to read and "
        "nothing to say, so no connection was made and nothing is kept.",
        "To connect, leave at least “View data about your activities” ticked on Strava’s page. Everything "
        "else may stay un-ticked.",
        status=403,
    )


def _other_athlete(deps: WebDeps) -> Response:
    log().warning("connect_refused", reason="other_athlete")
    return notice(
        deps,
        "This is another Strava account",
        "You are signed in here as one athlete, and Strava answered for another. Nothing was changed.",
        "To change over, log out on your status page first, then connect again.",
        status=409,
        link=("/status", "To your status page"),
    )


def _strava_said_no(deps: WebDeps, problem: StravaError) -> Response:
    if isinstance(problem, AthleteLimitReached):
        return notice(
            deps,
            "We are full",
            "Strava lets only a limited number of athletes connect to this freshlegs, and all places are "
            "taken. Nothing was connected and nothing is kept.",
            f"You can ask {deps.operator_name} ({deps.operator_contact}) to tell you when there is room.",
            status=403,
        )
    if isinstance(problem, StravaUnavailable | QuotaExhausted):
        response = notice(
            deps,
            "Strava is not answering",
            "Strava could not be reached just now. Nothing was connected. Please try again in a quarter of "
            "an hour.",
            status=503,
        )
        response.headers["Retry-After"] = "900"
        return response
    return notice(
        deps,
        "That did not work",
        "Strava did not accept the connection. Nothing was connected and nothing is kept.",
        f"Please start again. If it happens twice, tell {deps.operator_contact}.",
        status=400,
    )
