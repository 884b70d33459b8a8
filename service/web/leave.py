"""The ways out: log out, stop the mails, disconnect and be forgotten."""

from collections.abc import Mapping
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from fastapi.responses import HTMLResponse
from starlette.responses import Response

from service.domain.night import MailKind
from service.logs import log
from service.web.deps import Deps, WebDeps
from service.web.inputs import Opaque
from service.web.pages import ANSWERS, notice, page, see
from service.web.session import ATHLETE_FORM, AthleteId, AthleteVisit

Token = Annotated[Opaque, Path()]

routes = APIRouter(responses=dict(ANSWERS))


Kind = Annotated[Literal["warning", "check_in", "long_run", "weekly", "reconnect"] | None, Query()]
"""The kind of mail the link stood in; a link without one stops them all."""
STOPPED: Mapping[str | None, str] = {
    None: "mails",
    "warning": "warnings",
    "check_in": "questions about your legs",
    "long_run": "mails before long runs",
    "weekly": "weekly letters",
    "reconnect": "mails about a lost connection",
}


@routes.get("/unsubscribe/{token}")
def unsubscribe_page(deps: Deps, token: Token, kind: Kind = None) -> HTMLResponse:
    """Changes nothing and says the same for every token: mail scanners open every link."""
    return page(deps, "unsubscribe.html", token=token, kind=kind, what=STOPPED[kind], done=False)


@routes.post("/unsubscribe/{token}")
def unsubscribe(deps: Deps, token: Token, kind: Kind = None) -> HTMLResponse:
    """One click from the mail program (RFC 8058): no cookie, no further question, and as often as it likes.

    The body (``List-Unsubscribe=One-Click``) is not read: the token says everything.
    """
    with deps.store.transaction() as tx:
        athlete = tx.addresses.by_unsubscribe_token(token)
        if athlete is not None:
            tx.preferences.stop(athlete, MailKind(kind) if kind else None)
    if athlete is None:
        return _unknown_link(deps)
    log().info("unsubscribed", athlete=athlete)
    return page(deps, "unsubscribe.html", token=token, kind=kind, what=STOPPED[kind], done=True)


@routes.post("/logout", dependencies=[ATHLETE_FORM])
def log_out(deps: Deps, visit: AthleteVisit) -> Response:
    """Ends the session in the store, so that a copied cookie is worth nothing."""
    with deps.store.transaction() as tx:
        tx.browsers.end(visit.token)
    response = see("/")
    visit.forget(response, deps)
    return response


@routes.get("/disconnect")
def disconnect_page(deps: Deps, visit: AthleteVisit, athlete_id: AthleteId) -> HTMLResponse:
    """Says what goes, and asks."""
    return page(deps, "disconnect.html", visit)


@routes.post("/disconnect", dependencies=[ATHLETE_FORM])
def disconnect(deps: Deps, visit: AthleteVisit, athlete_id: AthleteId) -> Response:
    """Gives the access back to Strava and forgets the athlete."""
    deps.erase(athlete_id)
    with deps.store.transaction() as tx:
        tx.browsers.end(visit.token)
    log().info("athlete_disconnected", athlete=athlete_id)
    response = see("/goodbye")
    visit.forget(response, deps)
    return response


@routes.get("/goodbye")
def goodbye(deps: Deps) -> HTMLResponse:
    """After leaving."""
    return notice(
        deps,
        "You are disconnected",
        "freshlegs gives its access back to Strava and deletes everything it kept about you, within a minute "
        "at the latest.",
        "If you had left an address, one last mail confirms it. Thank you for trying it. Run well.",
    )


def _unknown_link(deps: WebDeps) -> HTMLResponse:
    return notice(
        deps,
        "This link is not known",
        "It may have been cut short by the mail program, or the account behind it was deleted, in which case "
        "no mails are sent any more.",
        f"If mails go on coming, write to {deps.operator_contact}.",
        status=404,
    )
