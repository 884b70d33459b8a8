"""Who may see the admin pages: name, password and, if one is set, the code of an authenticator app;
throttled, with one answer for every mistake."""

import threading
from datetime import datetime
from functools import cache
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from starlette.responses import Response

from service.logs import log
from service.store.admins import Admin
from service.store.session import Transaction
from service.web import totp
from service.web.deps import Deps, WebDeps
from service.web.inputs import Line, Password
from service.web.pages import ANSWERS, page, see
from service.web.session import (
    ADMIN,
    ADMIN_FORM,
    DAY_S,
    HOUR_S,
    AdminVisit,
    Visit,
    client_address,
)

LOGINS_AN_HOUR = 20
"""Evaluated attempts from one address. A limit per name would let a stranger lock an admin out."""
CODES_A_DAY = 96
"""Evaluated codes for one admin, whose password was right each time: guessing one takes years."""
HASHER = PasswordHash((Argon2Hasher(),))
_ONE_AT_A_TIME = threading.Lock()
"""A check costs 64 MB and a core for a moment; forty at once would cost the machine."""

routes = APIRouter(responses=dict(ANSWERS), prefix="/admin")


@routes.get("/login")
def login_page(deps: Deps, visit: AdminVisit) -> HTMLResponse:
    """Name and password."""
    return page(deps, "admin/login.html", visit, problem="")


@routes.post("/login", dependencies=[ADMIN_FORM])
def log_in(
    request: Request,
    deps: Deps,
    visit: AdminVisit,
    name: Annotated[Line, Form()] = "",
    password: Annotated[Password, Form()] = "",
    code: Annotated[Line, Form()] = "",
) -> Response:
    """A new session with a new token, or the one generic problem."""
    now = deps.now()
    with deps.store.transaction() as tx:
        allowed = tx.admins.allow(f"login {client_address(request)}", LOGINS_AN_HOUR, HOUR_S, now)
        admin = tx.admins.by_name(name) if allowed else None
    if not allowed:
        log().warning("admin_login_throttled")
        return _again(deps, visit, "Too many attempts. Please wait an hour.", 429)
    usable = admin is not None and admin.disabled_at is None
    right = _matches(password, admin)
    if admin is None or not usable or not right or not _second_factor(deps, admin, code, now):
        log().warning("admin_login_refused")
        return _again(deps, visit, "Name, password or code is not right.", 403)
    with deps.store.transaction() as tx:
        token = _start(tx, visit, admin.id, now)
    log().info("admin_logged_in", admin=admin.id)
    response = see("/admin")
    Visit(visit.realm, token, known=True, session=None).remember(response, deps, max_age_s=None)
    return response


@routes.post("/logout", dependencies=[ADMIN_FORM])
def log_out(deps: Deps, visit: AdminVisit) -> Response:
    """Ends the session in the store."""
    with deps.store.transaction() as tx:
        tx.browsers.end(visit.token)
    response = see("/admin/login")
    visit.forget(response, deps)
    return response


def _matches(password: str, admin: Admin | None) -> bool:
    with _ONE_AT_A_TIME:
        unknown = _nobody()  # asked for in any case: the first attempt must not tell by its time either
        return HASHER.verify(password, admin.password_hash if admin else unknown)


@cache
def _nobody() -> str:
    """Checked for unknown names, so that the time taken does not tell which names exist. Made at the first
    attempt and not with the module, which every command and every worker loads."""
    return HASHER.hash("nobody has this password")


def _second_factor(deps: WebDeps, admin: Admin, code: str, now: datetime) -> bool:
    """Whether the admin has none, or this is a present code of theirs that was not used before."""
    if admin.totp is None:
        return True
    with deps.store.transaction() as tx:
        if not tx.admins.allow(f"code {admin.id}", CODES_A_DAY, DAY_S, now):
            log().warning("admin_code_throttled", admin=admin.id)
            return False
        step = totp.step_of(admin.totp, code.replace(" ", ""), now)
        return step is not None and tx.admins.use_step(admin.id, step)


def _start(tx: Transaction, visit: Visit, admin_id: UUID, now: datetime) -> str:
    """A new token at login (ASVS 7.2.4); the one from before is worth nothing any more."""
    if visit.session is not None:
        tx.browsers.end(visit.token)
    return tx.browsers.start("admin", admin_id, now, idle_s=ADMIN.idle_s, absolute_s=ADMIN.absolute_s)


def _again(deps: WebDeps, visit: Visit, problem: str, status: int) -> HTMLResponse:
    return page(deps, "admin/login.html", visit, status=status, problem=problem)
