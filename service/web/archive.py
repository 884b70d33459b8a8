"""The athlete's own archive: taken in here piece by piece, read by a worker."""

from typing import IO, Annotated
from uuid import UUID

from fastapi import APIRouter, File, UploadFile
from fastapi.responses import HTMLResponse
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from service.logs import log
from service.store.session import Transaction
from service.web.deps import Deps, WebDeps
from service.web.pages import ANSWERS, notice, see
from service.web.session import ATHLETE_FORM, DAY_S, TOKEN, AthleteId, Realm, cookie_name

MIB = 1 << 20
LARGEST = 512 * MIB
"""An export of ten years without its photos is 100 to 300 MB."""
FORM_BESIDE = 16 * 1024
UPLOADS_A_DAY = 10
PATH = "/archive"

routes = APIRouter(responses=dict(ANSWERS))


class BodyLimit:
    """Outside every form: ``usual`` bytes for everybody, and an archive for who is signed in as an athlete.

    It asks before the body is read: a stranger must not be able to fill the disk.
    """

    def __init__(self, app: ASGIApp, deps: WebDeps, usual: int) -> None:
        self._deps = deps
        self._usual = RequestBodyLimitMiddleware(app, usual)
        self._archive = RequestBodyLimitMiddleware(app, LARGEST + FORM_BESIDE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        chosen = self._usual
        if scope["type"] == "http" and (scope["method"], scope["path"]) == ("POST", PATH):
            name = cookie_name(Realm.ATHLETE, secure=self._deps.secure_cookies)
            known: bool = await run_in_threadpool(self._athlete, Request(scope).cookies.get(name, ""))
            if known and _length(scope) > LARGEST + FORM_BESIDE:
                await too_large(self._deps)(scope, receive, send)
                return
            chosen = self._archive if known else self._usual
        await chosen(scope, receive, send)

    def _athlete(self, token: str) -> bool:
        if not TOKEN.fullmatch(token):
            return False
        with self._deps.store.transaction() as tx:
            session = tx.browsers.get(token, self._deps.now())
        return session is not None and session.kind == "athlete"


@routes.post(PATH, dependencies=[ATHLETE_FORM])
def upload(deps: Deps, athlete_id: AthleteId, file: Annotated[UploadFile, File()]) -> Response:
    """Keeps the file until a worker has read it; the page then shows what came of it."""
    now = deps.now()
    with deps.store.transaction(statement_timeout_ms=60_000) as tx:
        if not tx.admins.allow(f"archive {athlete_id}", UPLOADS_A_DAY, DAY_S, now):
            return notice(
                deps,
                "That was often today",
                "Ten archives a day are enough. Please try again tomorrow.",
                status=429,
                link=("/status", "To your status page"),
            )
        size = file.size or 0
        if size == 0:
            return _empty(deps)
        upload_id = tx.uploads.begin(athlete_id, size, now)
        _keep(tx, athlete_id, upload_id, file.file)
    log().info("archive_uploaded", athlete=athlete_id)
    deps.wake("archive", upload_id)
    return see("/status#archive")


def too_large(deps: WebDeps) -> HTMLResponse:
    """For every body beyond its limit; only archives come near theirs."""
    return notice(
        deps,
        "That is too large",
        f"An archive may have {LARGEST // MIB} MB. Photos and videos make most of a large one: pack "
        "activities.csv and the folder activities by themselves, and try again.",
        f"Or ask {deps.operator_contact} to import it.",
        status=413,
        link=("/status#archive", "To your status page"),
    )


def _length(scope: Scope) -> int:
    """What the browser says it will send; 0 where it does not say, and the limit holds on the way."""
    said = Headers(scope=scope).get("content-length", "")
    return int(said) if said.isdecimal() else 0


def _keep(tx: Transaction, athlete_id: UUID, upload_id: UUID, content: IO[bytes]) -> None:
    number = 0
    while piece := content.read(MIB):
        tx.uploads.add(athlete_id, upload_id, number, piece)
        number += 1


def _empty(deps: WebDeps) -> HTMLResponse:
    return notice(
        deps,
        "The file is empty",
        "Nothing was uploaded. Please choose the file once more.",
        status=400,
        link=("/status#archive", "To your status page"),
    )
