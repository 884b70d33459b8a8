"""Judge the nights that are due: history in, verdict and mail out.

Quiet nights, nearly all, are judged and kept together. A night that may be written about is decided and kept
in a transaction of its own, with its mail.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from service.advise.choose import advise
from service.advise.restraint import Sendable, decide
from service.analyse.assess import Slot, assess
from service.app import App
from service.domain.athlete import Athlete
from service.domain.finding import Assessment, State
from service.domain.night import SENDABLE_FOR, Decision, MailKind, Silence, due_instant, nights_due
from service.domain.preference import Choice, Wishes
from service.errors import FreshlegsError
from service.faults import point
from service.jobs.diaries import NIGHTS_BEFORE, Known, diaries_of
from service.jobs.letters import Outlook, enqueue_letter, may_write, outlook_of
from service.jobs.outbox import enqueue_warning
from service.logs import log
from service.store.guards import Gate
from service.store.nights import JudgedNight
from service.store.session import Transaction

MOST_MISSED = 60
"""After a longer outage older nights are passed over: nobody will read two months of verdicts."""
RETRY_AFTER = timedelta(minutes=15)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Task:
    """One athlete's nights that are due, oldest first; what they are judged from, and what is wanted by mail
    (``None``: there is nobody to write to)."""

    athlete: Athlete
    due: Sequence[date]
    known: Known
    wishes: Wishes | None

    def slots(self, nights: Sequence[date]) -> list[Slot]:
        athlete = self.athlete
        return [Slot(self.known.diary, night, athlete.profile, athlete.synced_at) for night in nights]


Verdicts = tuple[Task, Sequence[Assessment]]


def judge(app: App, subjects: Sequence[str]) -> None:
    """Every night of these athletes that is due and not yet judged; only the newest may be mailed."""
    with app.store.transaction() as tx:
        athletes = tx.parking.begin_nights(map(UUID, subjects), app.now(), app.settings.lease_s)
    if athletes:
        point("night_begun")
        _together(app, athletes)


def _together(app: App, athletes: Sequence[Athlete]) -> None:
    """All at once. If that fails, one by one: one athlete's trouble must not cost the others their night."""
    try:
        for judged in _judge(app, athletes):
            _tell(judged)
    except Exception as error:
        if len(athletes) > 1:
            log().warning("nights_apart", count=len(athletes), exc_info=error)
            for athlete in athletes:
                _together(app, [athlete])
            return
        athlete = athletes[0]
        log().error("night_failed", athlete=athlete.id, exc_info=error)
        code = error.code if isinstance(error, FreshlegsError) else type(error).__name__
        with app.store.transaction() as tx:
            tx.athletes.night_failed(athlete.id, code, app.now() + RETRY_AFTER)


def _tell(judged: JudgedNight) -> None:
    log().info(
        "night_judged",
        athlete=judged.athlete_id,
        night=judged.night,
        state=judged.assessment.state,
        kind=judged.decision.kind,
        reason=judged.decision.silent_because,
    )


def _judge(app: App, athletes: Sequence[Athlete]) -> Iterator[JudgedNight]:
    """The nights that nobody had judged before, as they are kept."""
    tasks = _tasks(app, athletes)
    slots = [slot for task in tasks for slot in task.slots(task.due)]
    verdicts = assess(slots, app.constants)
    quiet: list[Verdicts] = []
    others: list[Verdicts] = []
    for task in tasks:
        judged = [next(verdicts) for _ in task.due]
        (others if _speaks(app, task, judged) else quiet).append((task, judged))
    yield from _keep_quiet(app, quiet)
    for task, assessments in others:
        yield from _one_by_one(app, task, assessments)


def _tasks(app: App, athletes: Sequence[Athlete]) -> list[Task]:
    now = app.now()
    due, idle = {}, []
    for athlete in athletes:
        nights = list(nights_due(athlete.next_night, athlete.zone, now, athlete.last_night_at))[-MOST_MISSED:]
        if nights:
            due[athlete] = nights
        else:
            idle.append(athlete.id)
    with app.store.transaction() as tx:
        wishes = tx.preferences.of_many([athlete.id for athlete in due])
        for athlete_id in idle:
            tx.parking.no_attempt(athlete_id)
    known = diaries_of(app, {athlete: nights[0] - NIGHTS_BEFORE * DAY for athlete, nights in due.items()})
    return [
        Task(athlete, nights, known[athlete.id], wishes.get(athlete.id)) for athlete, nights in due.items()
    ]


def _speaks(app: App, task: Task, judged: Sequence[Assessment]) -> bool:
    """Whether anything may be written about these nights."""
    if any(assessment.state is State.WARN for assessment in judged):
        return True
    night = task.due[-1]
    outlook = outlook_of(task.known.diary, night, task.athlete.synced_at)
    return may_write(app, judged[-1], outlook, task.wishes)


def _keep_quiet(app: App, quiet: Sequence[Verdicts]) -> Iterator[JudgedNight]:
    """Verdicts that are not worth a mail, whatever was said before and whoever could be reached."""
    now = app.now()
    nights = [
        JudgedNight(task.athlete.id, each.night, now, each, _silent(app, each), task.known.digest)
        for task, judged in quiet
        for each in judged
    ]
    if not nights:
        return
    with app.store.transaction() as tx:
        new = tx.nights.record_many(nights)
        tx.athletes.all_judged([_advanced(task.athlete, task.due[-1]) for task, _ in quiet])
        point("quiet_nights_recorded")
    point("quiet_nights_settled")
    yield from (each for each in nights if (each.athlete_id, each.night) in new)


def _silent(app: App, assessment: Assessment) -> Decision:
    return decide(assessment, [], [], sendable=Sendable.replay(), limits=app.catalogue.restraint)


def _advanced(athlete: Athlete, night: date) -> tuple[UUID, date, datetime, datetime | None]:
    """The slot after ``night``."""
    following = night + DAY
    return athlete.id, following, due_instant(following, athlete.zone), due_instant(night, athlete.zone)


def _one_by_one(app: App, task: Task, judged: Sequence[Assessment]) -> Iterator[JudgedNight]:
    """Each night decided with the nights before it, and kept with its mail, if it has one."""
    before = [task.due[0] - back * DAY for back in range(NIGHTS_BEFORE, 0, -1)]
    earlier = list(assess(task.slots(before), app.constants))
    verdicts = [*earlier, *judged]
    for index, assessment in enumerate(judged):
        newest = assessment is judged[-1]
        outlook = outlook_of(task.known.diary, assessment.night, task.athlete.synced_at) if newest else None
        recent = verdicts[index : index + NIGHTS_BEFORE]
        settled = _settle(app, task, assessment, recent, outlook, newest=newest)
        if settled is not None:
            yield settled


def _settle(
    app: App,
    task: Task,
    assessment: Assessment,
    recent: Sequence[Assessment],
    outlook: Outlook | None,
    *,
    newest: bool,
) -> JudgedNight | None:
    """Decide, and write verdict, mail and the next slot together; ``None`` if another was faster."""
    now, athlete, night = app.now(), task.athlete, assessment.night
    with app.store.transaction() as tx:
        late = now - due_instant(night, athlete.zone) > SENDABLE_FOR
        wishes = tx.preferences.of_many([athlete.id]).get(athlete.id)  # whoever has just unsubscribed, has
        sendable = _sendable(tx, athlete, night, wishes, stale=late or not newest)
        sent = tx.nights.sent_warnings(athlete.id, night - timedelta(days=60))
        # What is kept is what the night could see; what is said heeds what was told this morning.
        known = assessment.knowing(tx.checkins.open_flags(athlete.id, night))
        decision = decide(known, recent, sent, sendable=sendable, limits=app.catalogue.restraint)
        advice = advise(known, app.catalogue, profile=athlete.profile) if decision.mail else None
        if decision.mail and advice is None:  # a warning without anything to do about it helps nobody
            log().error("advice_missing", athlete=athlete.id, night=night, code=assessment.rule_version)
            decision = Decision(kind=None, silent_because=Silence.HELD)
        gate = _gate(app, tx) if decision.mail else Gate.OPEN
        held = gate is not Gate.OPEN
        if held:
            decision = Decision(kind=None, silent_because=Silence.HELD)
        judged = JudgedNight(athlete.id, night, now, assessment, decision, task.known.digest)
        new = bool(tx.nights.record_many([judged]))
        tx.athletes.all_judged([_advanced(athlete, night)])
        mail = None
        if new and advice:
            course = outlook.course(app.constants) if outlook else ()
            mail = enqueue_warning(app, tx, athlete, assessment, advice, course=course, held=held)
        elif new and outlook and wishes and not (sendable.stale or sendable.quiet):
            mail = enqueue_letter(app, tx, athlete, known, outlook, wishes)
        point("night_recorded")
    point("night_settled")
    if gate is Gate.TRIPPED:
        log().error("breaker_tripped", night=night)
    if mail is not None and not held:
        app.queue.defer("deliver", mail)
    return judged if new else None


def _sendable(
    tx: Transaction, athlete: Athlete, night: date, wishes: Wishes | None, *, stale: bool
) -> Sendable:
    """What stands between a verdict and the athlete's mailbox."""
    choice = wishes.choices[MailKind.WARNING] if wishes else Choice.OFF
    return Sendable(
        address_confirmed=wishes is not None,
        wanted=choice is not Choice.OFF,
        muted=frozenset(tx.replies.muted(athlete.id, night)),
        stale=stale,
        weekly=choice is Choice.WEEKLY,
        quiet=wishes is not None and night.weekday() in wishes.quiet_days,
    )


def _gate(app: App, tx: Transaction) -> Gate:
    """Too many warnings in one night are a defect of ours until a person has looked."""
    share = app.settings.breaker_percent / 100
    return tx.guards.gate(app.now(), share=share, least=app.settings.breaker_at_least)
