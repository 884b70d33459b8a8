"""What the athlete tells of themselves. Every question may be left open; each says what it is for."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query
from fastapi.responses import HTMLResponse
from starlette.responses import Response

from service.domain.athlete import Athlete, Units
from service.domain.history import Profile, Sex, StrengthHabit
from service.store.session import Transaction
from service.web.deps import Deps, WebDeps
from service.web.inputs import Blank, Line
from service.web.pages import ANSWERS, page, see
from service.web.session import ATHLETE_FORM, AthleteId, AthleteVisit, Visit
from service.web.standing import standing

OLDEST, YOUNGEST = 100, 13
"""Years of age a birth year may stand for; below the youngest nobody may have a Strava account."""
MAX_HR, RESTING_HR = (120, 230), (28, 110)
LEAST_RESERVE = 40
"""Beats between resting and maximal heart rate; nearer together one of the two is a typing mistake."""

Number = Annotated[Line, Form()]
YesNo = Annotated[Literal["yes", "no"] | None, Blank, Form()]

routes = APIRouter(responses=dict(ANSWERS))


@dataclass(frozen=True, slots=True)
class Told:
    """The form as it was sent: numbers still as text, so that a mistake comes back as it was typed.

    ``given`` is whether these questions stood on the form at all.
    """

    given: bool = False
    birth_year: str = ""
    max_hr: str = ""
    resting_hr: str = ""
    running_since: str = ""
    sex: Sex | None = None
    injured_last_year: bool | None = None
    strength_habit: StrengthHabit | None = None
    units: Units = Units.METRIC
    problems: Mapping[str, str] = field(default_factory=dict)

    def checked(self, today: date) -> "Told":
        """The same with a sentence for every number that cannot be meant."""
        found: dict[str, str] = {}
        years = (today.year - OLDEST, today.year - YOUNGEST)
        for name, text, (low, high) in (
            ("birth_year", self.birth_year, years),
            ("max_hr", self.max_hr, MAX_HR),
            ("resting_hr", self.resting_hr, RESTING_HR),
            ("running_since", self.running_since, since(today)),
        ):
            if text.strip() and not (low <= (_number(text) or 0) <= high):
                found[name] = f"Please give a whole number from {low} to {high}, or leave it empty."
        highest, lowest = _number(self.max_hr), _number(self.resting_hr)
        if not found and highest and lowest and highest - lowest < LEAST_RESERVE:
            found["resting_hr"] = "The two heart rates lie too near together for one of them to be right."
        return replace(self, problems=found)

    def profile(self, before: Profile) -> Profile:
        """The answers; the threshold, which nobody is asked for, stays."""
        return Profile(
            sex=self.sex,
            birth_year=_number(self.birth_year),
            max_hr=_number(self.max_hr),
            resting_hr=_number(self.resting_hr),
            threshold_hr=before.threshold_hr,
            injured_last_year=self.injured_last_year,
            strength_habit=self.strength_habit,
            running_since=_number(self.running_since),
        )


def since(today: date) -> tuple[int, int]:
    """Years in which somebody may have begun to run."""
    return today.year - OLDEST, today.year


def _number(text: str) -> int | None:
    digits = text.strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 4 else None


def _told(
    answers: Annotated[bool, Form()] = False,
    birth_year: Number = "",
    max_hr: Number = "",
    resting_hr: Number = "",
    running_since: Number = "",
    sex: Annotated[Sex | None, Blank, Form()] = None,
    injured_last_year: YesNo = None,
    strength_habit: Annotated[StrengthHabit | None, Blank, Form()] = None,
    units: Annotated[Units, Form()] = Units.METRIC,
) -> Told:
    injured = None if injured_last_year is None else injured_last_year == "yes"
    numbers = (birth_year, max_hr, resting_hr, running_since)
    return Told(answers, *numbers, sex, injured, strength_habit, units)


ToldForm = Annotated[Told, Depends(_told)]


def told_by(athlete: Athlete) -> Told:
    """The form as the kept answers fill it in."""
    profile = athlete.profile

    def text(number: int | None) -> str:
        return "" if number is None else str(number)

    return Told(
        given=True,
        birth_year=text(profile.birth_year),
        max_hr=text(profile.max_hr),
        resting_hr=text(profile.resting_hr),
        running_since=text(profile.running_since),
        sex=profile.sex,
        injured_last_year=profile.injured_last_year,
        strength_habit=profile.strength_habit,
        units=athlete.units,
    )


def keep(tx: Transaction, athlete: Athlete, told: Told) -> None:
    """Replace the answers. The next night is judged with them, from the first day on: nothing that was
    computed with the old ones is remembered."""
    tx.athletes.set_profile(athlete.id, told.profile(athlete.profile), told.units)


def values(told: Told, today: date) -> dict[str, Any]:
    """What ``profile_fields.html`` needs."""
    return {
        "told": told,
        "years": (today.year - OLDEST, today.year - YOUNGEST),
        "max_hr_range": MAX_HR,
        "resting_hr_range": RESTING_HR,
        "since": since(today),
    }


@routes.get("/profile")
def profile_page(
    deps: Deps, visit: AthleteVisit, athlete_id: AthleteId, saved: Annotated[bool, Query()] = False
) -> HTMLResponse:
    """The answers, to be changed."""
    with deps.store.transaction() as tx:
        athlete = standing(tx, athlete_id).athlete
    return _page(deps, visit, told_by(athlete), saved=saved)


@routes.post("/profile", dependencies=[ATHLETE_FORM])
def save(
    deps: Deps,
    visit: AthleteVisit,
    athlete_id: AthleteId,
    told: ToldForm,
    then: Annotated[Literal["status", "profile"], Form()] = "profile",
) -> Response:
    """Keeps what was answered; what was left open is unknown again."""
    checked = told.checked(deps.now().date())
    if checked.problems:
        return _page(deps, visit, checked, status=400)
    _keep(deps, athlete_id, checked)
    return see("/status" if then == "status" else "/profile?saved=1")


def _keep(deps: WebDeps, athlete_id: UUID, told: Told) -> None:
    with deps.store.transaction() as tx:
        keep(tx, standing(tx, athlete_id).athlete, told)


def _page(deps: WebDeps, visit: Visit, told: Told, *, saved: bool = False, status: int = 200) -> HTMLResponse:
    given = values(told, deps.now().date())
    return page(deps, "profile.html", visit, here="profile", status=status, saved=saved, **given)
