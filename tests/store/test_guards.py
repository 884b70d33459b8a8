"""The two switches: nothing leaves while mail is stopped; a night that warns too many is held as a whole."""

from datetime import date, timedelta
from threading import Barrier, Thread
from uuid import UUID

import pytest

from service.domain.night import Decision, MailKind, Silence
from service.store.guards import Gate, Guard
from service.store.mailbox import MailState
from service.store.session import Store
from tests.store.samples import NOW, SCOPES, letter
from tests.verdicts import assessment, finding

NIGHT = date(2026, 3, 2)
ADMIN = UUID(int=9)
WARNED = Decision(MailKind.WARNING, None)
SILENT = Decision(None, Silence.NOTHING_FOUND)


def judge(store: Store, number: int, decision: Decision) -> UUID:
    """One athlete's night without asking the gate; a warning lies in the outbox."""
    with store.transaction() as tx:
        athlete = tx.athletes.connect(number, SCOPES, "UTC", NOW).id
        tx.nights.record(athlete, NIGHT, assessment(finding(), night=NIGHT), decision, NOW, "d")
        if decision.mail:
            tx.mailbox.put(
                athlete, MailKind.WARNING, NIGHT, letter(), f"<{number}@x>", NOW, address="a@b.org"
            )
    return athlete


def warn(store: Store, number: int, *, share: float = 0.2, least: int = 4, now=NOW) -> Gate:
    """As the nightly job does it."""
    with store.transaction() as tx:
        athlete = tx.athletes.connect(number, SCOPES, "UTC", NOW).id
        gate = tx.guards.gate(now, share=share, least=least)
        decision = WARNED if gate is Gate.OPEN else Decision(None, Silence.HELD)
        tx.nights.record(athlete, NIGHT, assessment(finding(), night=NIGHT), decision, now, "d")
        held = gate is not Gate.OPEN
        tx.mailbox.put(
            athlete, MailKind.WARNING, NIGHT, letter(), f"<{number}@x>", now, address="a@b.org", held=held
        )
    return gate


def states(store: Store) -> dict[MailState, int]:
    with store.transaction() as tx:
        return tx.mailbox.counts_by_state()


class TestStop:
    """The switch of the admins."""

    def test_nothing_is_claimed_taken_or_handed_over_while_mail_is_stopped(self, store: Store) -> None:
        """Not even a mail that a worker has in hand."""
        judge(store, 1, WARNED)
        judge(store, 2, WARNED)
        with store.transaction() as tx:
            first, second = tx.mailbox.claim_due(NOW, 10)
            outgoing = tx.mailbox.take(first, NOW)
            assert tx.guards.turn(Guard.MAIL, NOW, ADMIN, on=True)
        with store.transaction() as tx:
            assert not tx.mailbox.handed(first, outgoing.token)
            assert tx.mailbox.take(second, NOW) is None
            assert tx.mailbox.claim_due(NOW, 10, lease_s=0) == []
        with store.transaction() as tx:
            tx.guards.turn(Guard.MAIL, NOW, ADMIN, on=False)
            assert tx.mailbox.handed(first, outgoing.token)
            assert tx.mailbox.take(second, NOW) is not None

    def test_turning_twice_changes_once(self, store: Store) -> None:
        """Who did it, and when, is kept of the first."""
        with store.transaction() as tx:
            assert tx.guards.turn(Guard.MAIL, NOW, ADMIN, on=True)
            assert not tx.guards.turn(Guard.MAIL, NOW + timedelta(hours=1), UUID(int=8), on=True)
            switch = tx.guards.all()[Guard.MAIL]
        assert (switch.on, switch.changed_at, switch.changed_by) == (True, NOW, ADMIN)

    def test_guards_are_off_until_they_are_touched(self, store: Store) -> None:
        with store.transaction() as tx:
            assert [switch.on for switch in tx.guards.all().values()] == [False, False]


class TestBreaker:
    """A night that warns too many."""

    @pytest.mark.parametrize(
        ("silent", "warned", "gate"),
        [
            (0, 2, Gate.OPEN),  # all of them, but too few to mean anything
            (30, 3, Gate.OPEN),  # enough, but a small share
            (0, 3, Gate.TRIPPED),  # the fourth of four
            (12, 3, Gate.TRIPPED),  # 4 of 16: a quarter
            (16, 3, Gate.OPEN),  # 4 of 20: exactly a fifth is not more
        ],
    )
    def test_share_and_number(self, store: Store, silent: int, warned: int, gate: Gate) -> None:
        """Both must be passed."""
        for number in range(silent + warned):
            judge(store, number, WARNED if number < warned else SILENT)
        assert warn(store, 99) is gate

    def test_what_waits_is_held_with_it(self, store: Store) -> None:
        """Nobody of that night is written to, and their nights say so."""
        athletes = [judge(store, number, WARNED) for number in range(3)]
        assert [warn(store, 50), warn(store, 51)] == [Gate.TRIPPED, Gate.HELD]
        assert states(store) == {MailState.HELD: 5}
        with store.transaction() as tx:
            assert tx.guards.held() == 5
            assert {tx.nights.latest(each).decision.silent_because for each in athletes} == {Silence.HELD}
            assert tx.mailbox.claim_due(NOW, 10) == []

    def test_released_by_hand_they_are_sent(self, store: Store) -> None:
        """And the count begins anew, or the next warning would trip it again."""
        athletes = [judge(store, number, WARNED) for number in range(3)]
        warn(store, 50)
        later = NOW + timedelta(hours=1)
        with store.transaction() as tx:
            assert len(tx.guards.release(later, ADMIN)) == 4
            assert {tx.nights.latest(each).decision for each in athletes} == {WARNED}
            assert len(tx.mailbox.claim_due(later, 10)) == 4
        assert warn(store, 60, now=later) is Gate.OPEN

    def test_discarded_they_are_not(self, store: Store) -> None:
        """The nights stay silent, so that the next one may warn."""
        athlete = judge(store, 1, WARNED)
        for number in range(2, 6):
            warn(store, number)
        with store.transaction() as tx:
            assert tx.guards.discard(NOW, ADMIN) == 5
            assert not tx.guards.all()[Guard.WARNINGS].on
            assert tx.nights.sent_warnings(athlete, NIGHT) == []
        assert states(store) == {MailState.SUPPRESSED: 5}

    def test_a_held_warning_grows_too_old(self, store: Store) -> None:
        """Nobody looked for 18 hours: the day it spoke of is over."""
        for number in range(5):
            warn(store, number)
        with store.transaction() as tx:
            tx.mailbox.sweep(NOW + timedelta(hours=18))
        assert states(store) == {MailState.EXPIRED: 5}

    def test_the_night_before_does_not_count(self, store: Store) -> None:
        """24 hours are one night of the whole earth."""
        for number in range(3):
            judge(store, number, WARNED)
        assert warn(store, 50, now=NOW + timedelta(hours=25)) is Gate.OPEN

    def test_eight_at_once_are_counted_exactly(self, store: Store) -> None:
        """Of eight warnings at the same instant three pass, one trips, four are held."""
        start, gates = Barrier(8), []

        def work(number: int) -> None:
            start.wait(5)
            gates.append(warn(store, number))

        threads = [Thread(target=work, args=[number]) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        assert sorted(gates) == [Gate.HELD] * 4 + [Gate.OPEN] * 3 + [Gate.TRIPPED]
        assert states(store) == {MailState.HELD: 8}
