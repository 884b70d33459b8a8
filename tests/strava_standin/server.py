"""The whole program as one ASGI application."""

from email.utils import format_datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from . import api, control_api, oauth_pages, subscriptions
from .answering import not_found
from .faults import Faulty
from .world import Settings, World

READS = [
    Route("/athlete", api.athlete),
    Route("/athlete/zones", api.athlete_zones),
    Route("/athlete/activities", api.athlete_activities),
    Route("/athletes/{id:int}/stats", api.athlete_stats),
    Route("/activities/{id:int}", api.activity),
    Route("/activities/{id:int}/streams", api.activity_streams),
    Route("/activities/{id:int}/laps", api.activity_laps),
    Route("/activities/{id:int}/zones", api.activity_zones),
    Route("/gear/{id}", api.gear),
    *subscriptions.CALLS,
]
OAUTH = [
    Route("/oauth/authorize", oauth_pages.authorize, methods=["GET", "POST"]),
    Route("/oauth/token", oauth_pages.token, methods=["POST"]),
    Route("/oauth/revoke", oauth_pages.revoke, methods=["POST"]),
    Route("/oauth/deauthorize", oauth_pages.deauthorize, methods=["POST"]),
]


class Ledgered:
    """Writes every request that is not a control request into the ledger, once its status is known."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/__control"):
            await self.app(scope, receive, send)
            return
        notes: dict[str, Any] = scope.setdefault("standin", {})
        world: World = scope["app"].state.world

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                date = format_datetime(world.clock.now(), usegmt=True)
                message["headers"] = [(b"Date", date.encode()), *message["headers"]]
                query = scope["query_string"].decode()
                world.note(scope["method"], scope["path"], query, message["status"], notes)
            await send(message)

        await self.app(scope, receive, noted)


async def _nothing_here(request: Request, error: Exception) -> Response:
    return not_found("Path")


def make_app(settings: Settings) -> ASGIApp:
    """The application; ``settings`` are also what every reset starts from."""
    app = Starlette(
        routes=[
            Mount("/__control", routes=[*control_api.ROUTES, *subscriptions.CONTROLS]),
            *OAUTH,
            Mount("/api/v3", routes=[*READS, *OAUTH[1:]]),
            *READS,
        ],
        exception_handlers={
            404: _nothing_here,
            control_api.Wrong: control_api.wrong,
            ValueError: control_api.wrong,
        },
    )
    app.add_middleware(Ledgered)
    app.state.settings = settings
    app.state.world = World(settings)
    return Faulty(app, app.state)
