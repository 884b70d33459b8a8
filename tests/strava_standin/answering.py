"""The forms of Strava's answers: JSON with an ETag, quota headers in their odd spelling, faults."""

import json
from hashlib import md5
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from .world import World

JSON = "application/json; charset=utf-8"


def world_of(request: Request) -> World:
    world: World = request.app.state.world
    return world


def mark(request: Request, *, athlete: int | None = None, counted: bool | None = None) -> None:
    """Tell the ledger whose request this was and whether it cost quota."""
    notes = request.scope.setdefault("standin", {})
    if athlete is not None:
        notes["athlete"] = athlete
    if counted is not None:
        notes["counted"] = counted


def raw_json(body: bytes, status: int = 200, headers: list[tuple[str, str]] | None = None) -> Response:
    """A JSON answer. Header names keep their case, which Starlette would take away."""
    response = Response(body, status)
    plain = [("Content-Type", JSON), *(headers or [])]
    if status < 300:
        plain.append(("Cache-Control", "max-age=0, private, must-revalidate"))
        plain.append(("ETag", f'W/"{md5(body, usedforsecurity=False).hexdigest()}"'))
    else:
        plain.append(("Cache-Control", "no-cache"))
    response.raw_headers.extend((name.encode(), value.encode()) for name, value in plain)
    return response


def as_json(value: Any, status: int = 200, headers: list[tuple[str, str]] | None = None) -> Response:
    return raw_json(json.dumps(value, separators=(",", ":")).encode(), status, headers)


def fault(
    status: int,
    message: str,
    resource: str,
    field: str,
    code: str,
    headers: list[tuple[str, str]] | None = None,
) -> Response:
    """Strava's fault: a message and one error."""
    body = {"message": message, "errors": [{"resource": resource, "field": field, "code": code}]}
    return as_json(body, status, headers)


def unauthorized(resource: str = "Athlete", field: str = "access_token", code: str = "invalid") -> Response:
    return fault(401, "Authorization Error", resource, field, code)


def bad_request(resource: str, field: str, code: str = "invalid") -> Response:
    return fault(400, "Bad Request", resource, field, code)


def not_found(resource: str = "Activity") -> Response:
    return fault(404, "Record Not Found", resource, "id", "invalid")
