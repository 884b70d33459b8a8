"""Delivery: sent once, tried again only where that is safe, and a doubt is never repeated."""

from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4

import pytest

from service.domain.night import MailKind
from service.errors import DatabaseUnavailable, MailDeferred, MailInDoubt, MailRefused
from service.jobs.clock import due_mails
from service.jobs.deliver import LONGEST_RETRY, deliver
from service.jobs.outbox import enqueue_receipt
from service.notify.maildir import Maildir
from service.notify.smtp import Smtp
from service.store.mailbox import MailState
from service.store.parking import MAIL_PARKED_AFTER
from tests.apps import an_athlete
from tests.mailbox import HANG_UP, mailbox
from tests.store.samples import letter

NIGHT = date(2026, 3, 1)


@pytest.fixture
def queued(app):
    """The id of a warning that waits to be sent."""
    athlete = an_athlete(app)
    with app.store.transaction() as tx:
        return tx.mailbox.put(
            athlete.id, MailKind.WARNING, NIGHT, letter(), f"<{uuid4()}@freshlegs.test>", app.now()
        )


def mail(app):
    with app.store.transaction() as tx:
        (found,) = tx.mailbox.many()
    return found


def test_a_mail_is_sent_once(app, queued, events):
    """The job may run again; the row knows."""
    deliver(app, [str(queued)])
    deliver(app, [str(queued)])
    assert app.mailer.recipients == ["runner@example.org"]
    assert (mail(app).state, mail(app).attempts) == (MailState.SENT, 1)
    assert [event["event"] for event in events] == ["mail_sent"]


def test_the_hand_over_is_committed_before_anything_leaves(app, queued):
    """A crash after this point leaves a doubt and never a double."""
    seen = []

    class Watching:
        def deliver(self, _envelope, on_handed):
            seen.append(mail(app).state)
            on_handed()
            seen.append(mail(app).state)

    deliver(replace(app, mailer=Watching()), [str(queued)])
    assert seen == [MailState.SENDING, MailState.HANDED]


def test_every_attempt_carries_the_same_message(app, queued, clock):
    """Message-ID and date are those of the row, so that a later receipt can settle a doubt."""
    app.mailer.troubles, app.mailer.after = [MailDeferred("greylisted")], True
    deliver(app, [str(queued)])
    clock.move_to(mail(app).due_at)
    deliver(app, [str(queued)])
    (sent,) = app.mailer.mails
    assert f"Message-ID: {sent.message_id}".encode() in sent.content
    assert b"Date: Sun, 01 Mar 2026 06:00:00" in sent.content


class Breaking:
    """A database whose connection breaks at some units: ``before`` their commit, or just ``after`` it."""

    def __init__(self, store, breaks):
        self._store, self._breaks = store, list(breaks)

    @contextmanager
    def transaction(self):
        broken = self._breaks.pop(0) if self._breaks else None
        with self._store.transaction() as tx:
            yield tx
            if broken == "before":
                raise DatabaseUnavailable("the connection was lost")
        if broken == "after":
            raise DatabaseUnavailable("the connection was lost")


class TestADatabaseThatRestarts:
    """What is known need not end as a doubt, and nothing that was tried again is sent again."""

    @pytest.mark.parametrize("broken", ["before", "after"])
    def test_at_the_answer(self, app, queued, broken):
        """The server took it; that is noted as soon as it can be."""
        deliver(replace(app, store=Breaking(app.store, [None, None, broken, broken])), [str(queued)])
        assert mail(app).state is MailState.SENT
        assert len(app.mailer.mails) == 1

    def test_at_the_hand_over_before_the_commit(self, app, queued):
        """Nothing has left: it is asked again, and sent."""
        deliver(replace(app, store=Breaking(app.store, [None, "before"])), [str(queued)])
        assert (mail(app).state, len(app.mailer.mails)) == (MailState.SENT, 1)

    def test_at_the_hand_over_after_the_commit(self, app, queued, clock):
        """Whose commit it was cannot be told any more: it is put off, and sent once."""
        deliver(replace(app, store=Breaking(app.store, [None, "after"])), [str(queued)])
        assert (mail(app).state, app.mailer.mails) == (MailState.DEFERRED, [])
        clock.move_to(mail(app).due_at)
        deliver(app, [str(queued)])
        assert (mail(app).state, len(app.mailer.mails)) == (MailState.SENT, 1)

    @pytest.mark.parametrize("broken", ["before", "after"])
    def test_at_a_refusal(self, app, queued, broken):
        """The address is suppressed in the same unit, once."""
        app.mailer.troubles = [MailRefused("550 5.1.1 after RCPT", "5.1.1")]
        deliver(replace(app, store=Breaking(app.store, [None, broken])), [str(queued)])
        assert (mail(app).state, app.mailer.mails) == (MailState.REFUSED, [])
        with app.store.transaction() as tx:
            assert tx.addresses.is_suppressed("runner@example.org")


def test_a_mail_that_kills_its_worker_is_given_up_on(app, queued, events):
    """Nothing catches what ends a process; the clock counts who did not come back, and tells."""

    class Deadly:
        def deliver(self, _envelope, _on_handed):
            raise SystemExit

    for _ in range(MAIL_PARKED_AFTER):
        with pytest.raises(SystemExit):
            deliver(replace(app, mailer=Deadly()), [str(queued)])
        with app.store.transaction() as tx:
            tx.connection.exec_driver_sql("UPDATE mail SET lease_until = now() - interval '1 second'")
        due_mails(app)
    due_mails(app)
    assert mail(app).state is MailState.PARKED
    assert [event for event in events if event["event"] == "mail_parked"] == [
        {"event": "mail_parked", "log_level": "error", "mail": queued}
    ]
    assert app.mailer.mails == []


class TestDeferred:
    def test_the_waits_grow_to_two_hours(self, app, queued, clock):
        """Greylisting takes minutes; a server that is away for a day is not asked every minute."""
        app.mailer.troubles = [MailDeferred("greylisted")] * 9
        waits = []
        for _ in range(9):
            deliver(app, [str(queued)])
            waits.append(mail(app).due_at - clock.now())
            clock.move_to(mail(app).due_at)
        assert [wait / timedelta(minutes=1) for wait in waits] == [2, 4, 8, 16, 32, 64, 120, 120, 120]
        deliver(app, [str(queued)])
        assert mail(app).state is MailState.SENT

    def test_before_its_time_it_is_not_tried(self, app, queued):
        """A job that comes early finds nothing to do."""
        app.mailer.troubles = [MailDeferred("greylisted")]
        deliver(app, [str(queued)])
        deliver(app, [str(queued)])
        assert (mail(app).state, mail(app).attempts) == (MailState.DEFERRED, 1)

    def test_however_many_attempts_were_made(self, app, queued):
        """The wait stays two hours; it does not grow out of what a time can hold."""
        with app.store.transaction() as tx:
            tx.connection.exec_driver_sql("UPDATE mail SET attempts = 5000")
        app.mailer.troubles = [MailDeferred("greylisted")]
        deliver(app, [str(queued)])
        assert mail(app).due_at == app.now() + LONGEST_RETRY

    def test_a_stale_warning_is_not_sent_any_more(self, app, queued, clock):
        """After 18 hours the day it spoke of is over."""
        clock.move_to(clock.now() + timedelta(hours=18))
        deliver(app, [str(queued)])
        assert mail(app).state is MailState.EXPIRED
        assert app.mailer.mails == []


def test_a_refused_mail_is_not_tried_again(app, queued, clock):
    """The server said no; it will say no tomorrow."""
    app.mailer.troubles = [MailRefused("550 no such user")]
    deliver(app, [str(queued)])
    clock.move_to(clock.now() + timedelta(hours=6))
    due_mails(app)
    deliver(app, [str(queued)])
    assert (mail(app).state, mail(app).error) == (MailState.REFUSED, "550 no such user")
    assert app.mailer.mails == []


def test_a_doubtful_mail_is_never_sent_again(app, queued, clock):
    """It may have arrived: a warning sent twice is worse than one that may not have arrived."""
    app.mailer.troubles, app.mailer.after = [MailInDoubt("the connection broke")], True
    deliver(app, [str(queued)])
    clock.move_to(clock.now() + timedelta(hours=6))
    due_mails(app)
    deliver(app, [str(queued)])
    assert mail(app).state is MailState.IN_DOUBT
    assert app.mailer.mails == []


def test_a_worker_that_lost_its_mail_does_not_send_it(app, queued):
    """It was too slow, and another has taken the row: the token decides."""

    class Slow:
        def deliver(self, _envelope, on_handed):
            with app.store.transaction() as tx:
                tx.connection.exec_driver_sql("UPDATE mail SET token = gen_random_uuid()")
            on_handed()
            raise AssertionError("it was sent")  # pragma: no cover

    deliver(replace(app, mailer=Slow()), [str(queued)])
    assert mail(app).state is MailState.SENDING


class TestWaysOut:
    def test_a_maildir_holds_it_once(self, app, queued, tmp_path):
        """The way out when no mail server is set."""
        spooling = replace(app, mailer=Maildir(tmp_path))
        deliver(spooling, [str(queued)])
        deliver(spooling, [str(queued)])
        (spooled,) = (tmp_path / "new").iterdir()
        assert b"Delivered-To: runner@example.org" in spooled.read_bytes()

    def test_a_mail_server_takes_it_on_the_second_try(self, app, queued, clock):
        """A greylisting server, over SMTP."""
        with mailbox(RCPT=["451 4.7.1 greylisted"]) as server:
            real = replace(app, mailer=Smtp(server.host, server.port, "", "", "none"))
            deliver(real, [str(queued)])
            assert mail(app).state is MailState.DEFERRED
            clock.move_to(mail(app).due_at)
            deliver(real, [str(queued)])
            assert mail(app).state is MailState.SENT
            assert server.recipients == ["runner@example.org"]

    def test_a_server_that_hangs_up_after_the_dot_leaves_a_doubt(self, app, queued):
        """The message did arrive, and nobody said so."""
        with mailbox(BODY=[HANG_UP]) as server:
            real = replace(app, mailer=Smtp(server.host, server.port, "", "", "none"))
            deliver(real, [str(queued)])
            deliver(real, [str(queued)])
            assert mail(app).state is MailState.IN_DOUBT
            assert len(server.received) == 1

    def test_the_row_s_error_names_no_address(self, app, queued):
        """Admins read it."""
        with mailbox(RCPT=["550 5.1.1 <runner@example.org> unknown"]) as server:
            deliver(replace(app, mailer=Smtp(server.host, server.port, "", "", "none")), [str(queued)])
        assert mail(app).state is MailState.REFUSED
        assert "runner@" not in (mail(app).error or "")


def test_a_receipt_goes_to_an_address_that_nobody_has_any_more(app):
    """The athlete is forgotten; the row carries the address itself, encrypted."""
    with app.store.transaction() as tx:
        receipt = enqueue_receipt(app, tx, "gone@example.org")
    deliver(app, [str(receipt)])
    assert app.mailer.recipients == ["gone@example.org"]
