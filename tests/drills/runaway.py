"""Drill 30: a defect that warns everybody writes to nobody, until an operator has looked."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from service.app import App
from service.domain.athlete import Athlete
from service.domain.night import MailKind
from service.jobs.clock import due_mails
from service.jobs.deliver import deliver
from service.jobs.nightly import judge
from service.store.mailbox import MailState
from tests.apps import Recording, again, an_app, an_athlete, season_of_runs, with_runs
from tests.demo.simulated import SimulatedClock
from tests.drills.figure import Figure, none
from tests.drills.ground import START
from tests.drills.house import open_room
from tests.drills.size import Size


@dataclass(frozen=True, slots=True)
class Aftermath:
    """How many warnings left, how many are held, and how many the operator's release then sent."""

    sent: int
    held: int
    released: int


def drill(size: Size) -> list[Figure]:
    """All in one night of one zone, and one by one with a sender between."""
    athletes = size.of(40, 400)
    at_once, one_by_one = _night(athletes, trickle=False), _night(athletes, trickle=True)
    return [
        Figure("warned", athletes),
        none("sent_of_one_night", at_once.sent),
        Figure("held_of_one_night", at_once.held, least=athletes, most=athletes),
        Figure("released", at_once.released, least=athletes, most=athletes),
        # What has left before the twentieth warning cannot be called back.
        Figure("sent_one_by_one", one_by_one.sent, most=19),
        Figure("held_one_by_one", one_by_one.held, least=athletes - 19),
    ]


def _night(count: int, *, trickle: bool) -> Aftermath:
    """Everybody seems to have run twice as far as ever, as after a slip in the units."""
    clock, mailer = SimulatedClock(START), Recording()
    with open_room() as store, an_app(store, now=clock.now, mailer=mailer) as app:
        athletes = [_struck(app, number) for number in range(count)]
        clock.move_to(START + timedelta(hours=17))
        for group in [[each] for each in athletes] if trickle else [athletes]:
            judge(app, [str(athlete.id) for athlete in group])
            _send(app)
        sent, held = _warnings(mailer), _held(app)
        with app.store.transaction() as tx:
            admin = tx.admins.add("ada", "-", "operator", app.now())
            tx.guards.release(app.now(), admin or UUID(int=0))
        _send(app)
        return Aftermath(sent, held, _warnings(mailer) - sent)


def _struck(app: App, number: int) -> Athlete:
    athlete = an_athlete(app, number, address=f"{number}@example.org", zone="UTC")
    with_runs(app, athlete, season_of_runs(again(app, athlete).next_night - timedelta(days=1), spike=True))
    return athlete


def _send(app: App) -> None:
    app.queue.asked.clear()
    due_mails(app)
    deliver(app, [str(mail) for mail in app.queue.of("deliver")])


def _warnings(mailer: Recording) -> int:
    return sum(b"Mute this reason" in mail.content for mail in mailer.mails)


def _held(app: App) -> int:
    with app.store.transaction() as tx:
        return len(tx.mailbox.many(state=MailState.HELD, kind=MailKind.WARNING, limit=1000))
