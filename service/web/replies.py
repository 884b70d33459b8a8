"""What the athlete says to a warning: did it match, was it wrong, not this reason for a while."""

from datetime import date, timedelta
from typing import Annotated, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Form, Path, Query
from fastapi.responses import HTMLResponse
from starlette.responses import Response

from service.domain.finding import Cause
from service.domain.reply import Felt, Reply
from service.logs import log
from service.store.nights import JudgedNight
from service.store.session import Transaction
from service.web import words
from service.web.deps import Deps, WebDeps
from service.web.inputs import Blank
from service.web.knock import Knock, to_warning, with_warning
from service.web.pages import ANSWERS, notice, page, see
from service.web.session import ATHLETE_FORM, AthleteId
from service.web.standing import standing

MUTED_FOR = timedelta(days=14)
ASKED_FOR = timedelta(days=7)
"""After a week nobody remembers how the legs were."""

routes = APIRouter(responses=dict(ANSWERS))


def unanswered(tx: Transaction, athlete_id: UUID, today: date) -> date | None:
    """The night of the newest warning, if nobody said yet whether it matched."""
    newest = tx.nights.many(athlete_id=athlete_id, mailed=True, since=today - ASKED_FOR, limit=1)
    if not newest or newest[0].night in tx.replies.of(athlete_id, newest[0].night):
        return None
    return newest[0].night


@routes.get("/reply/{night}")
def reply_page(
    deps: Deps,
    knock: Annotated[Knock, Depends(to_warning)],
    night: Annotated[date, Path()],
    mute: Annotated[bool, Query()] = False,
    saved: Annotated[Literal["", "answer", "mute"], Query()] = "",
) -> HTMLResponse:
    """Changes nothing: mail scanners open every link."""
    with deps.store.transaction() as tx:
        judged = _warned(tx, knock.athlete_id, night)
        reply = tx.replies.of(knock.athlete_id, night).get(night, Reply(night))
        muted = tx.replies.muted(knock.athlete_id, deps.now().date())
        flags = tx.checkins.open_flags(knock.athlete_id, deps.now().date())
    if judged is None or judged.assessment.leading is None:
        return _no_warning(deps)
    cause = judged.assessment.leading.cause
    return page(
        deps,
        "reply.html",
        knock.visit,
        signed_in=knock.signed_in,
        link=knock.link,
        night=night,
        sentence=words.verdict(judged.assessment.knowing(flags), deps.phrases),
        reply=reply,
        cause=words.CAUSES[cause],
        muted_until=muted.get(cause),
        mute=mute,
        saved=saved,
    )


@routes.post("/reply/{night}")
def reply(
    deps: Deps,
    knock: Annotated[Knock, Depends(with_warning)],
    night: Annotated[date, Path()],
    do: Annotated[Literal["answer", "mute"], Form()] = "answer",
    felt: Annotated[Felt | None, Blank, Form()] = None,
    wrong: Annotated[bool, Form()] = False,
) -> Response:
    """Keeps the answer, or mutes the warning's reason for two weeks from today."""
    with deps.store.transaction() as tx:
        judged = _warned(tx, knock.athlete_id, night)
        if judged is None or judged.assessment.leading is None:
            return _no_warning(deps)
        if do == "mute":
            zone = ZoneInfo(standing(tx, knock.athlete_id).athlete.zone)
            until = deps.now().astimezone(zone).date() + MUTED_FOR
            tx.replies.mute(knock.athlete_id, judged.assessment.leading.cause, until, deps.now())
        elif felt is not None or wrong:
            tx.replies.put(knock.athlete_id, Reply(night, felt, wrong), deps.now())
    log().info("warning_answered", athlete=knock.athlete_id, kind=do)
    link = f"&t={knock.link}" if knock.link else ""
    return see(f"/reply/{night}?saved={do}{link}")


@routes.post("/unmute", dependencies=[ATHLETE_FORM])
def unmute(deps: Deps, athlete_id: AthleteId, cause: Annotated[Cause, Form()]) -> Response:
    """The reason may be written about again from the next night on."""
    with deps.store.transaction() as tx:
        tx.replies.unmute(athlete_id, cause)
    return see("/preferences#muted")


def _warned(tx: Transaction, athlete_id: UUID, night: date) -> JudgedNight | None:
    judged = tx.nights.at(athlete_id, night)
    return judged if judged is not None and judged.decision.mail else None


def _no_warning(deps: WebDeps) -> HTMLResponse:
    return notice(
        deps,
        "No warning was written that night",
        "So there is nothing to answer. Your status page lists every warning.",
        status=404,
        link=("/status", "To your status page"),
    )
