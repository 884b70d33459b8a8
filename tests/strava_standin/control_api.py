"""The stand-in's own API under ``/__control``: time, athletes, truth, ledger, limits, edits of the past."""

from dataclasses import replace
from datetime import date
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .answering import world_of
from .athletes import Account, Kept, epoch_of, new_row
from .clock import instant
from .kinds import KINDS
from .world import Settings, World


class Wrong(Exception):
    """A control request that cannot be carried out; answered as 400 with this message."""


async def _given(request: Request) -> dict[str, Any]:
    if not await request.body():
        return {}
    given = await request.json()
    if not isinstance(given, dict):
        raise Wrong("send a JSON object")
    return given


def _settings(start: Settings, given: dict[str, Any]) -> Settings:
    unknown = set(given) - set(Settings.__dataclass_fields__)
    if unknown:
        raise Wrong(
            f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(Settings.__dataclass_fields__)}"
        )
    changes = dict(given)
    if "now" in changes:
        changes["now"] = instant(changes["now"])
    if changes.get("onset"):
        changes["onset"] = date.fromisoformat(changes["onset"])
    for limit in ("overall_limit", "read_limit"):
        if limit in changes:
            changes[limit] = tuple(changes[limit])
    return replace(start, **changes)


async def reset(request: Request) -> Response:
    """A new world from the settings the process was started with, and the changes given."""
    settings = _settings(request.app.state.settings, await _given(request))
    request.app.state.world = World(settings)
    return JSONResponse({"now": settings.now.isoformat(), "athletes": len(request.app.state.world.accounts)})


async def clock(request: Request) -> Response:
    """GET reads; POST ``{"set": ISO}`` or ``{"advance": seconds}`` moves."""
    world, given = world_of(request), await _given(request)
    if "set" in given:
        world.clock.set(instant(given["set"]))
    if "advance" in given:
        world.clock.advance(float(given["advance"]))
    if given:
        world.announce()
    return JSONResponse({"now": world.clock.now().isoformat()})


async def ledger(request: Request) -> Response:
    """Entries (``since``, ``athlete``, ``path``); DELETE forgets them."""
    world = world_of(request)
    if request.method == "DELETE":
        world.ledger.entries.clear()
        return JSONResponse({})
    query = request.query_params
    athlete = int(query["athlete"]) if "athlete" in query else None
    return JSONResponse(world.ledger.select(int(query.get("since", 0)), athlete, query.get("path", "")))


async def totals(request: Request) -> Response:
    return JSONResponse(world_of(request).ledger.totals())


async def counters(request: Request) -> Response:
    return JSONResponse(dict(world_of(request).counters))


async def limits(request: Request) -> Response:
    """GET reads limits and usage; POST ``overall_limit`` and ``read_limit`` as [quarter hour, day]."""
    world, given = world_of(request), await _given(request)
    for name in ("overall_limit", "read_limit"):
        if name in given:
            setattr(world.quota, name, tuple(given[name]))
    return JSONResponse(world.quota.usage(world.clock.now()))


async def faults(request: Request) -> Response:
    """GET: what is scripted and how often it struck. POST: one more. DELETE: none any more."""
    scripted = world_of(request).faults
    if request.method == "DELETE":
        scripted.scripted.clear()
    elif request.method == "POST":
        scripted.add(await _given(request))
    return JSONResponse(scripted.described())


async def athletes(request: Request) -> Response:
    """Who is here and what is planted in them."""
    world = world_of(request)
    return JSONResponse([_described(world, account) for account in world.accounts.values()])


def _described(world: World, account: Account) -> dict[str, Any]:
    first, last = account.truth_window()
    grant = world.grants.by_athlete.get(account.id)
    return {
        "id": account.id,
        "kind": account.kind,
        "zone": account.zone,
        "onset": account.onset.isoformat(),
        "truth": account.truth.truth if account.truth else "a recorded history",
        "deserves": account.truth.deserves if account.truth else "unknown",
        "causes": list(account.truth.causes) if account.truth else [],
        "trouble_from": first,
        "trouble_until": last,
        "connected": grant is not None,
        "scopes": sorted(grant.scopes) if grant else [],
    }


async def kinds(request: Request) -> Response:
    return JSONResponse(
        {kind.name: {"truth": kind.truth, "deserves": kind.deserves} for kind in KINDS.values()}
    )


def _account(request: Request) -> Account:
    account = world_of(request).accounts.get(request.path_params["id"])
    if account is None:
        raise Wrong(f"no athlete {request.path_params['id']}; see /__control/athletes")
    return account


def _found(request: Request) -> tuple[Account, Kept]:
    found = world_of(request).find(request.path_params["id"])
    if found is None:
        raise Wrong(f"no activity {request.path_params['id']}")
    return found


async def checkins(request: Request) -> Response:
    """What the athlete answers on the mornings ``from`` … ``until`` (default: ``from`` alone)."""
    first = date.fromisoformat(request.query_params["from"])
    last = date.fromisoformat(request.query_params.get("until", first.isoformat()))
    return JSONResponse(_account(request).answers(first, last))


async def activities(request: Request) -> Response:
    """GET: every visible row, private ones too. POST: insert one (any field of a row)."""
    world, account = world_of(request), _account(request)
    if request.method == "GET":
        return JSONResponse([kept.row for kept in account.visible(world.clock.epoch())])
    given = await _given(request)
    visible_from = given.pop("visible_from", None)
    now = world.clock.now()
    row = new_row(account, given, now, world.free_id())
    appears = int(instant(visible_from).timestamp()) if visible_from else world.clock.epoch()
    account.insert(Kept(epoch_of(row), appears, row, inserted=True))
    if row.get("visibility") != "only_me" or _sees_private(world, account):
        world.tell(account, int(row["id"]), "create")
    return JSONResponse(row)


async def activity(request: Request) -> Response:
    """POST edits fields (``{"private": true, "visibility": "only_me"}`` hides), DELETE removes."""
    account, kept = _found(request)
    world = world_of(request)
    sees_private = _sees_private(world, account)
    was_private = kept.private
    if request.method == "DELETE":
        account.delete(kept.id)
        if sees_private or not was_private:
            world.tell(account, kept.id, "delete")
        return JSONResponse({})
    changes = await _given(request)
    account.edit(kept, changes)
    _tell_edit(world, account, kept, changes, was_private=was_private)
    return JSONResponse(kept.row)


def _sees_private(world: World, account: Account) -> bool:
    grant = world.grants.by_athlete.get(account.id)
    return grant is not None and "activity:read_all" in grant.scopes


def _tell_edit(
    world: World, account: Account, kept: Kept, changes: dict[str, Any], *, was_private: bool
) -> None:
    """Strava announces title, type and privacy, and nothing else. Who may not see private activities hears
    of a hidden one as deleted, and of a shown one as new."""
    if kept.private != was_private and not _sees_private(world, account):
        world.tell(account, kept.id, "delete" if kept.private else "create")
        return
    updates = {}
    if "name" in changes:
        updates["title"] = str(changes["name"])
    if "sport_type" in changes or "type" in changes:
        updates["type"] = str(kept.row.get("sport_type"))
    if kept.private != was_private:
        updates["private"] = str(kept.private).lower()
    if updates and (_sees_private(world, account) or not kept.private):
        world.tell(account, kept.id, "update", **updates)


async def grant(request: Request) -> Response:
    """Tokens without the pages: ``{"scopes": […]}``; with ``"code": true`` only a code."""
    world, account, given = world_of(request), _account(request), await _given(request)
    scopes = frozenset(given.get("scopes", ("read", "activity:read_all", "profile:read_all")))
    code = world.grants.new_code(account.id, scopes)
    if given.get("code"):
        return JSONResponse({"code": code, "scope": ",".join(sorted(scopes))})
    return JSONResponse(world.grants.answer(world.grants.exchange(code)))


async def revoked(request: Request) -> Response:
    """The athlete withdraws the grant in Strava's own settings page."""
    world, account = world_of(request), _account(request)
    grant = world.grants.by_athlete.get(account.id)
    if grant is not None:
        given = await _given(request)
        world.grants.end(grant)
        if given.get("form") == "delete":
            world.hooks.happened("athlete", account.id, "delete", account.id)
        else:
            world.hooks.happened("athlete", account.id, "update", account.id, {"authorized": "false"})
    return JSONResponse({"revoked": grant is not None})


async def wrong(request: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error) or type(error).__name__}, status_code=400)


ROUTES = [
    Route("/reset", reset, methods=["POST"]),
    Route("/clock", clock, methods=["GET", "POST"]),
    Route("/ledger", ledger, methods=["GET", "DELETE"]),
    Route("/ledger/totals", totals),
    Route("/counters", counters),
    Route("/limits", limits, methods=["GET", "POST"]),
    Route("/faults", faults, methods=["GET", "POST", "DELETE"]),
    Route("/kinds", kinds),
    Route("/athletes", athletes),
    Route("/athletes/{id:int}/checkins", checkins),
    Route("/athletes/{id:int}/activities", activities, methods=["GET", "POST"]),
    Route("/athletes/{id:int}/grant", grant, methods=["POST"]),
    Route("/athletes/{id:int}/revoke", revoked, methods=["POST"]),
    Route("/activities/{id:int}", activity, methods=["POST", "DELETE"]),
]
