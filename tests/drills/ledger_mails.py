"""The ledger of mails: put, claimed, taken, handed over, settled by whoever took it last, or doubted."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from service.domain.night import SENDABLE_FOR, MailKind
from service.store.claims import SUSPECT_AFTER
from service.store.mailbox import GIVE_UP_AFTER, OF_THE_DAY, Outgoing
from service.store.parking import MAIL_PARKED_AFTER
from service.store.session import Transaction
from tests.drills.ledger_book import ENDS, LEASE, LIMITS, WHICH, Book, asked, nth
from tests.store.samples import TODAY, letter

WAITING = ("queued", "deferred")
RETRY = timedelta(minutes=2)
KINDS = st.sampled_from((MailKind.WARNING, MailKind.RECONNECT))
ROWS = f"SELECT id, athlete_id, state, due_at, crashes, {LEASE.format('lease_until')} FROM mail"
ENDED = "UPDATE mail SET lease_until = lease_until - interval '1 hour' WHERE id = %s"
AN_HOUR = "UPDATE mail SET handed_at = handed_at - interval '61 minutes' WHERE state = 'handed'"


@dataclass(eq=False)
class Mail:
    id: UUID
    athlete: UUID
    seat: int
    kind: MailKind
    number: int
    queued_at: datetime
    due_at: datetime
    state: str = "queued"
    crashes: int = 0
    lease: bool | None = None
    token: UUID | None = None

    def stale(self, now: datetime) -> bool:
        return self.queued_at <= now - (SENDABLE_FOR if self.kind in OF_THE_DAY else GIVE_UP_AFTER)

    def settle(self, state: str) -> None:
        self.state, self.lease = state, None


@dataclass(eq=False)
class Sender:
    """A worker with one attempt. ``handed``: our database knows that the message is about to leave."""

    mail: Mail
    outgoing: Outgoing
    handed: bool = False


class Mails(Book):
    def __init__(self) -> None:
        super().__init__()
        self.mails: list[Mail] = []
        self.jobs: list[Mail] = []
        self.senders: list[Sender] = []
        self.accepted: Counter[UUID] = Counter()

    def compare(self, tx: Transaction) -> None:
        kept = {tuple(row) for row in tx.connection.exec_driver_sql(ROWS)}
        assert kept == {(m.id, m.athlete, m.state, m.due_at, m.crashes, m.lease) for m in self.mails}
        assert all(mail.crashes <= MAIL_PARKED_AFTER for mail in self.mails)
        assert all(count == 1 for count in self.accepted.values()), "sent twice"

    def came(self, seat: int, *, known: bool) -> None:
        if not known:
            self.is_put(seat, MailKind.WARNING, 0)

    def gone(self, seat: int) -> None:
        self.mails = [mail for mail in self.mails if mail.seat != seat]

    @rule(seat=WHICH, kind=KINDS, number=st.integers(0, 1))
    def is_put(self, seat: int, kind: MailKind, number: int) -> None:
        """Of a kind, night and number there is one, whatever became of it."""
        seat %= 3
        if (athlete := self.seats.get(seat)) is None:
            return
        known = any((m.seat, m.kind, m.number) == (seat, kind, number) for m in self.mails)
        text, message_id = letter(kind), f"<{uuid4().hex}@x.test>"
        with self.store.transaction() as tx:
            put = tx.mailbox.put(
                athlete, kind, TODAY, text, message_id, self.now, number, address="runner@example.org"
            )
        assert (put is None) == known
        if put is not None:
            self.mails.append(Mail(put, athlete, seat, kind, number, self.now, self.now))

    @precondition(lambda self: any(mail.lease for mail in self.mails))
    @rule(number=WHICH)
    def lease_ends(self, number: int) -> None:
        if mail := nth([mail for mail in self.mails if mail.lease], number):
            self.run(ENDED, mail.id)
            mail.lease = False

    @precondition(lambda self: self.mails)
    @rule(number=WHICH)
    def has_crashed(self, number: int) -> None:
        """Four workers died over it, without the steps of their deaths."""
        if (mail := nth(self.mails, number)) and mail.state in WAITING:
            mail.crashes = MAIL_PARKED_AFTER - 1
            self.run("UPDATE mail SET crashes = %s WHERE id = %s", mail.crashes, mail.id)

    @rule(limit=LIMITS, at_once=ENDS)
    def are_claimed(self, limit: int, *, at_once: bool) -> None:
        """As the clock does: doubt, expire, recover, then name what is due and free."""
        with self.store.transaction() as tx:
            tx.mailbox.sweep(self.now)
            parked = tx.parking.recover_mails(self.now)
            claimed = tx.mailbox.claim_due(self.now, limit)
        for mail in self.mails:
            if mail.state in WAITING and mail.stale(self.now):
                mail.settle("expired")
        spent = [mail for mail in self.mails if mail.state == "sending" and not mail.lease]
        for mail in spent:
            mail.crashes, mail.token = mail.crashes + 1, None
            mail.settle("parked" if mail.crashes >= MAIL_PARKED_AFTER else "queued")
        assert set(parked) == {mail.id for mail in spent if mail.state == "parked"}
        due = [m for m in self.mails if m.state in WAITING and m.due_at <= self.now and not m.lease]
        quiet = [mail.due_at for mail in due if mail.crashes < SUSPECT_AFTER]
        suspects = sorted(mail.due_at for mail in due if mail.crashes >= SUSPECT_AFTER)[:1]
        named = [next(mail for mail in due if mail.id == found) for found in claimed]
        assert len(set(claimed)) == len(claimed)
        assert [mail.due_at for mail in named] == sorted(quiet + suspects)[:limit]
        assert sum(mail.crashes >= SUSPECT_AFTER for mail in named) <= 1
        for mail in named:
            mail.lease = True
            self.jobs.append(mail)
            if at_once:
                self.one_is_taken(len(self.jobs) - 1, last=False)

    @precondition(lambda self: self.jobs)
    @rule(number=WHICH, last=ENDS)
    def one_is_taken(self, number: int, *, last: bool) -> None:
        """By one worker, however often the queue asks."""
        if (mail := asked(self.jobs, number, last=last)) is None:
            return
        due = mail in self.mails and mail.state in WAITING and mail.due_at <= self.now
        with self.store.transaction() as tx:
            taken = tx.mailbox.take(mail.id, self.now)
        assert (taken is not None) == (due and not mail.stale(self.now))
        if taken is not None:
            assert mail.token is None or mail.state == "deferred", "two have it"
            mail.state, mail.lease, mail.token = "sending", True, taken.token
            self.senders.append(Sender(mail, taken))
            self.told["begun"] += 1
        elif due:
            mail.settle("expired")

    @precondition(lambda self: self.senders)
    @rule(number=WHICH)
    def one_is_handed_over(self, number: int) -> None:
        """Only while it is this worker's; once a mail has left nobody else is given it."""
        if (sender := nth([each for each in self.senders if not each.handed], number)) is None:
            return
        mail, token = sender.mail, sender.outgoing.token
        with self.store.transaction() as tx:
            sender.handed = tx.mailbox.handed(mail.id, token)
        assert sender.handed == (self._is_of(sender) and mail.state == "sending")
        if sender.handed:
            mail.state = "handed"
        else:
            self.senders.remove(sender)

    @precondition(lambda self: any(each.handed for each in self.senders))
    @rule(number=WHICH, end=st.sampled_from(("sent", "deferred", "refused", "in_doubt")), dies=WHICH)
    def one_is_answered(self, number: int, end: str, dies: int) -> None:
        """By the mail server; the worker notes it, or dies before."""
        if (sender := nth([each for each in self.senders if each.handed], number)) is None:
            return
        self.senders.remove(sender)
        mail = sender.mail
        self.accepted.update([mail.id] * (end == "sent"))
        self.told["done"] += end == "sent"
        if dies == 0:
            self.dies_writing(lambda tx: self._note(tx, sender, end))
            return
        theirs = self._is_of(sender) and mail.state == "handed"
        with self.store.transaction() as tx:
            assert self._note(tx, sender, end) == theirs
        if theirs:
            mail.settle(end)
            if end == "deferred":
                mail.due_at = self.now + RETRY

    @precondition(lambda self: self.senders)
    @rule(number=WHICH)
    def a_worker_dies(self, number: int) -> None:
        if sender := nth(self.senders, number):
            self.senders.remove(sender)

    @rule()
    def an_hour_without_answer(self) -> None:
        """Whoever hears from the server afterwards has nothing left to say."""
        self.run(AN_HOUR)
        with self.store.transaction() as tx:
            tx.mailbox.sweep(self.now)
        for mail in self.mails:
            if mail.state == "handed":
                mail.settle("in_doubt")
            elif mail.state in WAITING and mail.stale(self.now):
                mail.settle("expired")

    @precondition(lambda self: any(mail.state == "parked" for mail in self.mails))
    @rule(number=WHICH)
    def admin_frees(self, number: int) -> None:
        if mail := nth(self.mails, number):
            parked = mail.state == "parked"
            with self.store.transaction() as tx:
                assert tx.parking.unpark_mail(mail.id, self.now) == parked
            if parked:
                mail.state, mail.due_at, mail.crashes = "queued", self.now, 0

    def settle(self) -> None:
        self.senders.clear()
        self.an_hour_without_answer()
        self.now += RETRY
        for _ in range(len(self.mails) + 1):
            for number in range(len(self.mails)):
                self.lease_ends(0)
                self.admin_frees(number)
            self.are_claimed(4, at_once=False)
            while self.jobs:
                self.one_is_taken(0, last=True)
            while self.senders:
                self.one_is_handed_over(0)
                self.one_is_answered(0, "sent", 1)
        self.as_in_the_model()
        open_ = [mail for mail in self.mails if mail.state in ("sending", "handed", "parked", *WAITING)]
        assert not open_, "a mail was lost"

    def _is_of(self, sender: Sender) -> bool:
        return sender.mail in self.mails and sender.mail.token == sender.outgoing.token

    def _note(self, tx: Transaction, sender: Sender, end: str) -> bool:
        mail, token = sender.mail.id, sender.outgoing.token
        if end == "sent":
            return tx.mailbox.sent(mail, token, self.now)
        if end == "deferred":
            return tx.mailbox.deferred(mail, token, "code", self.now + RETRY)
        if end == "refused":
            return tx.mailbox.refused(mail, token, "code", self.now)
        return tx.mailbox.in_doubt(mail, token, self.now)
