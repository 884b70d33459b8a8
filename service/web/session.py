"""Who is there. An opaque token in one cookie, its hash in the store; a form token derived from it.

Athletes and admins have a cookie each: an operator may run, too. The form token is an HMAC of the
cookie's token, so it lives and dies with the session and needs no row, and a form can be guarded
before anyone has signed in.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Form, Request
from starlette.responses import Response

from service.store.browsers import BrowserSession
from service.web.deps import Deps, WebDeps

TOKEN = re.compile(r"[A-Za-z0-9_-]{20,200}")
OPERATOR = "operator"
HOUR_S = 3600
DAY_S = 24 * HOUR_S


class Realm(StrEnum):
    """Which of the two cookies; the value is the ending of its name."""

    ATHLETE = ""
    ADMIN = "-admin"


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a session lives untouched, and at most (ASVS 7.3.1, 7.3.2)."""

    idle_s: int
    absolute_s: int


VISITOR = Limits(idle_s=HOUR_S, absolute_s=HOUR_S)
ATHLETE = Limits(idle_s=14 * DAY_S, absolute_s=90 * DAY_S)
ADMIN = Limits(idle_s=HOUR_S // 2, absolute_s=12 * HOUR_S)


class NotSignedIn(Exception):
    """The page belongs to someone, and nobody is there."""

    def __init__(self, realm: Realm) -> None:
        super().__init__(realm.name)
        self.realm = realm


class OperatorsOnly(Exception):
    """An admin who may look tried to change something."""


class FormRefused(Exception):
    """A form did not come from a page that we gave to this browser."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One browser in one realm. ``known`` is whether the token came from the browser; a new one was
    made otherwise. ``session`` is ``None`` until something has to be remembered."""

    realm: Realm
    token: str
    known: bool
    session: BrowserSession | None

    def form_token(self, secret: bytes) -> str:
        """The value of the ``csrf`` field in forms of this browser."""
        material = f"form|{self.realm.name}|{self.token}".encode()
        return hmac.new(secret, material, hashlib.sha256).hexdigest()

    def remember(self, response: Response, deps: WebDeps, *, max_age_s: int | None) -> None:
        """Set the cookie; ``None`` = until the browser closes."""
        response.set_cookie(
            cookie_name(self.realm, secure=deps.secure_cookies),
            self.token,
            max_age=max_age_s,
            path="/",
            secure=deps.secure_cookies,
            httponly=True,
            # Strava's redirect back to us is a cross-site navigation, so athletes cannot have "strict".
            samesite="strict" if self.realm is Realm.ADMIN else "lax",
        )

    def forget(self, response: Response, deps: WebDeps) -> None:
        """Delete the cookie."""
        name = cookie_name(self.realm, secure=deps.secure_cookies)
        response.delete_cookie(name, path="/", secure=deps.secure_cookies, httponly=True)


def cookie_name(realm: Realm, *, secure: bool) -> str:
    """``__Host-`` binds a cookie to this host and path /; browsers accept it only over https."""
    return f"{'__Host-' if secure else ''}freshlegs{realm.value}"


def client_address(request: Request) -> str:
    """The peer as the server saw it. Behind a proxy uvicorn must be told which one to trust."""
    return request.client.host if request.client else "unknown"


def _visit(request: Request, deps: WebDeps, realm: Realm) -> Visit:
    token = request.cookies.get(cookie_name(realm, secure=deps.secure_cookies), "")
    if not TOKEN.fullmatch(token):
        return Visit(realm, secrets.token_urlsafe(32), known=False, session=None)
    with deps.store.transaction() as tx:
        return Visit(realm, token, known=True, session=tx.browsers.get(token, deps.now()))


def _athlete_visit(request: Request, deps: Deps) -> Visit:
    return _visit(request, deps, Realm.ATHLETE)


def _admin_visit(request: Request, deps: Deps) -> Visit:
    return _visit(request, deps, Realm.ADMIN)


AthleteVisit = Annotated[Visit, Depends(_athlete_visit)]
AdminVisit = Annotated[Visit, Depends(_admin_visit)]
FormToken = Annotated[str, Form(max_length=100)]


def subject(visit: Visit, kind: str) -> UUID:
    """Whose session it is. Raises ``NotSignedIn`` unless it is one of ``kind``."""
    session = visit.session
    if session is None or session.kind != kind or session.subject is None:
        raise NotSignedIn(visit.realm)
    return session.subject


def _athlete_id(visit: AthleteVisit) -> UUID:
    return subject(visit, "athlete")


def _admin_id(visit: AdminVisit) -> UUID:
    return subject(visit, "admin")


AthleteId = Annotated[UUID, Depends(_athlete_id)]
AdminId = Annotated[UUID, Depends(_admin_id)]


@dataclass(frozen=True, slots=True)
class Onlooker:
    """The admin who is there. ``operator``: may also change things, by POST."""

    id: UUID
    operator: bool


def _onlooker(deps: Deps, admin_id: AdminId) -> Onlooker:
    """The role as it is now, not as it was at login."""
    with deps.store.transaction() as tx:
        admin = tx.admins.get(admin_id)
    return Onlooker(admin_id, operator=admin is not None and admin.role == OPERATOR)


Looking = Annotated[Onlooker, Depends(_onlooker)]


def _operator_id(looking: Looking) -> UUID:
    if not looking.operator:
        raise OperatorsOnly
    return looking.id


OperatorId = Annotated[UUID, Depends(_operator_id)]
"""Put it on every route of the admin's side that changes something."""


def check_form(request: Request, deps: WebDeps, visit: Visit, csrf: str) -> None:
    """Three locks: where the browser says the form comes from, its cookie, and the field.

    ``Origin: null`` says nothing: browsers send it for every form of a page with ``no-referrer``.
    """
    site = request.headers.get("sec-fetch-site", "same-origin")
    origin = request.headers.get("origin", "null")
    foreign = site not in ("same-origin", "none") or origin not in ("null", deps.base_url)
    genuine = visit.known and hmac.compare_digest(csrf.encode(), visit.form_token(deps.secret).encode())
    if foreign or not genuine:
        raise FormRefused


def _athlete_form(request: Request, deps: Deps, visit: AthleteVisit, csrf: FormToken = "") -> None:
    check_form(request, deps, visit, csrf)


def _admin_form(request: Request, deps: Deps, visit: AdminVisit, csrf: FormToken = "") -> None:
    check_form(request, deps, visit, csrf)


ATHLETE_FORM = Depends(_athlete_form)
ADMIN_FORM = Depends(_admin_form)
"""Put one of the two on every route that changes something."""
