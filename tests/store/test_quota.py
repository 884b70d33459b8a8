"""The shared quota: never one call more than allowed, whoever asks."""

from dataclasses import replace
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import event

from service.store.quota import QuotaWindow
from service.store.session import Store
from tests.store.samples import DAY, NOW

MINUTE = timedelta(minutes=1)
QUARTER = QuotaWindow("read_quarter", NOW, NOW + 15 * MINUTE, limit=3)
DAY_WINDOW = QuotaWindow("read_day", NOW - 6 * 60 * MINUTE, NOW + 18 * 60 * MINUTE, limit=5)
BOTH = [QUARTER, DAY_WINDOW]
NEXT = [replace(QUARTER, starts_at=QUARTER.ends_at, ends_at=NOW + 30 * MINUTE), DAY_WINDOW]


def used(store: Store, now=NOW) -> dict[str, int]:
    with store.transaction() as tx:
        return {window.family: window.used for window in tx.quota.state(now)}


def test_calls_are_counted_until_a_window_is_full(store: Store) -> None:
    """Then the answer is when to come back, and nothing is counted in the other window."""
    with store.transaction() as tx:
        answers = [tx.quota.reserve(NOW, BOTH) for _ in range(5)]
    assert answers == [None, None, None, QUARTER.ends_at, QUARTER.ends_at]
    assert used(store) == {"read_quarter": 3, "read_day": 3}


def test_the_day_outlasts_the_quarter(store: Store) -> None:
    """In the next quarter hour the day's count goes on; of two full windows the later one counts."""
    with store.transaction() as tx:
        for _ in range(3):
            tx.quota.reserve(NOW, BOTH)
        later = NOW + 16 * MINUTE
        assert [tx.quota.reserve(later, NEXT) for _ in range(3)] == [None, None, DAY_WINDOW.ends_at]
    assert used(store, later) == {"read_quarter": 2, "read_day": 5}


def test_eight_threads_never_exceed(store: Store) -> None:
    """Sixty-four reservations for ten calls: ten succeed, and the ledger says ten."""
    windows = [replace(QUARTER, limit=10), replace(DAY_WINDOW, limit=50)]
    barrier, answers = Barrier(8), []

    def work() -> None:
        barrier.wait()
        for _ in range(8):
            with store.transaction() as tx:
                answers.append(tx.quota.reserve(NOW, windows))

    threads = [Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(answers), answers.count(None)) == (64, 10)
    assert used(store) == {"read_quarter": 10, "read_day": 10}


def test_windows_are_held_in_one_order(store: Store) -> None:
    """Two of one family too: at a window's end some want the old one and some the new one."""
    statements: list[str] = []

    def listen(_connection, _cursor, said, *_rest):
        statements.append(said)

    event.listen(store.engine, "before_cursor_execute", listen)
    with store.transaction() as tx:
        tx.quota.reserve(NOW, [*NEXT, QUARTER])
    event.remove(store.engine, "before_cursor_execute", listen)
    held = [said for said in statements if said.endswith("FOR UPDATE")]
    assert held
    assert all("ORDER BY quota_window.family, quota_window.starts_at" in said for said in held)


@pytest.mark.parametrize(
    ("limit", "usage", "left"),
    [
        (3, 2, 1),  # others use the application too: their calls count
        (3, 0, 2),  # a smaller figure than ours lags behind: ours stays
        (10, 1, 9),  # Strava has raised the limit
        (1, 1, 0),  # or lowered it
    ],
)
def test_headers_are_believed(store: Store, limit: int, usage: int, left: int) -> None:
    """One call counted here, then what an answer says."""
    with store.transaction() as tx:
        tx.quota.reserve(NOW, [QUARTER])
        tx.quota.learn(NOW, [replace(QUARTER, limit=limit, used=usage)])
        answers = [tx.quota.reserve(NOW, [QUARTER]) for _ in range(12)]
        state = tx.quota.state(NOW)
    assert answers.count(None) == left
    assert [window.limit for window in state] == [limit]


def test_a_learned_limit_holds_in_the_next_window(store: Store) -> None:
    """Not only in the one it was read in."""
    with store.transaction() as tx:
        tx.quota.learn(NOW, [replace(QUARTER, limit=1, used=0)])
        answers = [tx.quota.reserve(NOW + 16 * MINUTE, NEXT[:1]) for _ in range(3)]
    assert answers.count(None) == 1


@pytest.mark.parametrize(
    ("minutes", "free", "used", "opens"),
    [
        (0, 0.0, 19, None),  # urgent: the last call
        (0, 0.15, 16, None),  # others leave three of twenty
        (0, 0.15, 17, 0),  # the moment after the opening is soon enough
        (0, 0.15, 18, 5),  # come back when a third of the window, and of what is kept, is over
        (0, 0.15, 19, 10),
        (10, 0.15, 18, None),  # two thirds of the window are over: one call is kept
        (10, 0.5, 15, None),  # a backfill leaves half, and takes it as the window runs out
        (10, 0.5, 18, 12),
        (0, 0.5, 20, 15),  # full is full
    ],
)
def test_urgent_work_finds_calls_left(
    store: Store, minutes: int, free: float, used: int, opens: int | None
) -> None:
    """Less urgent work stops earlier; what nobody urgent wants any more is not lost."""
    window = replace(QUARTER, limit=20, used=used)
    with store.transaction() as tx:
        tx.quota.learn(NOW, [window])
        answer = tx.quota.reserve(NOW + minutes * MINUTE, [window], keep_free=free)
    assert (opens is None) == (answer is None)
    assert answer is None or timedelta(0) <= answer - (NOW + opens * MINUTE) <= timedelta(seconds=1)


def test_an_application_is_switched_off_and_on_once(store: Store) -> None:
    """However many find out; the later look at it is what counts."""
    with store.transaction() as tx:
        assert tx.quota.off_until() is None
        assert [tx.quota.switch_off(NOW + minutes * MINUTE) for minutes in (60, 5)] == [True, False]
        assert tx.quota.off_until() == NOW + 5 * MINUTE
        assert [tx.quota.switch_on() for _ in range(2)] == [True, False]
        assert tx.quota.off_until() is None


def test_a_refusal_closes_every_window(store: Store) -> None:
    """After a 429 nobody calls before the time named, whatever is left; the longest one counts."""
    with store.transaction() as tx:
        tx.quota.close(NOW, NOW + 10 * MINUTE)
        tx.quota.close(NOW + MINUTE, NOW + 5 * MINUTE)
        assert tx.quota.reserve(NOW + 9 * MINUTE, BOTH) == NOW + 10 * MINUTE
        assert tx.quota.reserve(NOW + 10 * MINUTE, BOTH) is None


def test_old_windows_are_forgotten(store: Store) -> None:
    """After a week, while learning."""
    with store.transaction() as tx:
        tx.quota.reserve(NOW, [QUARTER])
        tx.quota.learn(NOW + 8 * DAY, [replace(QUARTER, starts_at=NOW + 8 * DAY, ends_at=NOW + 9 * DAY)])
        assert [w.starts_at for w in tx.quota.state(NOW)] == []
