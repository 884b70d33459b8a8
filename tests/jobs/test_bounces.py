"""Bounces taken in: whose mail it was is proved, and exactly the addresses that are gone are given up."""

import io
import random
from collections import Counter
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from service.domain.bounce import Fate
from service.domain.night import MailKind
from service.errors import InputError, MailRefused
from service.jobs.bounces import collect, take
from service.jobs.deliver import deliver
from service.jobs.outbox import enqueue_receipt
from service.store.bounces import BELIEVED_FOR, MOST_IN_A_ROW, Outcome, Verp
from service.store.keyring import Keyring
from service.store.mailbox import MailState
from tests.apps import an_app, an_athlete
from tests.jobs.conftest import NOW
from tests.notify.bounces import Ours, corpus, dsn
from tests.store.samples import DAY, letter

READER = "runner@example.org"
HARD, SOFT = "Action: failed\nStatus: 5.1.1\n", "Action: failed\nStatus: 4.2.2\n"


@pytest.fixture
def app(store, database_url, clock):
    """With an address for bounces."""
    with an_app(
        store, dsn=database_url, now=clock.now, bounce_address="Bounces@mail.test", smtp_host="x"
    ) as wired:
        yield wired


@pytest.fixture
def athlete(app):
    return an_athlete(app).id


def sent(app, athlete: UUID | None, nights_ago: int = 0) -> tuple[UUID, Ours]:
    """A mail that has left, as its envelope and its header name it."""
    night = NOW.date() - nights_ago * DAY
    with app.store.transaction() as tx:
        mail = tx.mailbox.put(
            athlete, MailKind.WARNING, night, letter(), f"<{uuid4().hex}@mail.test>", app.now()
        )
    deliver(app, [str(mail)])
    return mail, last_sent(app)


def last_sent(app) -> Ours:
    last = app.mailer.mails[-1]
    return Ours(last.sender, last.message_id)


def state(app, mail: UUID) -> tuple[MailState, str | None]:
    with app.store.transaction() as tx:
        return next((found.state, found.error) for found in tx.mailbox.many() if found.id == mail)


def suppressed(app, address: str = READER) -> bool:
    with app.store.transaction() as tx:
        return tx.addresses.is_suppressed(address)


def test_the_envelope_says_which_mail_it_is(app, athlete):
    """VERP; the From header stays what it is, and the local part within 64 characters."""
    mail, ours = sent(app, athlete)
    verp = Verp(app.keyring, "bounces@mail.test")
    assert verp.mail_of(ours.return_path) == verp.mail_of(ours.return_path.upper()) == mail
    assert b"From: freshlegs <freshlegs@localhost>" in app.mailer.mails[-1].content
    assert len(ours.return_path.partition("@")[0]) <= 64


def test_an_address_that_is_gone_is_written_to_no_more(app, athlete, events):
    """The mail says why, the log says which, and the next mail does not leave."""
    mail, ours = sent(app, athlete)
    assert take(app, dsn(ours, HARD)) is Outcome.HARD
    assert state(app, mail) == (MailState.REFUSED, "5.1.1 came back")
    assert suppressed(app)
    assert [event["event"] for event in events] == ["mail_sent", "bounce", "address_suppressed"]
    assert READER not in repr(events)
    sent(app, athlete, nights_ago=1)
    assert len(app.mailer.mails) == 1


def test_the_whole_corpus_suppresses_exactly_the_hard_ones(app, athlete):
    """Each form alone, on a mail of its own, to an address of its own."""
    wrong = []
    for case in corpus():
        with app.store.transaction() as tx:
            tx.connection.exec_driver_sql("DELETE FROM suppression")
            tx.connection.exec_driver_sql("DELETE FROM mail")
        _, ours = sent(app, athlete)
        case = next(each for each in corpus(ours) if each.name == case.name)
        take(app, case.raw)
        if suppressed(app) != (case.hard or case.fate is Fate.COMPLAINT):
            wrong.append(case.name)
    assert wrong == []


def test_a_bounce_taken_twice_changes_nothing(app, athlete):
    """A mailbox may be read again."""
    _, ours = sent(app, athlete)
    assert [take(app, dsn(ours, SOFT)) for _ in range(6)] == [Outcome.SOFT, *[Outcome.AGAIN] * 5]
    assert not suppressed(app)


class TestPassingReasons:
    def test_five_in_a_row_end_it(self, app, athlete, clock):
        """A mailbox that is full for five mails is nobody's."""
        outcomes = []
        for night in range(MOST_IN_A_ROW):
            clock.move_to(NOW + night * DAY)
            outcomes.append(take(app, dsn(sent(app, athlete, night)[1], SOFT)))
        assert outcomes == [*[Outcome.SOFT] * (MOST_IN_A_ROW - 1), Outcome.GIVEN_UP]
        assert suppressed(app)

    def test_one_that_did_not_come_back_starts_the_count_anew(self, app, athlete, clock):
        """It was delivered."""
        for night in range(9):
            clock.move_to(NOW + night * DAY)
            _, ours = sent(app, athlete, night)
            if night != 4:
                take(app, dsn(ours, SOFT))
        assert not suppressed(app)

    def test_a_delay_is_no_failure(self, app, athlete):
        """The server still tries."""
        mail, ours = sent(app, athlete)
        assert take(app, dsn(ours, "Action: delayed\nStatus: 4.4.1\n")) is Outcome.DELAYED
        assert state(app, mail) == (MailState.SENT, None)


class TestProof:
    @pytest.mark.parametrize("spoil", [lambda a: a.replace("+", "+a"), lambda a: a.replace("@", "a@")])
    def test_a_signature_that_is_not_ours_counts_for_nothing(self, app, athlete, spoil):
        """Even beside the right Message-ID."""
        mail, ours = sent(app, athlete)
        assert take(app, dsn(Ours(spoil(ours.return_path), ours.message_id), HARD)) is Outcome.FORGED
        assert state(app, mail) == (MailState.SENT, None)

    def test_another_keyring_s_signature_is_not_ours(self, app, athlete):
        """Somebody else's freshlegs."""
        foreign = Verp(Keyring.from_secret(b"x" * 32), "bounces@mail.test")
        mail, _ = sent(app, athlete)
        assert take(app, dsn(Ours(foreign.sender(mail)), HARD)) is Outcome.FORGED

    def test_ten_thousand_guesses_hit_nobody(self, app, athlete):
        """Ids that are right, signatures that are not."""
        dice = random.Random(4)
        _, ours = sent(app, athlete)
        verp, token = Verp(app.keyring, "bounces@mail.test"), ours.return_path[8:-10]
        hits = 0
        for _ in range(10_000):
            forged = token[:26] + "".join(dice.choices("abcdefghijklmnopqrstuvwxyz234567", k=len(token) - 26))
            try:
                hits += verp.mail_of(f"bounces+{forged}@mail.test") is not None
            except ValueError:
                continue
        assert hits == 0

    def test_without_an_address_of_its_own_the_message_id_is_enough(self, app, athlete):
        """The bounce came to the mailbox of MAIL_FROM."""
        _, ours = sent(app, athlete)
        assert take(app, dsn(Ours("freshlegs@localhost", ours.message_id), HARD)) is Outcome.HARD
        assert take(app, dsn(Ours("freshlegs@localhost", "<guess@mail.test>"), HARD)) is Outcome.UNKNOWN

    def test_a_bounce_of_last_month_is_not_believed(self, app, athlete, clock):
        """No server tries that long."""
        _, ours = sent(app, athlete)
        clock.move_to(NOW + BELIEVED_FOR + timedelta(seconds=1))
        assert take(app, dsn(ours, HARD)) is Outcome.UNKNOWN
        assert not suppressed(app)

    def test_a_mail_that_never_left_cannot_come_back(self, app, athlete):
        """It still lies in the outbox."""
        with app.store.transaction() as tx:
            mail = tx.mailbox.put(
                athlete, MailKind.WARNING, NOW.date(), letter(), "<waits@mail.test>", app.now()
            )
        sender = Verp(app.keyring, "bounces@mail.test").sender(mail)
        assert take(app, dsn(Ours(sender), HARD)) is Outcome.UNKNOWN
        assert state(app, mail)[0] is MailState.QUEUED


class TestWhoseAddress:
    def test_an_address_that_has_changed_since_is_not_touched(self, app, athlete, clock):
        """The mail went to the old one; the new one has done nothing."""
        _, ours = sent(app, athlete)
        clock.move_to(NOW + timedelta(hours=1))
        with app.store.transaction() as tx:
            tx.addresses.confirm(tx.addresses.propose(athlete, "new@example.org", app.now()), app.now())
        take(app, dsn(ours, HARD))
        assert not suppressed(app, "new@example.org")

    def test_the_receipt_of_an_erasure_may_come_back(self, app):
        """It belongs to nobody, and its address is suppressed all the same."""
        with app.store.transaction() as tx:
            receipt = enqueue_receipt(app, tx, "gone@example.org")
        deliver(app, [str(receipt)])
        assert take(app, dsn(last_sent(app), HARD)) is Outcome.HARD
        assert suppressed(app, "gone@example.org")

    def test_a_suppression_outlives_the_athlete_and_holds_no_address(self, app, athlete, clock):
        """Keyed by HMAC."""
        _, ours = sent(app, athlete)
        take(app, dsn(ours, HARD))
        with app.store.transaction() as tx:
            tx.athletes.disconnect(athlete)
            tx.athletes.forget(athlete, app.now())
            rows = tx.connection.exec_driver_sql("SELECT * FROM suppression").all()
        assert suppressed(app, "Runner@Example.org ")
        assert b"runner" not in repr(rows).lower().encode()


def test_a_complaint_ends_all_mail_for_good(app, athlete):
    """An operator cannot take it back."""
    _, ours = sent(app, athlete)
    complaint = next(case for case in corpus(ours) if case.name == "complaint")
    assert [take(app, complaint.raw) for _ in range(2)] == [Outcome.COMPLAINT, Outcome.AGAIN]
    with app.store.transaction() as tx:
        assert not tx.addresses.write_again(READER)
    assert suppressed(app)


def test_a_bounce_settles_a_doubt(app, athlete):
    """Whichever way: it came back, or a receipt says that it arrived."""
    for fields, outcome in (
        (SOFT, MailState.REFUSED),
        ("Action: delivered\nStatus: 2.0.0\n", MailState.SENT),
    ):
        mail, ours = sent(app, athlete, nights_ago=len(fields))
        with app.store.transaction() as tx:
            tx.connection.exec_driver_sql("UPDATE mail SET state = 'in_doubt'")
        take(app, dsn(ours, fields))
        assert state(app, mail)[0] is outcome


@pytest.mark.parametrize(
    ("status", "gone"), [("5.1.1", True), ("5.7.1", False), ("5.0.0", False), ("", False)]
)
def test_a_server_that_refuses_at_once_may_say_the_same(app, athlete, status, gone):
    """The recipient's own server, asked directly, knows who lives there."""
    app.mailer.troubles = [MailRefused("550 after RCPT", status)]
    with app.store.transaction() as tx:
        mail = tx.mailbox.put(athlete, MailKind.WARNING, NOW.date(), letter(), "<a@mail.test>", app.now())
    deliver(app, [str(mail)])
    assert suppressed(app) is gone


class TestPlaces:
    def test_a_maildir_is_read_once(self, app, athlete, tmp_path):
        """What was read lies in ``cur``."""
        (tmp_path / "new").mkdir()
        _, ours = sent(app, athlete)
        (tmp_path / "new" / "1.x").write_bytes(dsn(ours, HARD))
        (tmp_path / "new" / "2.x").write_bytes(b"Subject: hello\n\nyou")
        assert collect(app, [tmp_path], io.BytesIO()) == Counter({Outcome.HARD: 1, Outcome.NOTHING: 1})
        assert collect(app, [tmp_path], io.BytesIO()) == Counter()
        assert sorted(file.name for file in (tmp_path / "cur").iterdir()) == ["1.x:2,S", "2.x:2,S"]

    def test_an_mbox_a_file_and_a_pipe(self, app, athlete, tmp_path):
        """The same bounce by three ways is one bounce."""
        raw = dsn(sent(app, athlete)[1], HARD)
        (tmp_path / "one.eml").write_bytes(raw)
        (tmp_path / "mbox").write_bytes(b"From MAILER-DAEMON Mon Mar  2 05:31:00 2026\n" + raw + b"\n")
        places = [tmp_path / "mbox", tmp_path / "one.eml", Path("-")]
        assert collect(app, places, io.BytesIO(raw)) == Counter({Outcome.HARD: 1, Outcome.AGAIN: 2})

    def test_a_place_that_is_none_is_named(self, app, tmp_path):
        """One line says which."""
        for place in (tmp_path, tmp_path / "nothing"):
            with pytest.raises(InputError, match=str(place)):
                collect(app, [place], io.BytesIO())
