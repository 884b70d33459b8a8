"""The two guards of mail, turned by operators: stop everything, release or discard what the breaker holds."""

from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse
from starlette.responses import Response

from service.logs import log
from service.store.guards import COUNTED_FOR, Guard
from service.web import words
from service.web.admin_tabs import TABS
from service.web.deps import Deps
from service.web.pages import ANSWERS, page, see
from service.web.session import ADMIN_FORM, AdminVisit, Looking, OperatorId

PATH = "/admin/guards"

routes = APIRouter(responses=dict(ANSWERS), prefix="/admin")


class Turn(StrEnum):
    """What the button for all mail says."""

    STOP = "stop"
    START = "start"


class Fate(StrEnum):
    """What becomes of warnings that are held."""

    RELEASE = "release"
    DISCARD = "discard"


@routes.get("/guards")
def guards(deps: Deps, visit: AdminVisit, looking: Looking) -> HTMLResponse:
    """Where both stand, since when, and who turned them."""
    now = deps.now()
    with deps.store.transaction() as tx:
        switches = tx.guards.all()
        names = {admin.id: admin.name for admin in tx.admins.all()}
        judged, warned = tx.guards.counts(now - COUNTED_FOR)
        held = tx.guards.held()
    return page(
        deps,
        "admin/guards.html",
        visit,
        tabs=TABS,
        here=PATH,
        mail=switches[Guard.MAIL],
        warnings=switches[Guard.WARNINGS],
        names=names,
        stamp=words.stamp,
        judged=judged,
        warned=warned,
        held=held,
        operator=looking.operator,
    )


@routes.post("/guards/mail", dependencies=[ADMIN_FORM])
def turn_mail(deps: Deps, admin: OperatorId, to: Annotated[Turn, Form()]) -> Response:
    """No mail of any kind leaves while it is stopped; nothing is lost, but warnings grow too old."""
    with deps.store.transaction() as tx:
        changed = tx.guards.turn(Guard.MAIL, deps.now(), admin, on=to is Turn.STOP)
    if changed:
        log().warning("mail_stopped" if to is Turn.STOP else "mail_started", admin=admin)
    return see(PATH)


@routes.post("/guards/warnings", dependencies=[ADMIN_FORM])
def settle_warnings(deps: Deps, admin: OperatorId, fate: Annotated[Fate, Form()]) -> Response:
    """Send what is held, or do not; either way the next warning passes again."""
    now = deps.now()
    with deps.store.transaction() as tx:
        release = fate is Fate.RELEASE
        count = len(tx.guards.release(now, admin)) if release else tx.guards.discard(now, admin)
    log().warning("warnings_released" if release else "warnings_discarded", admin=admin, count=count)
    return see(PATH)
