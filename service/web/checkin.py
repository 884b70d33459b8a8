"""How the athlete feels: four taps for the legs, the rest if one likes."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse
from pydantic import Field
from starlette.responses import Response

from service.domain.activity import DAY_BEGINS
from service.domain.history import CheckIn
from service.store.session import Transaction
from service.web.deps import Deps, WebDeps
from service.web.inputs import Blank
from service.web.pages import ANSWERS, page, see
from service.web.session import ATHLETE_FORM, AthleteId, AthleteVisit
from service.web.standing import standing

Legs = Annotated[int, Field(ge=1, le=4), Form()]
Scale = Annotated[Annotated[int, Field(ge=1, le=5)] | None, Blank, Form()]
Answer = Annotated[Literal["yes", "no"] | None, Blank, Form()]

routes = APIRouter(responses=dict(ANSWERS))


@routes.get("/checkin")
def ask(
    deps: Deps, visit: AthleteVisit, athlete_id: AthleteId, saved: Annotated[bool, Query()] = False
) -> HTMLResponse:
    """Today's questions, with what was answered already."""
    with deps.store.transaction() as tx:
        today = _today(deps, tx, athlete_id)
        given = [answer for answer in tx.checkins.of(athlete_id, today) if answer.date == today]
    answer = given[-1] if given else CheckIn(today)
    return page(deps, "checkin.html", visit, here="checkin", today=today, answer=answer, saved=saved)


@routes.post("/checkin", dependencies=[ATHLETE_FORM])
def take(
    deps: Deps,
    athlete_id: AthleteId,
    legs: Legs,
    fatigue: Scale = None,
    sleep: Scale = None,
    soreness: Scale = None,
    mood: Scale = None,
    ill: Answer = None,
    pain: Answer = None,
) -> Response:
    """Keeps the answers of today; the last ones count."""
    with deps.store.transaction() as tx:
        answer = CheckIn(
            date=_today(deps, tx, athlete_id),
            legs=legs,
            fatigue=fatigue,
            sleep=sleep,
            soreness=soreness,
            mood=mood,
            ill=None if ill is None else ill == "yes",
            pain=None if pain is None else pain == "yes",
        )
        tx.checkins.put(athlete_id, answer, deps.now())
    return see("/checkin?saved=1")


def _today(deps: WebDeps, tx: Transaction, athlete_id: UUID) -> date:
    """The athlete's training day: at one in the morning it is still yesterday."""
    zone = ZoneInfo(standing(tx, athlete_id).athlete.zone)
    return (deps.now().astimezone(zone).replace(tzinfo=None) - DAY_BEGINS).date()
