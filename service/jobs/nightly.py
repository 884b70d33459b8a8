"""Judge the nights that are due: history in, verdict and mail out, in one transaction an athlete."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import date, timedelta
from uuid import UUID

from service.advise.choose import advise
from service.advise.restraint import Sendable, decide
from service.analyse.assess import assess_diary
from service.analyse.diary import diary_of
from service.app import App
from service.domain.athlete import Athlete
from service.domain.finding import Assessment
from service.domain.history import History
from service.domain.night import SENDABLE_FOR, Decision, MailKind, Silence, due_instant, nights_due
from service.domain.preference import Choice
from service.errors import FreshlegsError
from service.faults import point
from service.jobs.history import read_history
from service.jobs.letters import Outlook, enqueue_letter, outlook_of
from service.jobs.outbox import enqueue_warning
from service.logs import log
from service.store.guards import Gate
from service.store.session import Transaction

NIGHTS_BEFORE = 6
"""Earlier nights judged again for hysteresis: state is recomputed from data, never remembered."""
MOST_MISSED = 60
"""After a longer outage older nights are passed over: nobody will read two months of verdicts."""
RETRY_AFTER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Judged:
    """What one night came to."""

    night: date
    assessment: Assessment
    decision: Decision


def judge(app: App, subjects: Sequence[str]) -> None:
    """Every night of these athletes that is due and not yet judged; only the newest may be mailed."""
    for athlete_id in map(UUID, subjects):
        try:
            judged = _judge(app, athlete_id)
        except Exception as error:  # one athlete's trouble must not cost the others their night
            log().error("night_failed", athlete=athlete_id, exc_info=error)
            code = error.code if isinstance(error, FreshlegsError) else type(error).__name__
            with app.store.transaction() as tx:
                tx.athletes.night_failed(athlete_id, code, app.now() + RETRY_AFTER)
            continue
        for each in judged:
            log().info(
                "night_judged",
                athlete=athlete_id,
                night=each.night,
                state=each.assessment.state,
                kind=each.decision.kind,
                reason=each.decision.silent_because,
            )


def _judge(app: App, athlete_id: UUID) -> list[Judged]:
    now = app.now()
    with app.store.transaction() as tx:
        athlete = tx.parking.begin_night(athlete_id, now, app.settings.lease_s)
    if athlete is None:
        return []
    point("night_begun")
    due = list(nights_due(athlete.next_night, athlete.zone, now, athlete.last_night_at))[-MOST_MISSED:]
    with app.store.transaction() as tx:
        history = read_history(tx, athlete, now)
        if not due:
            tx.parking.no_attempt(athlete_id)
            return []
    window = [due[0] - timedelta(days=back) for back in range(NIGHTS_BEFORE, 0, -1)] + due
    # Outside any transaction: pure work. One diary serves the verdicts and the letters.
    diary = diary_of(history, due[-1], app.constants, first_night=window[0])
    assessments = assess_diary(diary, window, app.constants)
    digest = _digest(history)
    judged = []
    for index, night in enumerate(due, start=NIGHTS_BEFORE):
        recent, assessment = assessments[index - NIGHTS_BEFORE : index], assessments[index]
        outlook = outlook_of(diary, night, app.constants) if night == due[-1] else None
        result = _settle(app, athlete, assessment, recent, digest, outlook, newest=night == due[-1])
        if result is not None:
            judged.append(result)
    return judged


def _settle(
    app: App,
    athlete: Athlete,
    assessment: Assessment,
    recent: Sequence[Assessment],
    digest: str,
    outlook: Outlook | None,
    *,
    newest: bool,
) -> Judged | None:
    """Decide, and write verdict, mail and the next slot together; ``None`` if another was faster."""
    now, night = app.now(), assessment.night
    following = night + timedelta(days=1)
    with app.store.transaction() as tx:
        due_at = due_instant(night, athlete.zone)
        late = now - due_at > SENDABLE_FOR
        sendable = _sendable(tx, athlete.id, night, stale=late or not newest)
        sent = tx.nights.sent_warnings(athlete.id, night - timedelta(days=60))
        decision = decide(assessment, recent, sent, sendable=sendable, limits=app.catalogue.restraint)
        advice = advise(assessment, app.catalogue, profile=athlete.profile) if decision.mail else None
        if decision.mail and advice is None:  # a warning without anything to do about it helps nobody
            log().error("advice_missing", athlete=athlete.id, night=night, code=assessment.rule_version)
            decision = Decision(kind=None, silent_because=Silence.HELD)
        gate = _gate(app, tx) if decision.mail else Gate.OPEN
        held = gate is not Gate.OPEN
        if held:
            decision = Decision(kind=None, silent_because=Silence.HELD)
        new = tx.nights.record(athlete.id, night, assessment, decision, now, digest)
        tx.athletes.nights_judged(athlete.id, following, due_instant(following, athlete.zone), due_at)
        mail = None
        if new and advice:
            course = outlook.course if outlook else ()
            mail = enqueue_warning(app, tx, athlete, assessment, advice, course=course, held=held)
        elif new and outlook and not (sendable.stale or sendable.quiet) and sendable.address_confirmed:
            mail = enqueue_letter(app, tx, athlete, assessment, outlook)
        point("night_recorded")
    point("night_settled")
    if gate is Gate.TRIPPED:
        log().error("breaker_tripped", night=night)
    if mail is not None and not held:
        app.queue.defer("deliver", mail)
    return Judged(night, assessment, decision) if new else None


def _sendable(tx: Transaction, athlete_id: UUID, night: date, *, stale: bool) -> Sendable:
    """What stands between a verdict and the athlete's mailbox."""
    choice = tx.preferences.choice(athlete_id, MailKind.WARNING)
    return Sendable(
        address_confirmed=tx.addresses.confirmed(athlete_id) is not None,
        wanted=choice is not Choice.OFF,
        muted=frozenset(tx.replies.muted(athlete_id, night)),
        stale=stale,
        weekly=choice is Choice.WEEKLY,
        quiet=night.weekday() in tx.preferences.quiet_days(athlete_id),
    )


def _gate(app: App, tx: Transaction) -> Gate:
    """Too many warnings in one night are a defect of ours until a person has looked."""
    share = app.settings.breaker_percent / 100
    return tx.guards.gate(app.now(), share=share, least=app.settings.breaker_at_least)


def _digest(history: History) -> str:
    """Names the inputs of a verdict, so that a replay can prove it used the same."""
    seen = [
        (a.source.value, a.external_id, a.start.isoformat(), a.moving_s, a.distance_m)
        for a in history.activities
    ]
    answers = [(c.date.isoformat(), c.legs, c.fatigue, c.sleep, c.soreness, c.mood) for c in history.checkins]
    told = [str(value) for value in astuple(history.profile)]
    return hashlib.sha256(json.dumps([seen, answers, told]).encode()).hexdigest()
