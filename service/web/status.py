"""The athlete's page: one sentence, then the evidence for it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from service.domain.activity import Activity
from service.domain.advice import Advice
from service.domain.athlete import Athlete, AthleteState
from service.domain.finding import Assessment, Context, State
from service.domain.history import CheckIn
from service.domain.lasting import lasting
from service.store.nights import JudgedNight
from service.store.session import Transaction
from service.web import words
from service.web.ahead import ahead
from service.web.backfill import read_so_far
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
REFUSED = (
    "Mails to your address came back, so we stopped writing to it, and a warning would stand only here. "
    "If the mailbox works again, the operator can start them anew."
)

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
        found = standing(tx, athlete_id, NIGHTS_READ, today=deps.now().date())
        lately = _lately(tx, athlete_id, deps.now())
        upload = tx.uploads.latest(athlete_id)
    values = _values(found, lately, deps) | _over_time(found, lately, deps) | {"archive": upload}
    values["history"] = read_so_far(found.athlete, lately.activities, deps.now())
    if upload is not None and upload.busy:
        values["refresh_s"] = REFRESH_S
    return page(deps, "status.html", visit, here="status", **values)


def _lately(tx: Transaction, athlete_id: UUID, now: datetime) -> Lately:
    since = now - LOOKED_AT
    return Lately(
        activities=tx.activities.of(athlete_id, since),
        checkins=tx.checkins.of(athlete_id, (now - SEASON).date()),
        warnings=tx.nights.many(athlete_id=athlete_id, mailed=True, limit=WARNINGS_SHOWN),
    )


def _over_time(found: Standing, lately: Lately, deps: WebDeps) -> dict[str, Any]:
    """What only weeks can tell."""
    today = found.nights[0].night if found.nights else deps.now().date()
    recent = [each for each in lately.checkins if each.date >= (deps.now() - LOOKED_AT).date()]
    return {
        "reasons": reasons(found.nights, found.athlete, deps),
        "course": picture(
            deps.course(found.athlete.id, today), lately.checkins, [night.night for night in lately.warnings]
        ),
        "gaps": gaps(lately.activities, recent) if found.nights else [],
        "checkins": [_checkin(each) for each in lately.checkins[: -CHECKINS_SHOWN - 1 : -1]],
        "warnings": [_warning(night, found.red_flags, deps) for night in lately.warnings],
    }


def _checkin(each: CheckIn) -> dict[str, str]:
    parts = [
        f"{name} {value} of 5"
        for name, value in (
            ("tiredness", each.fatigue),
            ("sleep", each.sleep),
            ("soreness", each.soreness),
            ("mood", each.mood),
        )
        if value is not None
    ]
    parts += [f"the run {each.exertion} of 10"] if each.exertion else []
    parts += ["ill"] if each.ill else []
    parts += ["pain that changes how you run"] if each.pain else []
    legs = f"legs {LEGS[each.legs]}" if each.legs else ""
    return {
        "date": each.date.isoformat(),
        "day": words.short_day(each.date),
        "legs": words.capital(legs),
        "rest": ", ".join(parts),
    }


def _warning(night: JudgedNight, flags: Iterable[Context], deps: WebDeps) -> dict[str, str]:
    return {
        "date": night.night.isoformat(),
        "day": words.short_day(night.night),
        "sentence": words.verdict(night.assessment.knowing(flags), deps.phrases),
    }


def _values(found: Standing, lately: Lately, deps: WebDeps) -> dict[str, Any]:
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
        "notes": list(_notes(found, lately.checkins, deps.now().date(), deps.phrases.CLINICIAN)),
        "findings": [shown(finding, athlete.units, deps) for finding in findings],
        "advice": _advice(found, deps),
        "ahead": ahead(assessment, athlete.units, deps.now().date(), deps),
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


def _notes(found: Standing, checkins: Sequence[CheckIn], today: date, doctor: str) -> Iterator[Note]:
    """What stands between the athlete and a good verdict, with the way to mend it; and what is no matter of
    ours any more."""
    athlete = found.athlete
    if athlete.state is not AthleteState.CONNECTED:
        text = "Strava no longer lets us read your runs. Connect again, and it goes on where it stopped."
        yield Note(text, "/", "Connect again")
    for flag, day in found.red_flags.items():
        told = words.RED_FLAGS[flag]
        text = f"On {words.day(day)} you told us {told}. Until it is over we say nothing about training."
        yield Note(text, "/checkin", "Is it over?")
    for item in lasting(checkins, today):
        told = "sore" if item == "soreness" else "tired"
        yield Note(
            f"You have told us that you are {told} each time for longer than training explains. {doctor}"
        )
    for text in scope_notes(athlete):
        yield Note(text)
    if not found.address_confirmed and not found.address_pending:
        text = "There is no mail address yet, so a warning would stand only here."
        yield Note(text, "/welcome", "Leave an address")
    if found.address_refused:
        yield Note(REFUSED, "/welcome", "Leave another address")


def _mail_words(found: Standing) -> str:
    if found.address_pending and not found.address_confirmed:
        return (
            "A mail is on its way to you. Open its link to confirm the address; nothing else is sent before."
        )
    if not found.address_confirmed:
        return "No address, so no mails."
    changing = " A new address waits to be confirmed." if found.address_pending else ""
    if found.address_refused:
        return "Your mailbox gave our mails back, so nothing is sent to it." + changing
    if not found.wants_mail:
        return "Your address is confirmed, but warnings by mail are switched off." + changing
    return "Warnings go to your confirmed address. Most nights there is nothing to write." + changing


def _advice(found: Standing, deps: WebDeps) -> Advice | None:
    """Only beside a warning: what is worth watching calls for nothing."""
    assessment = found.assessment
    if assessment is None or assessment.state is not State.WARN:
        return None
    return deps.advise(assessment, found.athlete.profile)


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
