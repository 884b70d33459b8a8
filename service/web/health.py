"""Health for machines. Both tell the truth; only readiness depends on others."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from service.errors import DatabaseUnavailable
from service.web.deps import Deps

AWAY = (DatabaseUnavailable, OperationalError, PoolTimeout)
"""Nobody answers, it answers too slowly, or all our connections to it are in use: come back later."""

routes = APIRouter(default_response_class=JSONResponse)


class Live(BaseModel):
    """The process answers."""

    live: bool = True


class Ready(BaseModel):
    """``ready`` needs the database alone: pages can be served while nights wait.

    ``clock``: alive, late or never. ``worker``: alive, silent or never. ``work``: ok or late.
    ``strava``: open, used_up or off. ``subscription`` to Strava's events: hearing, silent or none.
    ``mail``: ok, late, stopped or held. ``backup``: ok, late or never. Words and no figures: whoever asks
    may read this.
    """

    ready: bool
    database: str
    clock: str = "unknown"
    worker: str = "unknown"
    work: str = "unknown"
    strava: str = "unknown"
    subscription: str = "unknown"
    mail: str = "unknown"
    backup: str = "unknown"


@routes.get("/healthz")
def healthz() -> Live:
    """Live: no look at anything else, so that a database that is down restarts nobody."""
    return Live()


@routes.get("/readyz", response_model=Ready, responses={503: {"model": Ready}})
def readyz(deps: Deps) -> Ready | JSONResponse:
    """Ready to serve pages, and how everything behind them is."""
    try:
        with deps.store.transaction() as tx:
            seen = tx.vitals.read(deps.now())
    except AWAY:
        return JSONResponse(Ready(ready=False, database="unavailable").model_dump(), status_code=503)
    return Ready(
        ready=True,
        database="ok",
        clock=seen.clock,
        worker=seen.worker,
        work=seen.work,
        strava=seen.strava,
        subscription=seen.subscription,
        mail=seen.mail,
        backup=seen.backup,
    )
