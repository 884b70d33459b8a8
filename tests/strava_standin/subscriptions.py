"""The subscription calls: make (with the handshake), list, end; and the control of what is posted."""

import json
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .answering import JSON, as_json, bad_request, mark, not_found, world_of
from .oauth_pages import fields_of
from .webhooks import Mishaps, shaken
from .world import World


def _answer(world: World, value: Any, status: int = 200) -> Response:
    """As recorded: no ETag, the limit, and a usage of nought."""
    response = Response(b"" if value is None else json.dumps(value, separators=(",", ":")), status)
    quarter, day = world.quota.overall_limit
    headers = {"Content-Type": JSON, "Cache-Control": "no-cache, private"}
    headers |= {"X-Ratelimit-Limit": f"{quarter},{day}", "X-Ratelimit-Usage": "0,0"}
    response.raw_headers.extend((name.encode(), text.encode()) for name, text in headers.items())
    return response


def _known(world: World, fields: dict[str, list[str]]) -> bool:
    settings = world.settings
    return (fields.get("client_id"), fields.get("client_secret")) == (
        [settings.client_id],
        [settings.client_secret],
    )


async def subscriptions(request: Request) -> Response:
    """GET lists, POST makes one; Strava allows an application one."""
    world, fields = world_of(request), await fields_of(request)
    mark(request, counted=False)
    if not _known(world, fields):
        return bad_request("Application", "client_id")
    hooks = world.hooks
    if request.method == "GET":
        return _answer(world, [hooks.subscription] if hooks.subscription else [])
    if hooks.subscription is not None:
        return bad_request("PushSubscription", "", "already exists")
    url, token = fields.get("callback_url", [""])[0], fields.get("verify_token", [""])[0]
    challenge = f"{world.clock.epoch():x}{world.settings.seed:x}"
    if not url or len(url) > 255 or not await run_in_threadpool(shaken, url, token, challenge):
        return bad_request("PushSubscription", "callback url", "GET to callback URL does not return 200")
    return _answer(world, hooks.subscribe(url), 201)


async def subscription(request: Request) -> Response:
    """DELETE ends it: 204."""
    world, fields = world_of(request), await fields_of(request)
    mark(request, counted=False)
    if not _known(world, fields):
        return bad_request("Application", "client_id")
    held = world.hooks.subscription
    if held is None or held["id"] != request.path_params["id"]:
        return not_found("PushSubscription")
    world.hooks.subscription = None
    return _answer(world, None, 204)


async def control(request: Request) -> Response:
    """GET: every delivery. POST: set mishaps (any field of ``Mishaps``)."""
    world = world_of(request)
    if request.method == "POST":
        world.hooks.mishaps = Mishaps(**await request.json())
    return as_json(world.hooks.described())


async def deliver(request: Request) -> Response:
    """POST: send what is due now. With ``{"events": [{…}]}`` these are queued first, as they are."""
    world = world_of(request)
    given: dict[str, Any] = await request.json() if await request.body() else {}
    for event in given.get("events", []):
        world.hooks.post(event, world.clock.epoch())
    return as_json(await run_in_threadpool(world.hooks.run))


CALLS = [
    Route("/push_subscriptions", subscriptions, methods=["GET", "POST"]),
    Route("/push_subscriptions/{id:int}", subscription, methods=["DELETE"]),
]
CONTROLS = [
    Route("/webhooks", control, methods=["GET", "POST"]),
    Route("/webhooks/deliver", deliver, methods=["POST"]),
]
