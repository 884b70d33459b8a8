"""Health for machines. Both tell the truth; only readiness depends on others."""

from datetime import timedelta

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from service.errors import DatabaseUnavailable
from service.web.deps import Deps

CLOCK_LATE_AFTER = timedelta(minutes=5)
CLOCK = "clock"
AWAY = (DatabaseUnavailable, OperationalError, PoolTimeout)
"""Nobody answers, it answers too slowly, or all our connections to it are in use: come back later."""

routes = APIRouter(default_response_class=JSONResponse)


class Live(BaseModel):
    """The process answers."""

    live: bool = True


class Ready(BaseModel):
    """``ready`` needs the database. ``clock``: alive, late or never; nights wait while it is not alive."""

    ready: bool
    database: str
    clock: str


@routes.get("/healthz")
def healthz() -> Live:
    """Live: no look at anything else, so that a database that is down restarts nobody."""
    return Live()


@routes.get("/readyz", response_model=Ready, responses={503: {"model": Ready}})
def readyz(deps: Deps) -> Ready | JSONResponse:
    """Ready to serve pages."""
    try:
        with deps.store.transaction() as tx:
            beats = [beat.beat_at for beat in tx.heartbeats.all() if beat.name.startswith(CLOCK)]
    except AWAY:
        body = Ready(ready=False, database="unavailable", clock="unknown")
        return JSONResponse(body.model_dump(), status_code=503)
    if not beats:
        return Ready(ready=True, database="ok", clock="never")
    late = deps.now() - max(beats) > CLOCK_LATE_AFTER
    return Ready(ready=True, database="ok", clock="late" if late else "alive")
