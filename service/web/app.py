"""The web application: routes, headers, and one plain page for every error."""

from collections.abc import Callable

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.logs import log
from service.web import (
    address,
    admin,
    admin_actions,
    admin_guards,
    admin_login,
    admin_tables,
    archive,
    checkin,
    connect,
    health,
    leave,
    metrics,
    night,
    preferences,
    profile,
    replies,
    status,
    webhook,
)
from service.web.deps import PACKAGE, WebDeps
from service.web.headers import SecurityHeaders, security_headers
from service.web.knock import LinkTooOld
from service.web.pages import ANSWERS, notice, see
from service.web.session import FormRefused, NotSignedIn, OperatorsOnly, Realm

LARGEST_BODY = 64 * 1024
"""Bytes; our forms are a few hundred."""
TYPES = {".css": "text/css; charset=utf-8"}
STATIC = {
    file.name: (file.read_bytes(), TYPES[file.suffix])
    for file in (PACKAGE / "static").iterdir()
    if file.suffix in TYPES
}
"""Read once: a request can name one of these and nothing else on the disk."""

statics = APIRouter(responses=dict(ANSWERS))


@statics.get("/static/{name}", response_class=Response)
def static(name: str) -> Response:
    """A file of ours. Its address changes with its content, so it may be kept for long."""
    if name not in STATIC:
        raise HTTPException(404)
    content, media_type = STATIC[name]
    return Response(
        content, media_type=media_type, headers={"Cache-Control": "public, max-age=31536000, immutable"}
    )


athletes = (connect, status, night, address, profile, preferences, checkin, replies, archive, leave)
admins = (admin_login, admin, admin_tables)
site = APIRouter(default_response_class=HTMLResponse)
"""Every page, joined once a process: FastAPI works a route out when it is first asked for, again for every
router that it is included in, and all of them take it 140 ms."""
for part in (*athletes, *admins, webhook, health, admin_guards, admin_actions, metrics):
    site.include_router(part.routes)
site.include_router(statics)


def build_web(deps: WebDeps) -> FastAPI:
    """The pages over ``deps``. ``app.openapi()`` gives the schema; no page serves it."""
    app = FastAPI(
        title="freshlegs",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        default_response_class=HTMLResponse,
        redirect_slashes=False,
        routes=site.routes,
    )
    app.state.deps = deps
    _answer_errors(app, deps)
    # Last added is outermost.
    app.add_middleware(archive.BodyLimit, deps=deps, usual=LARGEST_BODY)
    app.add_middleware(Unexpected, deps=deps)
    app.add_middleware(
        SecurityHeaders, headers=security_headers(deps.oauth_base_url, secure=deps.secure_cookies)
    )
    return app


class Unexpected:
    """A defect of ours: logged by type, answered in one sentence. Its message may hold anything, so it is
    neither shown nor handed to the server, which would print it."""

    def __init__(self, app: ASGIApp, deps: WebDeps) -> None:
        self._app, self._deps = app, deps

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def sending(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except Exception as error:
            log().error("page_failed", exc_info=error)
            if not started:
                await broken(self._deps)(scope, receive, send)


def broken(deps: WebDeps) -> HTMLResponse:
    """The page of last resort."""
    return notice(
        deps,
        "Something broke",
        "That was our fault, not yours. It has been noted, and nothing of yours was lost.",
        f"Please try again; if it stays, tell {deps.operator_contact}.",
        status=500,
    )


def _answer_errors(app: FastAPI, deps: WebDeps) -> None:
    def answer(error: type[Exception], make: Callable[[Exception], Response]) -> None:
        def handler(_request: Request, raised: Exception) -> Response:
            return make(raised)

        app.add_exception_handler(error, handler)

    answer(NotSignedIn, lambda raised: _not_signed_in(deps, raised))
    answer(LinkTooOld, lambda _: _link_too_old(deps))
    answer(FormRefused, lambda _: _form_refused(deps))
    answer(OperatorsOnly, lambda _: _operators_only(deps))
    answer(RequestValidationError, lambda _: _not_understood(deps, 400))
    for trouble in health.AWAY:
        answer(trouble, lambda _: _database_away(deps))
    answer(HTTPException, lambda raised: _http_error(deps, raised))


def _not_signed_in(deps: WebDeps, raised: Exception) -> Response:
    if isinstance(raised, NotSignedIn) and raised.realm is Realm.ADMIN:
        return see("/admin/login")
    return notice(
        deps,
        "Please sign in",
        "This page belongs to an athlete. freshlegs knows you by your Strava account: connect on the start "
        "page, and you are back where you were.",
        status=401,
    )


def _form_refused(deps: WebDeps) -> Response:
    return notice(
        deps,
        "Please try once more",
        "This form was open for too long, or did not come from this site. Nothing was changed.",
        "Go back, load the page again, and send it once more.",
        status=403,
    )


def _operators_only(deps: WebDeps) -> Response:
    return notice(
        deps,
        "For operators",
        "Your account may look at everything here and change nothing. Nothing was changed.",
        status=403,
        link=("/admin", "To the overview"),
    )


def _link_too_old(deps: WebDeps) -> Response:
    return notice(
        deps,
        "This link is no longer good",
        "Links in mails work for a few days only, so that an old mail in other hands is worth nothing. "
        "Nothing was changed.",
        "Sign in on the start page, and you can answer there.",
        status=404,
    )


def _not_understood(deps: WebDeps, status: int) -> Response:
    return notice(
        deps,
        "That was not understood",
        "Something in the address or in the form is not as this page expects it. Nothing was changed.",
        status=status,
    )


def _database_away(deps: WebDeps) -> Response:
    response = notice(
        deps,
        "One moment, please",
        "freshlegs cannot reach its database just now. Nothing is lost. Please try again in a minute.",
        status=503,
    )
    response.headers["Retry-After"] = "60"
    return response


def _http_error(deps: WebDeps, raised: Exception) -> Response:
    status = raised.status_code if isinstance(raised, HTTPException) else 400
    if status == 404:
        return notice(
            deps, "There is no such page", "The address may be mistyped or out of date.", status=404
        )
    if status == 413:
        return archive.too_large(deps)
    response = _not_understood(deps, status)
    if isinstance(raised, HTTPException) and raised.headers:
        response.headers.update(raised.headers)
    return response
