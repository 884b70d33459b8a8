"""The athlete's page: one sentence, then the evidence for it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from service.domain.activity import Activity
from service.domain.advice import Advice
from service.domain.athlete import Athlete, AthleteState, Units
from service.domain.finding import Assessment, State
from service.domain.history import CheckIn
from service.store.nights import JudgedNight
from service.store.session import Transaction
from service.web import words
from service.web.course import LEGS, picture
from service.web.deps import Deps, WebDeps
from service.web.findings import shown, unseen
from service.web.missing import LOOKED_AT, gaps
from service.web.pages import ANSWERS, page
from service.web.reasons import reasons
from service.web.session import AthleteId, AthleteVisit
from service.web.standing import NIGHTS_READ, Standing, scope_notes, shares, standing

NIGHTS_SHOWN = 14
REFRESH_S = 5
SEASON = timedelta(days=84)
WARNINGS_SHOWN = 12
CHECKINS_SHOWN = 14

routes = APIRouter(responses=dict(ANSWERS))


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence above the verdict's evidence, with the way to mend what it says."""

    text: str
    href: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class Lately:
    """What the last weeks left: sessions, answers (both oldest first) and warnings (newest first)."""

    activities: list[Activity]
    checkins: list[CheckIn]
    warnings: list[JudgedNight]


@routes.get("/status")
def status(deps: Deps, visit: AthleteVisit, athlete_id: AthleteId) -> HTMLResponse:
    """The newest verdict with its evidence, the last nights, mail and connection."""
    with deps.store.transaction() as tx:
        found = standing(tx, athlete_id, NIGHTS_SHOWN)
    return page(deps, "status.html", visit, here="status", **_values(found, deps))


def _values(found: Standing, deps: WebDeps) -> dict[str, Any]:
    athlete, assessment = found.athlete, found.assessment
    findings = (
        [found for found in assessment.findings if found.level or found is assessment.leading]
        if assessment
        else []
    )
    waiting = _waiting(athlete) if assessment is None else None
    return {
        "refresh_s": REFRESH_S if waiting else None,
        "waiting": waiting,
        "state": assessment.state.value if assessment else "waiting",
        "kicker": _kicker(assessment, deps.now()),
        "sentence": words.verdict(assessment, deps.phrases) if assessment else _first_sentence(athlete),
        "learning": assessment.learning if assessment and assessment.state is State.LEARNING else None,
        "notes": list(_notes(found)),
        "findings": [shown(finding, athlete.units, deps) for finding in findings],
        "advice": _advice(found, deps),
        "ceiling": _ceiling(assessment, athlete.units, deps),
        "unseen": unseen(assessment, deps) if assessment else [],
        "nights": [_night(night) for night in found.nights[:NIGHTS_SHOWN]],
        "mail_words": _mail_words(found),
        "address_confirmed": found.address_confirmed,
        "address_pending": found.address_pending,
        "wants_mail": found.wants_mail,
        "last_sync": words.moment(athlete.synced_at, athlete.zone),
        "shares": shares(athlete),
        "zone": athlete.zone.replace("_", " "),
    }


def _waiting(athlete: Athlete) -> str | None:
    if athlete.state is not AthleteState.CONNECTED:
        return None
    if athlete.synced_at is None:
        return "Strava is being asked for your runs. This page looks again by itself every few seconds."
    return "Your runs are here and are being set beside each other. This page looks again by itself."


def _first_sentence(athlete: Athlete) -> str:
    if athlete.state is not AthleteState.CONNECTED:
        return "There is no verdict yet."
    return "Reading your runs." if athlete.synced_at is None else "Looking at your first night."


def _kicker(assessment: Assessment | None, now: datetime) -> str:
    if assessment is None:
        return "This takes about a minute"
    age = (now.date() - assessment.night).days
    return f"Judged on {words.day(assessment.night)}" + (f", {age} days ago" if age > 1 else "")


def _notes(found: Standing) -> Iterator[Note]:
    """What stands between the athlete and a good verdict, with the way to mend it."""
    athlete = found.athlete
    if athlete.state is not AthleteState.CONNECTED:
        text = "Strava no longer lets us read your runs. Connect again, and it goes on where it stopped."
        yield Note(text, "/", "Connect again")
    for text in scope_notes(athlete):
        yield Note(text)
    if not found.address_confirmed and not found.address_pending:
        text = "There is no mail address yet, so a warning would stand only here."
        yield Note(text, "/welcome", "Leave an address")


def _mail_words(found: Standing) -> str:
    if found.address_pending and not found.address_confirmed:
        return (
            "A mail is on its way to you. Open its link to confirm the address; nothing else is sent before."
        )
    if not found.address_confirmed:
        return "No address, so no mails."
    changing = " A new address waits to be confirmed." if found.address_pending else ""
    if not found.wants_mail:
        return "Your address is confirmed, but warnings by mail are switched off." + changing
    return "Warnings go to your confirmed address. Most nights there is nothing to write." + changing


def _ceiling(assessment: Assessment | None, units: Units, deps: WebDeps) -> str | None:
    if assessment is None or not assessment.longest_safe_m:
        return None
    return deps.said(assessment.longest_safe_m, "m", units, "longest_run")


def _advice(found: Standing, deps: WebDeps) -> Advice | None:
    """Only beside a warning: what is worth watching calls for nothing."""
    assessment = found.assessment
    if assessment is None or assessment.state is not State.WARN:
        return None
    return deps.advise(assessment, found.athlete.profile)


def _strava_url(activity_id: str | None) -> str:
    """Only Strava's own numbers become a link; an activity from an archive has none there."""
    is_number = activity_id is not None and activity_id.isascii() and activity_id.isdigit()
    return f"https://www.strava.com/activities/{activity_id}" if is_number else ""


def _night(night: JudgedNight) -> dict[str, str]:
    assessment, decision = night.assessment, night.decision
    silence = words.SILENCES[decision.silent_because] if decision.silent_because else ""
    return {
        "state": assessment.state.value,
        "date": assessment.night.isoformat(),
        "day": words.short_day(assessment.night),
        "state_words": words.capital(words.STATES[assessment.state]),
        "why": "a mail was written" if decision.mail else silence,
    }
