"""What an operator may do to one row: let it try again, or say that it was looked at. Each is an event."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from fastapi import Path as Part
from starlette.exceptions import HTTPException
from starlette.responses import Response

from service.logs import log
from service.web.deps import Deps
from service.web.pages import ANSWERS, see
from service.web.session import ADMIN_FORM, OperatorId

Number = Annotated[int, Part(ge=0, lt=2**63)]

routes = APIRouter(responses=dict(ANSWERS), prefix="/admin", dependencies=[ADMIN_FORM])


@routes.post("/athletes/{athlete}/unpark")
def unpark(deps: Deps, admin: OperatorId, athlete: UUID) -> Response:
    """Sync and night try again, with all their attempts."""
    with deps.store.transaction() as tx:
        found = tx.parking.unpark(athlete, deps.now())
    _or_404(found)
    log().warning("athlete_unparked", admin=admin, athlete=athlete)
    return see(f"/admin/athletes?athlete={athlete}")


@routes.post("/mails/{mail}/retry")
def retry_mail(deps: Deps, admin: OperatorId, mail: UUID) -> Response:
    """A mail that workers have died of may be sent after all; nothing of it has left."""
    with deps.store.transaction() as tx:
        found = tx.parking.unpark_mail(mail, deps.now())
    _or_404(found)
    log().warning("mail_retried", admin=admin, mail=mail)
    return see("/admin/mails")


@routes.post("/jobs/{job}/retry")
def retry(deps: Deps, admin: OperatorId, job: Number) -> Response:
    """The same work as a new job; the failed one goes."""
    with deps.store.transaction() as tx:
        found = tx.jobs.retry(job)
    _or_404(found)
    log().warning("job_retried", admin=admin, job=job)
    return see("/admin/jobs")


@routes.post("/quarantine/{row}/resolve")
def resolve(deps: Deps, admin: OperatorId, row: Number) -> Response:
    """Forget a row that could not be read; should it come again, it is quarantined again."""
    with deps.store.transaction() as tx:
        found = tx.quarantine.resolve(row)
    _or_404(found)
    log().warning("quarantine_resolved", admin=admin, count=1)
    return see("/admin/quarantine")


def _or_404(found: bool) -> None:
    if not found:
        raise HTTPException(404)
