"""Strava's read API over one athlete's activities, with and without the ``/api/v3`` prefix."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import wraps
from itertools import pairwise

from starlette.requests import Request
from starlette.responses import Response

from . import detail as detailed
from . import streams as second_by_second
from .answering import as_json, bad_request, fault, mark, not_found, raw_json, unauthorized, world_of
from .athletes import Account, Kept
from .oauth import Grant
from .oauth_pages import athlete_summary
from .rows import Row
from .totals import stats, zone_times
from .world import World

BARE_DETAIL: Row = {
    "description": None,
    "calories": 0.0,
    "perceived_exertion": None,
    "splits_metric": [],
    "laps": [],
}
PER_PAGE, MOST_PER_PAGE = 30, 200
Headers = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Call:
    """A call that may pass: whose it is, what they allowed, and the rate headers of its answer."""

    request: Request
    world: World
    grant: Grant
    account: Account
    headers: Headers

    def number(self, name: str, default: int) -> int:
        """A query parameter as an integer. Raises ``ValueError``."""
        return int(self.request.query_params.get(name, default))

    @property
    def sees_private(self) -> bool:
        return "activity:read_all" in self.grant.scopes

    def json(self, value: object) -> Response:
        return as_json(value, headers=self.headers)


Endpoint = Callable[[Request], Awaitable[Response]]


def _bearer(request: Request, world: World) -> str:
    kind, _, sent = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return sent
    if "access_token" in request.query_params:
        world.counters["token_in_query"] += 1
    return request.query_params.get("access_token", "")


def guarded(*scopes: str, free: bool = False) -> Callable[[Callable[[Call], Response]], Endpoint]:
    """Token, quota and scope in Strava's order. One of ``scopes`` suffices; ``free`` calls cost nothing."""

    def wrap(answer: Callable[[Call], Response]) -> Endpoint:
        @wraps(answer)
        async def endpoint(request: Request) -> Response:
            world = world_of(request)
            sent = _bearer(request, world)
            grant = world.grants.holder(sent)
            if grant is None:
                world.counters["unauthorized"] += 1
                return unauthorized() if sent else unauthorized("Application", "")
            mark(request, athlete=grant.athlete, counted=not free)
            now = world.clock.now()
            refusal = None if free else world.quota.take(now, read=True)
            headers = [] if free else world.quota.headers(now)
            if refusal is not None:
                world.counters["too_many"] += 1
                return fault(429, "Rate Limit Exceeded", "Application", refusal, "exceeded", headers)
            if scopes and not grant.scopes.intersection(scopes):
                world.counters["scope_missing"] += 1
                return unauthorized("AccessToken", _permission(scopes[0]), "missing")
            return answer(Call(request, world, grant, world.accounts[grant.athlete], headers))

        return endpoint

    return wrap


def _permission(scope: str) -> str:
    return "activity:read_permission" if scope == "activity:read" else scope


ACTIVITY = ("activity:read", "activity:read_all")


@guarded()
def athlete(call: Call) -> Response:
    """GET /athlete: detailed with ``profile:read_all``, otherwise the summary."""
    body = athlete_summary(call.world, call.account.id)
    if "profile:read_all" not in call.grant.scopes:
        body.pop("weight")
        return call.json(body)
    slot = call.account.runner.slot if call.account.runner else 0
    return call.json(
        body
        | {
            "resource_state": 3,
            "blocked": False,
            "can_follow": True,
            "follower_count": 7,
            "friend_count": 7,
            "mutual_friend_count": 0,
            "athlete_type": 1,
            "date_preference": "%m/%d/%Y",
            "measurement_preference": "feet" if call.account.zone.startswith("America/") else "meters",
            "clubs": [],
            "postable_clubs_count": 0,
            "ftp": None,
            "bikes": [],
            "shoes": [detailed.gear(f"g{slot + 1}001")],
        }
    )


@guarded("profile:read_all")
def athlete_zones(call: Call) -> Response:
    """GET /athlete/zones: five contiguous heart-rate zones, −1 = no upper end."""
    top = call.account.runner.hr_max if call.account.runner else 185
    edges = [0, *(round(top * share) for share in (0.6, 0.75, 0.82, 0.9)), -1]
    zones = [{"min": low, "max": high} for low, high in pairwise(edges)]
    return call.json({"heart_rate": {"custom_zones": False, "zones": zones}})


@guarded()
def athlete_stats(call: Call) -> Response:
    """GET /athletes/{id}/stats: totals of the public activities."""
    if call.request.path_params["id"] != call.account.id:
        return fault(403, "Forbidden", "Athlete", "id", "invalid", call.headers)
    now = call.world.clock.epoch()
    return call.json(stats([kept.row for kept in call.account.visible(now) if not kept.private], now))


@guarded(*ACTIVITY)
def athlete_activities(call: Call) -> Response:
    """GET /athlete/activities: newest first, filtered by start, short pages where rows may not be seen."""
    try:
        before, after = call.number("before", 2**62), call.number("after", -(2**62))
        page, per_page = call.number("page", 1), call.number("per_page", PER_PAGE)
    except ValueError:
        return bad_request("Application", "page")
    if page < 1 or per_page < 1:
        return bad_request("Application", "page")
    found = [kept for kept in call.account.visible(call.world.clock.epoch()) if after < kept.start < before]
    first, last = _slice(page, min(per_page, MOST_PER_PAGE), call.world.settings.short_pages)
    rows = [kept.body for kept in found[first:last] if call.sees_private or not kept.private]
    return raw_json(b"[" + b",".join(rows) + b"]", headers=call.headers)


def _slice(page: int, per_page: int, short: list[int]) -> tuple[int, int]:
    """Where a page begins and ends when page n is ``short[n mod len]`` rows shorter than asked for."""
    if not short:
        return (page - 1) * per_page, page * per_page
    sizes = [max(1, per_page - short[number % len(short)]) for number in range(page)]
    return sum(sizes[:-1]), sum(sizes)


def _wanted(call: Call) -> Kept | None:
    kept = call.account.find(call.request.path_params["id"])
    now = call.world.clock.epoch()
    if kept is None or max(kept.visible_from, kept.start, kept.readable_from) > now:
        return None
    if _younger_than(call, kept, call.world.hooks.mishaps.unreadable_s):
        return None
    return kept if call.sees_private or not kept.private else None


def _younger_than(call: Call, kept: Kept, seconds: int) -> bool:
    return max(kept.visible_from, kept.start) + seconds > call.world.clock.epoch()


def _detail(kept: Kept, *, everything: bool) -> Row:
    if kept.session is not None:
        efforts = detailed.segment_efforts(kept.session, kept.row, everything=everything)
        return detailed.detail(kept.session, kept.row) | {"segment_efforts": efforts}
    if kept.detail is not None:
        return kept.detail
    return {
        "description": None,
        "calories": 0.0,
        "perceived_exertion": None,
        "splits_metric": [],
        "laps": [],
    } | (kept.row | {"resource_state": 3})


@guarded(*ACTIVITY)
def activity(call: Call) -> Response:
    """GET /activities/{id}: the detailed activity."""
    kept = _wanted(call)
    if kept is None:
        return not_found()
    everything = call.request.query_params.get("include_all_efforts", "false").lower() == "true"
    return call.json(_detail(kept, everything=everything))


@guarded(*ACTIVITY, free=True)
def activity_streams(call: Call) -> Response:
    """GET /activities/{id}/streams: no rate headers and, as recorded, no cost."""
    kept = _wanted(call)
    if kept is None or kept.session is None or kept.session.manual:
        return not_found()
    if _younger_than(call, kept, call.world.hooks.mishaps.streams_empty_s):
        return call.json({})
    keys = [key for key in call.request.query_params.get("keys", "").split(",") if key]
    by_type = call.request.query_params.get("key_by_type", "").lower() == "true"
    return call.json(second_by_second.answer(kept.session, keys, by_type=by_type))


@guarded(*ACTIVITY)
def activity_laps(call: Call) -> Response:
    """GET /activities/{id}/laps."""
    kept = _wanted(call)
    return not_found() if kept is None else call.json(_detail(kept, everything=False).get("laps", []))


@guarded(*ACTIVITY)
def activity_zones(call: Call) -> Response:
    """GET /activities/{id}/zones: seconds in each heart-rate zone."""
    kept = _wanted(call)
    return not_found() if kept is None else call.json(zone_times(kept))


@guarded()
def gear(call: Call) -> Response:
    """GET /gear/{id}."""
    return call.json(
        detailed.gear(call.request.path_params["id"]) | {"resource_state": 3, "brand_name": "Canary"}
    )
