"""The outbox: one worker, one hand-over, no doubt resent."""

import uuid
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any
from uuid import UUID

import pytest

from service.domain.finding import Context
from service.domain.history import CheckIn
from service.domain.night import MailKind
from service.domain.preference import Choice
from service.store.claims import SUSPECT_AFTER
from service.store.mailbox import MailState, Outgoing
from service.store.parking import MAIL_PARKED_AFTER
from service.store.session import Store, Transaction
from tests.store.samples import DAY, HOUR, NOW, TODAY, letter

ADDRESS = "runner@example.org"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def reader(store: Store, athlete: UUID) -> UUID:
    """An athlete whose address is confirmed."""
    with store.transaction() as tx:
        tx.addresses.confirm(tx.addresses.propose(athlete, ADDRESS, NOW), NOW)
    return athlete


def put(tx: Transaction, athlete: UUID | None, kind=MailKind.WARNING, **more) -> UUID:
    message_id = more.pop("message_id", f"<{uuid.uuid4()}@x.test>")
    mail = tx.mailbox.put(athlete, kind, TODAY, letter(kind), message_id, NOW, **more)
    assert mail is not None
    return mail


def taken(tx: Transaction, athlete: UUID) -> Outgoing:
    outgoing = tx.mailbox.take(put(tx, athlete), NOW)
    assert outgoing is not None
    return outgoing


def state_of(tx: Transaction, mail: UUID) -> MailState:
    return next(record.state for record in tx.mailbox.many() if record.id == mail)


def expire_leases(tx: Transaction) -> None:
    tx.connection.exec_driver_sql("UPDATE mail SET lease_until = lease_until - interval '1 day'")


def test_a_mail_is_taken_whole(store: Store, reader: UUID) -> None:
    """With everything sending needs, and the address confirmed by then."""
    with store.transaction() as tx:
        mail = put(tx, reader, message_id="<1@x.test>")
        outgoing = tx.mailbox.take(mail, NOW)
    assert outgoing is not None
    message = letter()
    assert (outgoing.id, outgoing.recipient, outgoing.message_id) == (mail, ADDRESS, "<1@x.test>")
    assert (outgoing.subject, outgoing.text, outgoing.html) == (message.subject, message.text, message.html)
    assert (outgoing.chart_png, outgoing.unsubscribe_url) == (message.chart_png, message.unsubscribe_url)
    assert (outgoing.kind, outgoing.night, outgoing.attempts) == (MailKind.WARNING, TODAY, 1)
    assert ADDRESS not in repr(outgoing)


def test_one_mail_of_a_kind_a_night(store: Store, reader: UUID) -> None:
    """The database forbids the second; kinds that may be many a day have a number."""
    with store.transaction() as tx:
        put(tx, reader)
        assert tx.mailbox.put(reader, MailKind.WARNING, TODAY, letter(), "<2@x.test>", NOW) is None
        put(tx, reader, MailKind.RECONNECT)
        assert tx.mailbox.next_number(reader, MailKind.RECONNECT, TODAY) == 1
        put(tx, reader, MailKind.RECONNECT, number=1)
        assert tx.mailbox.next_number(reader, MailKind.CONFIRM_ADDRESS, TODAY) == 0


def test_a_message_id_is_used_once(store: Store) -> None:
    """Also where no athlete is left to be counted."""
    with store.transaction() as tx:
        put(tx, None, MailKind.ERASED, address=ADDRESS, message_id="<e@x.test>")
        again = tx.mailbox.put(None, MailKind.ERASED, TODAY, letter(), "<e@x.test>", NOW, address=ADDRESS)
        assert again is None


def test_a_mail_goes_to_the_address_given_with_it(store: Store, athlete: UUID) -> None:
    """A confirmation goes to the address in question, a receipt to one that is no longer kept."""
    with store.transaction() as tx:
        for who, kind in ((athlete, MailKind.CONFIRM_ADDRESS), (None, MailKind.ERASED)):
            outgoing = tx.mailbox.take(put(tx, who, kind, address="new@example.org"), NOW)
            assert outgoing is not None
            assert outgoing.recipient == "new@example.org"
        assert "example" not in repr(tx.connection.exec_driver_sql("SELECT address FROM mail").all())


def test_only_one_worker_takes_it(store: Store, reader: UUID) -> None:
    """Four at once: one gets the mail."""
    with store.transaction() as tx:
        mail = put(tx, reader)
    barrier, got = Barrier(4), []

    def work() -> None:
        barrier.wait()
        with store.transaction() as tx:
            got.append(tx.mailbox.take(mail, NOW) is not None)

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == [False, False, False, True]


def test_a_claim_names_a_mail_once(store: Store, reader: UUID) -> None:
    """Ticks do not defer the same mail again; but who was told may take it."""
    with store.transaction() as tx:
        mail = put(tx, reader)
        assert tx.mailbox.claim_due(NOW - MINUTE, 9) == []
        assert tx.mailbox.claim_due(NOW, 9) == [mail]
        assert tx.mailbox.claim_due(NOW, 9) == []
        expire_leases(tx)
        assert tx.mailbox.claim_due(NOW, 9) == [mail]
        assert tx.mailbox.take(mail, NOW) is not None
        assert tx.mailbox.take(mail, NOW) is None


def test_sending_ends_as_sent(store: Store, reader: UUID) -> None:
    """queued → sending → handed → sent; then nobody takes it again."""
    with store.transaction() as tx:
        outgoing = taken(tx, reader)
        assert state_of(tx, outgoing.id) == MailState.SENDING
        assert tx.mailbox.handed(outgoing.id, outgoing.token)
        assert state_of(tx, outgoing.id) == MailState.HANDED
        assert tx.mailbox.sent(outgoing.id, outgoing.token, NOW)
        expire_leases(tx)
        assert tx.mailbox.take(outgoing.id, NOW + DAY) is None
        assert tx.mailbox.claim_due(NOW + DAY, 9) == []
        assert tx.mailbox.counts_by_state() == {MailState.SENT: 1}


def test_a_dead_worker_loses_its_token(store: Store, reader: UUID) -> None:
    """Before the hand-over another may take the mail; then the first may say nothing any more."""
    with store.transaction() as tx:
        dead = taken(tx, reader)
        expire_leases(tx)
        assert tx.parking.recover_mails(NOW) == []
        assert tx.mailbox.claim_due(NOW, 9) == [dead.id]
        alive = tx.mailbox.take(dead.id, NOW)
        assert alive is not None
        assert alive.attempts == 2
        assert not tx.mailbox.handed(dead.id, dead.token)
        assert not tx.mailbox.sent(dead.id, dead.token, NOW)
        assert not tx.mailbox.deferred(dead.id, dead.token, "451", NOW)
        assert not tx.mailbox.refused(dead.id, dead.token, "550", NOW)
        assert not tx.mailbox.in_doubt(dead.id, dead.token, NOW)
        assert tx.mailbox.handed(alive.id, alive.token)


def test_what_was_handed_over_is_never_sent_again(store: Store, reader: UUID) -> None:
    """An hour without word is doubt, and doubt is final."""
    with store.transaction() as tx:
        outgoing = taken(tx, reader)
        tx.mailbox.handed(outgoing.id, outgoing.token)
        expire_leases(tx)
        assert tx.mailbox.take(outgoing.id, NOW + HOUR) is None
        assert tx.mailbox.sweep(NOW + HOUR) == 0
        tx.connection.exec_driver_sql("UPDATE mail SET handed_at = handed_at - interval '61 minutes'")
        assert tx.mailbox.sweep(NOW + HOUR) == 1
        assert state_of(tx, outgoing.id) == MailState.IN_DOUBT
        assert tx.mailbox.take(outgoing.id, NOW + HOUR) is None
        assert not tx.mailbox.handed(outgoing.id, outgoing.token)


def crashed(tx: Transaction, mail: UUID, times: int) -> list[UUID]:
    """So many workers took it and were never heard of again; what was given up on."""
    parked: list[UUID] = []
    for _ in range(times):
        assert tx.mailbox.take(mail, NOW) is not None
        expire_leases(tx)
        parked += tx.parking.recover_mails(NOW)
    return parked


def test_a_mail_that_workers_die_of_is_given_up_on(store: Store, reader: UUID) -> None:
    """After five of them; and an admin may have it sent after all, with all attempts."""
    with store.transaction() as tx:
        mail = put(tx, reader)
        assert crashed(tx, mail, MAIL_PARKED_AFTER) == [mail]
        assert state_of(tx, mail) == MailState.PARKED
        assert tx.mailbox.take(mail, NOW) is None
        assert tx.mailbox.claim_due(NOW, 9) == []
        assert tx.parking.unpark_mail(mail, NOW)
        assert not tx.parking.unpark_mail(mail, NOW)
        assert crashed(tx, mail, MAIL_PARKED_AFTER - 1) == []
        assert tx.mailbox.claim_due(NOW, 9) == [mail]


def test_a_mail_that_is_put_off_is_not_given_up_on(store: Store, reader: UUID) -> None:
    """However often the server says "later": that is no crash."""
    with store.transaction() as tx:
        mail = put(tx, reader)
        for _ in range(3 * MAIL_PARKED_AFTER):
            outgoing = tx.mailbox.take(mail, NOW)
            assert outgoing is not None
            assert tx.mailbox.deferred(mail, outgoing.token, "451", NOW)
        assert crashed(tx, mail, 1) == []
        assert state_of(tx, mail) == MailState.QUEUED


def test_a_parked_mail_that_has_grown_old_is_not_sent(store: Store, reader: UUID) -> None:
    """An admin who comes a day late cannot have a warning of yesterday sent."""
    with store.transaction() as tx:
        mail = put(tx, reader)
        crashed(tx, mail, MAIL_PARKED_AFTER)
        assert tx.parking.unpark_mail(mail, NOW + DAY)
        assert tx.mailbox.take(mail, NOW + DAY) is None
        assert state_of(tx, mail) == MailState.EXPIRED


def test_suspects_go_one_at_a_time(store: Store, reader: UUID) -> None:
    """Whichever of them kills takes the others along but once more; all else goes on."""
    with store.transaction() as tx:
        suspects = [put(tx, reader, number=number) for number in range(3)]
        for _ in range(SUSPECT_AFTER):
            for mail in suspects:
                assert tx.mailbox.take(mail, NOW) is not None
            expire_leases(tx)
            assert tx.parking.recover_mails(NOW) == []
        other = put(tx, reader, number=3)
        claims = [tx.mailbox.claim_due(NOW, 9) for _ in range(4)]
        assert sorted(map(len, claims)) == [0, 1, 1, 2]
        assert other in claims[0]
        assert {mail for claim in claims for mail in claim} == {*suspects, other}


@pytest.mark.parametrize("handed", [False, True])  # said no before the data, or after the final dot
def test_a_deferred_mail_is_due_again(store: Store, reader: UUID, handed: bool) -> None:
    """The server said "later": not before then, and with a new token."""
    with store.transaction() as tx:
        outgoing = taken(tx, reader)
        if handed:
            tx.mailbox.handed(outgoing.id, outgoing.token)
        assert tx.mailbox.deferred(outgoing.id, outgoing.token, "451 greylisted", NOW + HOUR)
        assert tx.mailbox.take(outgoing.id, NOW + 59 * MINUTE) is None
        assert tx.mailbox.claim_due(NOW + 59 * MINUTE, 9) == []
        assert tx.mailbox.claim_due(NOW + HOUR, 9) == [outgoing.id]
        again = tx.mailbox.take(outgoing.id, NOW + HOUR)
        assert tx.mailbox.many()[0].error == "451 greylisted"
    assert again is not None
    assert (again.attempts, again.message_id) == (2, outgoing.message_id)
    assert again.token != outgoing.token


def test_refused_and_doubtful_are_final(store: Store, reader: UUID) -> None:
    """The reason stays for admins."""
    with store.transaction() as tx:
        outgoing = taken(tx, reader)
        assert tx.mailbox.refused(outgoing.id, outgoing.token, "550 unknown", NOW)
        assert not tx.mailbox.in_doubt(outgoing.id, outgoing.token, NOW)
        record = tx.mailbox.many(athlete_id=reader)[0]
        doubtful = tx.mailbox.take(put(tx, reader, MailKind.RECONNECT), NOW)
        assert doubtful is not None
        assert tx.mailbox.in_doubt(doubtful.id, doubtful.token, NOW)
        assert tx.mailbox.take(doubtful.id, NOW + DAY) is None
    assert (record.state, record.error, record.settled_at) == (MailState.REFUSED, "550 unknown", NOW)


@pytest.mark.parametrize(
    ("kind", "hours", "state"),
    [
        (MailKind.WARNING, 17, MailState.QUEUED),  # still about today
        (MailKind.WARNING, 18, MailState.EXPIRED),  # the day it spoke of is over
        (MailKind.RECONNECT, 18, MailState.QUEUED),  # still true tomorrow
        (MailKind.RECONNECT, 72, MailState.EXPIRED),  # not for ever
    ],
)
def test_old_mails_expire(store: Store, reader: UUID, kind: MailKind, hours: int, state: MailState) -> None:
    """A queue that was stuck over the weekend does not spit out three nights."""
    with store.transaction() as tx:
        mail = put(tx, reader, kind)
        assert tx.mailbox.sweep(NOW + hours * HOUR) == (state == MailState.EXPIRED)
        assert state_of(tx, mail) == state


def test_a_stale_warning_is_not_taken_even_unswept(store: Store, reader: UUID) -> None:
    """The age is looked at in the moment of sending."""
    with store.transaction() as tx:
        mail = put(tx, reader)
        assert tx.mailbox.take(mail, NOW + 18 * HOUR) is None
        assert state_of(tx, mail) == MailState.EXPIRED


def test_no_mail_without_a_reader_who_wants_it(store: Store, athlete: UUID) -> None:
    """Unconfirmed, suppressed or switched off in the meantime: the mail ends as suppressed."""
    with store.transaction() as tx:
        token = tx.addresses.propose(athlete, ADDRESS, NOW)
        unconfirmed = put(tx, athlete)
        assert tx.mailbox.take(unconfirmed, NOW) is None
        tx.addresses.confirm(token, NOW)
        tx.addresses.set_mail(athlete, MailKind.WARNING, on=False)
        unwanted = put(tx, athlete, number=1)
        assert tx.mailbox.take(unwanted, NOW) is None
        tx.addresses.suppress(ADDRESS, "hard_bounce", NOW)
        bounced = put(tx, athlete, MailKind.RECONNECT)
        assert tx.mailbox.take(bounced, NOW) is None
        nobodys = put(tx, None, MailKind.ERASED)
        assert tx.mailbox.take(nobodys, NOW) is None
        assert tx.mailbox.counts_by_state() == {MailState.SUPPRESSED: 4}


@pytest.mark.parametrize(
    ("kind", "told", "flagged", "taken"),
    [
        (MailKind.WARNING, {"ill": True}, False, False),
        (MailKind.LONG_RUN, {"pain": True}, False, False),
        (MailKind.WEEKLY, {"pain": True}, False, False),
        (MailKind.WEEKLY, {"pain": True}, True, True),  # it was written knowing of it
        (MailKind.WARNING, {"ill": False, "legs": 1}, False, True),  # heavy legs are no illness
        (MailKind.RECONNECT, {"ill": True}, False, True),  # says nothing of training
    ],
)
def test_no_word_on_training_after_a_red_flag(
    store: Store, reader: UUID, kind: MailKind, told: dict[str, Any], flagged: bool, taken: bool
) -> None:
    """Whenever it was told: a mail that waited may have been written in the same second."""
    with store.transaction() as tx:
        tx.preferences.choose(reader, {MailKind.WEEKLY: Choice.WEEKLY})
        mail = put(tx, reader, kind, flagged=flagged)
        tx.checkins.put(reader, CheckIn(NOW.date(), **told), NOW - HOUR)
        assert (tx.mailbox.take(mail, NOW + 2 * HOUR) is not None) is taken
        [kept] = tx.mailbox.many()
        expected = (MailState.SENDING, None) if taken else (MailState.SUPPRESSED, "red_flag")
        assert (kept.state, kept.error) == expected


def test_what_was_taken_back_holds_no_mail_up(store: Store, reader: UUID) -> None:
    """Told last is what counts, also of a date that a flight west repeats."""
    with store.transaction() as tx:
        mail = put(tx, reader)
        tx.checkins.put(reader, CheckIn(TODAY, ill=True), NOW)
        tx.checkins.put(reader, CheckIn(TODAY + DAY, pain=True), NOW + HOUR)
        tx.checkins.put(reader, CheckIn(TODAY, ill=False, pain=False), NOW + 2 * HOUR)
        tx.checkins.put(reader, CheckIn(TODAY + DAY, exertion=4), NOW + 3 * HOUR)  # no morning's answer
        assert tx.checkins.open_flags(reader, TODAY) == {}
        assert tx.mailbox.take(mail, NOW + 3 * HOUR) is not None
        tx.checkins.put(reader, CheckIn(TODAY - DAY, ill=True), NOW + 4 * HOUR)
        assert tx.checkins.open_flags(reader, TODAY) == {Context.ILLNESS: TODAY - DAY}


def test_admins_filter_mails(store: Store, reader: UUID) -> None:
    """By state, kind and athlete, newest first; never what a mail says."""
    with store.transaction() as tx:
        warning, receipt = put(tx, reader), put(tx, None, MailKind.ERASED, address=ADDRESS)
        tx.mailbox.take(warning, NOW)
        assert {record.id for record in tx.mailbox.many()} == {warning, receipt}
        assert [record.id for record in tx.mailbox.many(state="sending")] == [warning]
        assert [record.id for record in tx.mailbox.many(kind="erased")] == [receipt]
        assert [record.id for record in tx.mailbox.many(athlete_id=reader)] == [warning]
        assert not hasattr(tx.mailbox.many()[0], "text")


def test_the_latest_mail_can_be_shown(store: Store, reader: UUID) -> None:
    """Whole, as the demo prints it."""
    with store.transaction() as tx:
        assert tx.mailbox.latest() is None
        put(tx, reader)
        assert tx.mailbox.latest(kind=MailKind.WARNING, athlete_id=reader) == letter()
        assert tx.mailbox.latest(kind=MailKind.ERASED) is None


def test_settled_mails_lose_their_text(store: Store, reader: UUID) -> None:
    """The row stays: it is the key that forbids a second mail."""
    with store.transaction() as tx:
        outgoing = taken(tx, reader)
        tx.mailbox.sent(outgoing.id, outgoing.token, NOW)
        assert tx.mailbox.purge(NOW) == 0
        assert tx.mailbox.purge(NOW + DAY) == 1
        latest = tx.mailbox.latest()
        assert tx.mailbox.put(reader, MailKind.WARNING, TODAY, letter(), "<9@x.test>", NOW) is None
    assert latest is not None
    assert (latest.subject, latest.text, latest.html, latest.chart_png) == ("", "", "", None)
