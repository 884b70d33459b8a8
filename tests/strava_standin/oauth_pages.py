"""The OAuth host: the page an athlete sees, and the token, revoke and deauthorize calls."""

import base64
import binascii
import json
from html import escape
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit, urlunsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from .answering import as_json, bad_request, fault, mark, unauthorized, world_of
from .oauth import SCOPES, Refused
from .world import World

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Authorize · Strava stand-in</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:30rem;margin:2rem auto;padding:0 1rem}}
label{{display:block;margin:.4rem 0}}
button{{font:inherit;padding:.6rem 1.2rem;margin:1rem .5rem 0 0}}</style></head>
<body><h1>Connect to Strava (stand-in)</h1>
<p>Application {client_id} asks to read an athlete's data. Nobody real is behind this page.</p>
<form method="post" action="/oauth/authorize">
{hidden}
<label>Athlete <select name="athlete">{options}</select></label>
<fieldset><legend>Allow</legend>{scopes}</fieldset>
<button name="decision" value="approve">Approve</button>
<button name="decision" value="refuse">Refuse</button>
</form></body></html>"""
TOO_MANY = "Limit of connected athletes exceeded"
FULL = f"""<!doctype html>
<html lang="en"><head><title>{TOO_MANY}</title></head><body><h1>403 {TOO_MANY}</h1></body></html>"""
REMEMBERED = ("client_id", "redirect_uri", "response_type", "approval_prompt", "state", "scope")


async def fields_of(request: Request) -> dict[str, list[str]]:
    """Query and body together, whichever form the client chose (form or JSON)."""
    found = parse_qs(request.url.query, keep_blank_values=True)
    body = await request.body()
    if request.headers.get("content-type", "").startswith("application/json") and body:
        given = json.loads(body)
        return found | {key: [str(value)] for key, value in given.items()}
    return found | parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)


def _one(fields: dict[str, list[str]], name: str, default: str = "") -> str:
    return fields.get(name, [default])[0]


async def authorize(request: Request) -> Response:
    """GET shows the page; POST (or ``decision`` in the query) decides and sends the browser back."""
    world, fields = world_of(request), await fields_of(request)
    wrong = _wrong_request(world, fields)
    if wrong is not None:
        return wrong
    if "decision" in fields or request.method == "POST":
        return _decide(request, world, fields)
    return HTMLResponse(_page(world, fields))


def _wrong_request(world: World, fields: dict[str, list[str]]) -> Response | None:
    if _one(fields, "client_id") != world.settings.client_id:
        return bad_request("Application", "client_id")
    host = urlsplit(_one(fields, "redirect_uri")).hostname or ""
    if not any(host == domain or host.endswith("." + domain) for domain in world.settings.callback_domains):
        return bad_request("Application", "redirect_uri")
    if _one(fields, "response_type", "code") != "code":
        return bad_request("Application", "response_type")
    asked = _asked(fields)
    return bad_request("Application", "scope") if not asked or set(asked) - set(SCOPES) else None


def _asked(fields: dict[str, list[str]]) -> list[str]:
    return [scope for scope in _one(fields, "scope").replace(" ", ",").split(",") if scope]


def _decide(request: Request, world: World, fields: dict[str, list[str]]) -> Response:
    if _one(fields, "decision", "approve") != "approve":
        world.counters["authorize_refused"] += 1
        return _back(fields, {"error": "access_denied"})
    text = _one(fields, "athlete") or str(next(iter(world.accounts), ""))
    if not text.isdigit() or int(text) not in world.accounts:
        return bad_request("Athlete", "id")
    if world.full_for(int(text)):
        return HTMLResponse(FULL, status_code=403)
    ticked = (
        set(fields.get("granted", [])) if "page" in fields or "granted" in fields else set(_asked(fields))
    )
    granted = [scope for scope in _asked(fields) if scope in ticked or scope == "read"]
    mark(request, athlete=int(text))
    code = world.grants.new_code(int(text), frozenset(granted))
    world.counters["authorize_approved"] += 1
    return _back(fields, {"code": code, "scope": ",".join(granted)})


def _back(fields: dict[str, list[str]], answer: dict[str, str]) -> Response:
    parts = urlsplit(_one(fields, "redirect_uri"))
    query = [*parse_qsl(parts.query), ("state", _one(fields, "state")), *answer.items()]
    return RedirectResponse(urlunsplit(parts._replace(query=urlencode(query, safe=",:"))), status_code=302)


def _page(world: World, fields: dict[str, list[str]]) -> str:
    chosen = _one(fields, "athlete")
    options = "".join(
        f'<option value="{account.id}"{" selected" if str(account.id) == chosen else ""}>'
        f"{escape(account.kind)} ({account.id}, {escape(account.zone)})</option>"
        for account in world.accounts.values()
    )
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{escape(_one(fields, name), quote=True)}">'
        for name in REMEMBERED
        if name in fields
    )
    scopes = "".join(
        f'<label><input type="checkbox" name="granted" value="{escape(scope)}" checked'
        f"{' disabled' if scope == 'read' else ''}> {escape(scope)}</label>"
        for scope in _asked(fields)
    )
    hidden += '<input type="hidden" name="page" value="1">'
    return PAGE.format(
        client_id=escape(_one(fields, "client_id")), hidden=hidden, options=options, scopes=scopes
    )


async def token(request: Request) -> Response:
    """POST /oauth/token: no quota, no rate headers."""
    world, fields = world_of(request), await fields_of(request)
    settings = world.settings
    if (
        _one(fields, "client_id") != settings.client_id
        or _one(fields, "client_secret") != settings.client_secret
    ):
        world.counters["client_refused"] += 1
        return bad_request("Application", "client_id")
    kind = _one(fields, "grant_type")
    try:
        if kind == "authorization_code":
            code = world.grants.codes.get(_one(fields, "code"))
            if code is not None and world.full_for(code.athlete):
                return fault(403, TOO_MANY, "Application", "athletes", "exceeded")
            grant = world.grants.exchange(_one(fields, "code"))
        elif kind == "refresh_token":
            grant = world.grants.renew(_one(fields, "refresh_token"))
        else:
            return bad_request("Application", "grant_type")
    except Refused as refused:
        return bad_request(refused.resource, refused.field, refused.code)
    mark(request, athlete=grant.athlete)
    body = world.grants.answer(grant)
    if kind == "authorization_code":
        body = body | {"athlete": athlete_summary(world, grant.athlete)}
    return as_json(body)


async def revoke(request: Request) -> Response:
    """POST /oauth/revoke with Basic client credentials: 200 even for a token that is already dead."""
    world, fields = world_of(request), await fields_of(request)
    if _basic(request) != (world.settings.client_id, world.settings.client_secret):
        return unauthorized("Application", "client_id")
    grant = world.grants.of_token(_one(fields, "token"))
    if grant is not None:
        mark(request, athlete=grant.athlete)
        world.grants.end(grant)
        world.counters["revoked"] += 1
    now = world.clock.now()
    world.quota.take(now, read=False)
    mark(request, counted=True)
    return as_json({}, headers=world.quota.headers(now))


async def deauthorize(request: Request) -> Response:
    """POST /oauth/deauthorize, which Strava retires in June 2027. It counts, as recorded."""
    world, fields = world_of(request), await fields_of(request)
    sent = request.headers.get("authorization", "").removeprefix("Bearer ") or _one(fields, "access_token")
    grant = world.grants.holder(sent)
    if grant is None:
        return unauthorized()
    mark(request, athlete=grant.athlete, counted=True)
    world.grants.end(grant)
    world.counters["revoked"] += 1
    now = world.clock.now()
    world.quota.take(now, read=False)
    return as_json({"access_token": sent}, headers=world.quota.headers(now))


def _basic(request: Request) -> tuple[str, str] | None:
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        user, _, password = base64.b64decode(value).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return user, password


def athlete_summary(world: World, athlete_id: int) -> dict[str, object]:
    """The athlete of a code exchange and of ``GET /athlete`` without ``profile:read_all``."""
    account = world.accounts[athlete_id]
    return {
        "id": athlete_id,
        "username": f"standin_{athlete_id}",
        "resource_state": 2,
        "firstname": "Canary",
        "lastname": account.kind.replace("_", " ").title(),
        "bio": None,
        "city": None,
        "state": None,
        "country": None,
        "sex": account.profile.get("sex"),
        "premium": True,
        "summit": True,
        "created_at": "2017-11-28T19:05:35Z",
        "updated_at": "2025-09-27T12:57:32Z",
        "badge_type_id": 1,
        "weight": account.profile.get("weight"),
        "profile_medium": "avatar/athlete/medium.png",
        "profile": "avatar/athlete/large.png",
        "friend": None,
        "follower": None,
    }
