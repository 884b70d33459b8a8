"""Drill 26: no mail server for half a day, then for a weekend; nothing stale is spat out afterwards."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from service.app import App
from service.domain.message import Message
from service.domain.night import SENDABLE_FOR, MailKind
from service.errors import MailDeferred
from service.jobs.clock import due_mails
from service.jobs.deliver import deliver
from service.notify.envelope import Envelope
from tests.apps import an_app, an_athlete
from tests.demo.simulated import SimulatedClock
from tests.drills.figure import Figure, none
from tests.drills.ground import START
from tests.drills.house import open_room
from tests.drills.size import Size

HOUR = timedelta(hours=1)
STEP = timedelta(minutes=15)
DOWN = ((6, 18), (24, 54))
"""Hours without a server: twelve, and a weekend."""
HOURS = 60
LAST_WAIT = timedelta(hours=2, minutes=15)
"""The longest wait between two attempts, and the step of this drill's clock."""


@dataclass
class Post:
    """A mail server that may be away."""

    now: Callable[[], datetime]
    away: bool = False
    taken: list[tuple[str, datetime]] = field(default_factory=list)

    def deliver(self, envelope: Envelope, on_handed: Callable[[], None]) -> None:
        if self.away:
            raise MailDeferred("no session with the mail server")
        on_handed()
        self.taken.append((envelope.message_id, self.now()))


def drill(size: Size) -> list[Figure]:
    """Warnings every hour; what leaves, when, and what is let go."""
    clock = SimulatedClock(START)
    post, written = Post(clock.now), dict[str, datetime]()
    with open_room() as store, an_app(store, now=clock.now, mailer=post) as app:
        athlete = an_athlete(app).id
        for quarter in range((HOURS + 4) * 4):
            hour = quarter / 4
            post.away = any(first <= hour < last for first, last in DOWN)
            if hour < HOURS and hour == int(hour):
                for number in range(size.of(3, 50)):
                    written[_write(app, athlete, int(hour) * 100 + number)] = clock.now()
            due_mails(app)
            deliver(app, [str(mail) for mail in app.queue.of("deliver")])
            app.queue.asked.clear()
            clock.move_to(clock.now() + STEP)
        with store.transaction() as tx:
            rows = tx.connection.exec_driver_sql("SELECT message_id, state FROM mail").all()
    return [Figure("written", len(written)), *_books(dict(rows), post, written)]


def _write(app: App, athlete: UUID, number: int) -> str:
    now, message_id = app.now(), f"<hour-{uuid4().hex}@example.org>"
    mail = Message(MailKind.WARNING, now.date(), "Heavy legs", "Heavy legs.", "<p>Heavy legs.</p>")
    with app.store.transaction() as tx:
        tx.mailbox.put(athlete, mail.kind, mail.night, mail, message_id, now, number=number)
    return message_id


def _books(states: dict[str, str], post: Post, written: dict[str, datetime]) -> list[Figure]:
    ages = [at - written[message_id] for message_id, at in post.taken]
    sent = Counter(message_id for message_id, _ in post.taken)
    expired = {message_id for message_id, state in states.items() if state == "expired"}
    ends = [START + last * HOUR for _, last in DOWN]
    too_soon = [
        message_id
        for message_id in expired
        if not any(written[message_id] <= end - SENDABLE_FOR + LAST_WAIT for end in ends)
    ]
    return [
        none("missing", len(written) - len(states)),
        none("neither_sent_nor_expired", len(set(written) - set(sent) - expired)),
        none("doubled", sum(sent.values()) - len(sent)),
        none("sent_and_expired", len(set(sent) & expired)),
        none("sent_stale", sum(age > SENDABLE_FOR for age in ages)),
        none("let_go_too_soon", len(too_soon)),
        Figure("oldest_sent_hours", round(max(ages) / HOUR, 2), most=18),
        Figure("sent", len(sent), least=1),
        Figure("expired", len(expired), least=1),
    ]
