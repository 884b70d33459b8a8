"""The mails that are no warnings: the letter of the week, a word before a long run, a question.

At most one a night, and none on a night that warns. Each is decided from the same data as the verdict, in
the transaction that keeps it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from service.advise.choose import advise
from service.advise.occasions import before_long_run, may_ask, worth_asking
from service.analyse.constants import Constants
from service.analyse.diary import ROW, Diary
from service.app import App
from service.domain.athlete import Athlete
from service.domain.course import Day
from service.domain.finding import Assessment, Cause, State
from service.domain.message import Message
from service.domain.night import MailKind, Silence
from service.domain.preference import Choice, Wishes
from service.jobs.course import SEASON_DAYS, course_in
from service.jobs.outbox import links, measured, put
from service.notify.chart import picture
from service.notify.long_run import long_run
from service.notify.message import Links
from service.notify.question import question
from service.notify.week import Kept, Week, weekly
from service.store.nights import JudgedNight
from service.store.session import Transaction

DAY = timedelta(days=1)
WEEK = 7
"""Days."""
REMEMBERED = timedelta(days=365)
"""How far back an unanswered question is remembered."""
NOTED = frozenset({"hot_run", "straight_into_hard", "stop_pattern", "none_recorded"})
"""Rules that no mail is written about and that have advice of their own."""
STRENGTH_EVERY_WEEKS = 4
ASKING = (MailKind.CHECK_IN, MailKind.WARNING)
"""Both carry the question about the legs."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What letters are made from beside the verdict: of the weeks before ``night`` the load of each day of
    training, the longest run of each day that had one, and the runs of the last seven days in metres."""

    diary: Diary
    night: date
    synced_at: datetime | None
    loads: Mapping[date, float]
    longest: Mapping[date, float]

    def course(self, constants: Constants) -> list[Day]:
        return course_in(self.diary, self.night, constants, self.synced_at)


def outlook_of(diary: Diary, night: date, synced_at: datetime | None) -> Outlook | None:
    """The days up to ``night``; ``None`` if nothing was recorded for a week: a letter would say nothing."""
    if not diary.days.lately(ROW["sessions"], night, WEEK):
        return None
    loads = diary.days.lately(ROW["load"], night, SEASON_DAYS)
    longest = diary.days.lately(ROW["longest_m"], night, SEASON_DAYS)
    return Outlook(diary, night, synced_at, loads, longest)


def may_write(app: App, assessment: Assessment, outlook: Outlook | None, wishes: Wishes | None) -> bool:
    """Whether there may be a letter tonight to who wants it so; asked of every quiet night, so cheap. What
    was written before is only looked up after it."""
    night, choices = assessment.night, wishes.choices if wishes else {}
    if wishes is None or outlook is None or night.weekday() in wishes.quiet_days:
        return False
    limits = app.catalogue.occasions
    return (
        (choices[MailKind.WEEKLY] is Choice.WEEKLY and night.weekday() == _letter_day(wishes))
        or (choices[MailKind.LONG_RUN] is Choice.AT_ONCE
            and before_long_run(assessment, outlook.longest, [], limits) is not None)
        or (choices[MailKind.CHECK_IN] is not Choice.OFF
            and worth_asking(night - DAY, outlook.loads, outlook.longest, limits) is not None)
    )  # fmt: skip


def enqueue_letter(
    app: App, tx: Transaction, athlete: Athlete, assessment: Assessment, outlook: Outlook, wishes: Wishes
) -> UUID | None:
    """The one mail worth writing tonight, if any, in the order of how much it says."""
    drafts = (_weekly, _before_long_run, _question)
    for draft in drafts:
        mail = draft(app, tx, athlete, assessment, outlook, wishes)
        if mail is not None:
            return put(app, tx, athlete.id, mail, flagged=assessment.flagged)
    return None


def _letter_day(wishes: Wishes) -> int | None:
    """Monday, or the first day after it that is not quiet."""
    return next((day for day in range(7) if day not in wishes.quiet_days), None)


def _weekly(
    app: App, tx: Transaction, athlete: Athlete, assessment: Assessment, outlook: Outlook, wishes: Wishes
) -> Message | None:
    night, choices = assessment.night, wishes.choices
    if choices[MailKind.WEEKLY] is not Choice.WEEKLY or night.weekday() != _letter_day(wishes):
        return None
    flagged = assessment.flagged  # of this morning, whatever those nights were
    nights = tx.nights.many(athlete_id=athlete.id, since=night - 6 * DAY, until=night)
    days = outlook.diary.days
    course = outlook.course(app.constants)
    planned = None
    if choices[MailKind.LONG_RUN] is Choice.WEEKLY:
        limits = app.catalogue.occasions
        planned = before_long_run(assessment, outlook.longest, [], limits, days_ahead=WEEK)
    week = Week(
        night=night,
        course=course,
        runs=outlook.diary.runs_of(night - WEEK * DAY, night),
        distance_m=sum(days.lately(ROW["run_m"], night, WEEK).values()),
        nights={state: sum(each.assessment.state is state for each in nights) for state in State},
        kept=[] if flagged else [_told(app, tx, athlete, kept) for kept in _kept(nights, choices)],
        noted=[] if flagged else [_told(app, tx, athlete, seen) for seen in _noted(nights, night)],
        ceiling_m=_ceiling(assessment),
        long_run=planned,
        unseen=assessment.unseen,
        flagged=flagged,
    )
    where = links(app, tx, athlete.id, MailKind.WEEKLY, night)
    return weekly(week, links=where, units=athlete.units, picture=picture(course))


def _kept(nights: list[JudgedNight], choices: Mapping[MailKind, Choice]) -> list[Assessment]:
    """The warnings that waited for this letter: the newest of each reason."""
    if choices[MailKind.WARNING] is not Choice.WEEKLY:
        return []
    newest: dict[Cause, Assessment] = {}
    for night in nights:  # newest first
        leading = night.assessment.leading
        if night.decision.silent_because is Silence.WEEKLY_LETTER and leading is not None:
            newest.setdefault(leading.cause, night.assessment)
    return list(newest.values())


def _told(app: App, tx: Transaction, athlete: Athlete, seen: Assessment) -> Kept:
    """With its advice, and how often its kind was right."""
    leading = seen.leading
    sentence = measured(app, tx, athlete.id, leading) if leading and leading.level else None
    return Kept(seen, advise(seen, app.catalogue, profile=athlete.profile), sentence)


def _noted(nights: Sequence[JudgedNight], today: date) -> list[Assessment]:
    """What the week showed that is never a reason to write, the newest of each rule; strength work once in
    four weeks, as nothing changes so fast."""
    newest: dict[str, Assessment] = {}
    for night in nights:  # newest first
        for finding in night.assessment.findings:
            teaches = finding.cause is Cause.STRENGTH
            if (
                finding.level is None
                and finding.rule in NOTED
                and not (teaches and today.isocalendar().week % STRENGTH_EVERY_WEEKS)
            ):
                newest.setdefault(finding.rule, replace(night.assessment, findings=(finding,)))
    return list(newest.values())


def _ceiling(assessment: Assessment) -> float | None:
    """None right after a much longer run, as a tenth more than that is no limit, nor while pain or illness
    is up."""
    leading = assessment.leading
    spiked = leading is not None and leading.rule == "session_spike"
    return None if spiked or assessment.flagged else assessment.longest_safe_m


def _before_long_run(
    app: App, tx: Transaction, athlete: Athlete, assessment: Assessment, outlook: Outlook, wishes: Wishes
) -> Message | None:
    if wishes.choices[MailKind.LONG_RUN] is not Choice.AT_ONCE:
        return None
    told = tx.written.nights(athlete.id, [MailKind.LONG_RUN], assessment.night - REMEMBERED)
    planned = before_long_run(assessment, outlook.longest, told, app.catalogue.occasions)
    if planned is None:
        return None
    where = links(app, tx, athlete.id, MailKind.LONG_RUN, assessment.night)
    return long_run(planned, night=assessment.night, links=where, units=athlete.units)


def _question(
    app: App, tx: Transaction, athlete: Athlete, assessment: Assessment, outlook: Outlook, wishes: Wishes
) -> Message | None:
    wanted, night = wishes.choices[MailKind.CHECK_IN], assessment.night
    if wanted is Choice.OFF:
        return None
    reason = worth_asking(night - DAY, outlook.loads, outlook.longest, app.catalogue.occasions)
    if reason is None:
        return None
    asked = tx.written.nights(athlete.id, ASKING, night - REMEMBERED)
    answered = outlook.diary.answers.known()
    once_a_week = wanted is Choice.WEEKLY
    if not may_ask(night, asked, answered, app.catalogue.occasions, once_a_week=once_a_week):
        return None
    where: Links = links(app, tx, athlete.id, MailKind.CHECK_IN, night)
    named = replace(reason, activity_id=outlook.diary.longest_of(reason.last_day))
    return question(named, night=night, links=where, units=athlete.units)
