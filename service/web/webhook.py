"""Where Strava posts its events. The path is secret, and every answer to an event is 200."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from service.web.deps import Deps, WebDeps
from service.web.inputs import Line

routes = APIRouter()
LONGEST_SECRET = 200


async def _raw(request: Request) -> bytes:
    return await request.body()


def _ours(deps: WebDeps, secret: str) -> None:
    """A wrong path looks like any page that is not there."""
    if deps.intake is None or len(secret) > LONGEST_SECRET or not deps.intake.opens(secret):
        raise HTTPException(404)


@routes.get("/webhook/{secret}", response_class=JSONResponse)
def handshake(
    deps: Deps,
    secret: str,
    mode: Annotated[Line, Query(alias="hub.mode")] = "",
    challenge: Annotated[Line, Query(alias="hub.challenge")] = "",
    verify_token: Annotated[Line, Query(alias="hub.verify_token")] = "",
) -> Response:
    """Strava asks whether we want its events. Only while we have just said so do we answer."""
    _ours(deps, secret)
    if mode != "subscribe" or deps.intake is None or not deps.intake.expects(verify_token):
        raise HTTPException(404)
    return JSONResponse({"hub.challenge": challenge})


@routes.post("/webhook/{secret}", response_class=JSONResponse)
def event(
    deps: Deps,
    secret: str,
    body: Annotated[bytes, Depends(_raw)],
    signature: Annotated[str | None, Header(alias="X-Strava-Signature")] = None,
) -> Response:
    """Kept or counted, and committed, before this answers. Strava gives up on us after three others."""
    _ours(deps, secret)
    if deps.intake is not None:
        deps.intake.take(body, signature)
    return JSONResponse({})
