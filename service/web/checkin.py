"""How the athlete feels: four taps for the legs, the rest if one likes. A tap in a mail only leads here."""

from datetime import date, timedelta
from typing import Annotated, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Form, Query
from fastapi.responses import HTMLResponse
from pydantic import Field
from starlette.responses import Response

from service.domain.activity import DAY_BEGINS, longest_run
from service.domain.history import CheckIn
from service.store.session import Transaction
from service.web.deps import Deps, WebDeps
from service.web.inputs import Blank
from service.web.knock import Knock, to_check_in, with_check_in
from service.web.pages import ANSWERS, page, see
from service.web.replies import unanswered
from service.web.standing import standing

Legs = Annotated[int, Field(ge=1, le=4), Form()]
Tapped = Annotated[Annotated[int, Field(ge=1, le=4)] | None, Query()]
Scale = Annotated[Annotated[int, Field(ge=1, le=5)] | None, Blank, Form()]
Exertion = Annotated[Annotated[int, Field(ge=1, le=10)] | None, Blank, Form()]
Day = Annotated[date | None, Blank, Form()]
Answer = Annotated[Literal["yes", "no"] | None, Blank, Form()]

DAY = timedelta(days=1)

routes = APIRouter(responses=dict(ANSWERS))


@routes.get("/checkin")
def ask(
    deps: Deps,
    knock: Annotated[Knock, Depends(to_check_in)],
    legs: Tapped = None,
    saved: Annotated[bool, Query()] = False,
    flag: Annotated[bool, Query()] = False,
) -> HTMLResponse:
    """Today's questions. ``legs`` is what was tapped in the mail: chosen here, kept only by the button, for
    mail scanners tap every link. What was answered before shows only to who is signed in. ``flag``: what was
    just saved told of illness or pain, so who to ask stands first."""
    with deps.store.transaction() as tx:
        today = _today(deps, tx, knock.athlete_id)
        given = tx.checkins.of(knock.athlete_id, today - DAY) if knock.signed_in else []
        open_night = unanswered(tx, knock.athlete_id, today) if knock.signed_in else None
        unrated = _unrated(deps, tx, knock.athlete_id, today - DAY)
        flags = tx.checkins.open_flags(knock.athlete_id, today) if knock.signed_in else {}
    by_day = {each.date: each for each in given}
    answer = by_day.get(today, CheckIn(today))
    return page(
        deps,
        "checkin.html",
        knock.visit,
        here="checkin",
        signed_in=knock.signed_in,
        link=knock.link,
        today=today,
        answer=answer,
        legs=legs or answer.legs,
        tapped=legs is not None and not saved,
        saved=saved,
        open_night=open_night,
        unrated=today - DAY if unrated else None,
        exertion=by_day[today - DAY].exertion if today - DAY in by_day else None,
        flags={flag: day for flag, day in flags.items() if day < today},
        emergency=deps.phrases.EMERGENCY if flag else (),
        clinician=deps.phrases.CLINICIAN,
    )


@routes.post("/checkin")
def take(
    deps: Deps,
    knock: Annotated[Knock, Depends(with_check_in)],
    legs: Legs,
    fatigue: Scale = None,
    sleep: Scale = None,
    soreness: Scale = None,
    mood: Scale = None,
    ill: Answer = None,
    pain: Answer = None,
    exertion: Exertion = None,
    ran: Day = None,
) -> Response:
    """Keeps the answers of today, and how hard the run of the day ``ran`` was; the last ones count."""
    with deps.store.transaction() as tx:
        today = _today(deps, tx, knock.athlete_id)
        answer = CheckIn(
            date=today,
            legs=legs,
            fatigue=fatigue,
            sleep=sleep,
            soreness=soreness,
            mood=mood,
            ill=None if ill is None else ill == "yes",
            pain=None if pain is None else pain == "yes",
        )
        tx.checkins.put(knock.athlete_id, answer, deps.now())
        if exertion and ran in (today - DAY, today - 2 * DAY) and _unrated(deps, tx, knock.athlete_id, ran):
            tx.checkins.put(knock.athlete_id, CheckIn(ran, exertion=exertion), deps.now())
    flagged = "&flag=1" if answer.ill or answer.pain else ""
    again = f"&legs={legs}&t={knock.link}" if knock.link else ""
    return see(f"/checkin?saved=1{flagged}{again}")


def _unrated(deps: WebDeps, tx: Transaction, athlete_id: UUID, day: date) -> bool:
    """Whether there was a run on that day, over by now, whose longest came without an effort."""
    longest = longest_run(tx.activities.of(athlete_id, deps.now() - 4 * DAY), day)
    return longest is not None and longest.perceived_exertion is None


def _today(deps: WebDeps, tx: Transaction, athlete_id: UUID) -> date:
    """The athlete's training day: at one in the morning it is still yesterday."""
    zone = ZoneInfo(standing(tx, athlete_id).athlete.zone)
    return (deps.now().astimezone(zone).replace(tzinfo=None) - DAY_BEGINS).date()
