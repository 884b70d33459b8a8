"""The mails that are no warnings: the letter of the week, a word before a long run, a question.

At most one a night, and none on a night that warns. Each is decided from the same data as the verdict, in
the transaction that keeps it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID

from service.advise.choose import advise
from service.advise.occasions import before_long_run, may_ask, worth_asking
from service.analyse.constants import Constants
from service.analyse.diary import Diary
from service.app import App
from service.domain.activity import Activity, Source
from service.domain.athlete import Athlete
from service.domain.course import Day, LongRun
from service.domain.finding import Assessment, Cause, Evidence, State
from service.domain.history import History
from service.domain.message import Message
from service.domain.night import MailKind, Silence
from service.domain.preference import Choice
from service.jobs.course import course_in
from service.jobs.outbox import links, put
from service.notify.chart import picture
from service.notify.long_run import long_run
from service.notify.message import Links
from service.notify.question import question
from service.notify.week import Week, weekly
from service.store.nights import JudgedNight
from service.store.session import Transaction

DAY, WEEK = timedelta(days=1), timedelta(days=7)
REMEMBERED = timedelta(days=365)
"""How far back an unanswered question is remembered."""
ASKING = (MailKind.CHECK_IN, MailKind.WARNING)
"""Both carry the question about the legs."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What letters are made from beside the verdict; ``longest`` is the longest run of each day in metres."""

    history: History
    course: list[Day]
    longest: Mapping[date, float]


def outlook_of(diary: Diary, night: date, constants: Constants) -> Outlook | None:
    """The days up to ``night``, the last of the diary; ``None`` if nothing was recorded for a week: a letter
    would say nothing."""
    history = diary.history
    longest: dict[date, float] = {}
    for activity in history.activities:
        metres = activity.distance_m if activity.is_run else 0.0
        longest[activity.training_day] = max(metres, longest.get(activity.training_day, 0.0))
    if not any(night - n * DAY in longest for n in range(1, 8)):
        return None
    return Outlook(history, course_in(diary, night, constants), longest)


def enqueue_letter(
    app: App, tx: Transaction, athlete: Athlete, assessment: Assessment, outlook: Outlook
) -> UUID | None:
    """The one mail worth writing tonight, if any, in the order of how much it says."""
    choices = tx.preferences.choices(athlete.id)
    drafts = (_weekly, _before_long_run, _question)
    for draft in drafts:
        mail = draft(app, tx, athlete, assessment, outlook, choices)
        if mail is not None:
            return put(app, tx, athlete.id, mail)
    return None


Choices = Mapping[MailKind, Choice]


def _weekly(
    app: App, tx: Transaction, athlete: Athlete, assessment: Assessment, outlook: Outlook, choices: Choices
) -> Message | None:
    """On Monday, or on the first day after it that is not quiet."""
    night = assessment.night
    quiet = tx.preferences.quiet_days(athlete.id)
    letter_day = next((day for day in range(7) if day not in quiet), None)
    if choices[MailKind.WEEKLY] is not Choice.WEEKLY or night.weekday() != letter_day:
        return None
    nights = tx.nights.many(athlete_id=athlete.id, since=night - 6 * DAY, until=night)
    runs = [each for each in outlook.history.activities if each.is_run and _of_week(each, night)]
    wants_ceiling = choices[MailKind.LONG_RUN] is Choice.WEEKLY
    week = Week(
        night=night,
        course=outlook.course,
        runs=len(runs),
        distance_m=sum(run.distance_m for run in runs),
        nights={state: sum(each.assessment.state is state for each in nights) for state in State},
        kept=[
            (kept, advise(kept, app.catalogue, profile=athlete.profile)) for kept in _kept(nights, choices)
        ],
        ceiling_m=assessment.longest_safe_m,
        long_run=_next_long_run(app, assessment, outlook) if wants_ceiling else None,
        unseen=assessment.unseen,
    )
    where = links(app, tx, athlete.id, MailKind.WEEKLY, night)
    return weekly(week, links=where, units=athlete.units, picture=picture(outlook.course))


def _of_week(activity: Activity, night: date) -> bool:
    return night - WEEK <= activity.training_day < night


def _kept(nights: list[JudgedNight], choices: Choices) -> list[Assessment]:
    """The warnings that waited for this letter: the newest of each reason."""
    if choices[MailKind.WARNING] is not Choice.WEEKLY:
        return []
    newest: dict[Cause, Assessment] = {}
    for night in nights:  # newest first
        leading = night.assessment.leading
        if night.decision.silent_because is Silence.WEEKLY_LETTER and leading is not None:
            newest.setdefault(leading.cause, night.assessment)
    return list(newest.values())


def _next_long_run(app: App, assessment: Assessment, outlook: Outlook) -> LongRun | None:
    """The long run of the coming week, whichever day it falls on."""
    ahead = (replace(assessment, night=assessment.night + n * DAY) for n in range(7))
    found = (before_long_run(each, outlook.longest, [], app.catalogue.occasions) for each in ahead)
    return next((planned for planned in found if planned is not None), None)


def _before_long_run(
    app: App, tx: Transaction, athlete: Athlete, assessment: Assessment, outlook: Outlook, choices: Choices
) -> Message | None:
    if choices[MailKind.LONG_RUN] is not Choice.AT_ONCE:
        return None
    told = tx.written.nights(athlete.id, [MailKind.LONG_RUN], assessment.night - REMEMBERED)
    planned = before_long_run(assessment, outlook.longest, told, app.catalogue.occasions)
    if planned is None:
        return None
    where = links(app, tx, athlete.id, MailKind.LONG_RUN, assessment.night)
    return long_run(planned, night=assessment.night, links=where, units=athlete.units)


def _question(
    app: App, tx: Transaction, athlete: Athlete, assessment: Assessment, outlook: Outlook, choices: Choices
) -> Message | None:
    if choices[MailKind.CHECK_IN] is Choice.OFF:
        return None
    reason = worth_asking(outlook.course, outlook.longest, app.catalogue.occasions)
    if reason is None:
        return None
    night = assessment.night
    asked = tx.written.nights(athlete.id, ASKING, night - REMEMBERED)
    answered = [each.date for each in outlook.history.checkins]
    once_a_week = choices[MailKind.CHECK_IN] is Choice.WEEKLY
    if not may_ask(night, asked, answered, app.catalogue.occasions, once_a_week=once_a_week):
        return None
    where: Links = links(app, tx, athlete.id, MailKind.CHECK_IN, night)
    return question(_with_session(reason, outlook), night=night, links=where, units=athlete.units)


def _with_session(reason: Evidence, outlook: Outlook) -> Evidence:
    """The reason with the session at Strava that made the day, if it is there."""
    sessions = [
        activity
        for activity in outlook.history.activities
        if activity.training_day == reason.last_day and activity.source is Source.STRAVA
    ]
    if not sessions:
        return reason
    longest = max(sessions, key=lambda each: (each.distance_m, each.moving_s))
    return replace(reason, activity_id=longest.external_id)
