"""The shared quota ledger: what one process counts, all others know."""

from datetime import timedelta

import pytest

from service.errors import QuotaExhausted
from service.jobs.ledger import StoreLedger
from service.store.session import open_store
from service.strava.quota import Limits, Pair, Reading, quarter_hour, utc_day
from tests.fixtures_postgres import keyring
from tests.jobs.conftest import NOW

QUARTER = timedelta(minutes=15)


@pytest.fixture
def ledger(store):
    """Three reads a quarter hour, five a day."""
    return StoreLedger(store, Limits(overall=Pair(200, 2000), read=Pair(3, 5)))


def exhausted(ledger, now):
    """When the ledger says to come back."""
    with pytest.raises(QuotaExhausted) as refusal:
        ledger.reserve(now)
    return refusal.value.opens_at


def test_the_limit_itself_is_still_sent(ledger):
    """And the call after it waits for the next quarter hour."""
    for _ in range(3):
        ledger.reserve(NOW)
    assert exhausted(ledger, NOW) == quarter_hour(NOW).end
    ledger.reserve(quarter_hour(NOW).end)


def test_a_spent_day_waits_for_the_next(ledger):
    """A new quarter hour does not help."""
    for call in range(5):
        ledger.reserve(NOW + call // 3 * QUARTER)
    assert exhausted(ledger, NOW + 2 * QUARTER) == utc_day(NOW).end


def test_a_refused_call_counts_nothing(ledger, store):
    """Neither in the window that is full nor in the others."""
    for _ in range(3):
        ledger.reserve(NOW)
    exhausted(ledger, NOW)
    with store.transaction() as tx:
        assert {window.used for window in tx.quota.state(NOW)} == {3}


def test_another_process_knows(ledger, database_url):
    """The count is in the database, not in a process."""
    for _ in range(3):
        ledger.reserve(NOW)
    other = open_store(database_url, keyring())
    try:
        exhausted(StoreLedger(other, ledger.limits), NOW)
    finally:
        other.close()


@pytest.mark.parametrize(
    ("reading", "left"),
    [
        (Reading(read_limit=Pair(4, 9)), 4),  # Strava allows more than the settings know
        (Reading(read_limit=Pair(1, 9)), 1),  # or less
        (Reading(read_limit=Pair(4, 9), read_usage=Pair(3, 3)), 1),  # somebody else uses the application too
        (Reading(), 3),  # an answer without headers teaches nothing
    ],
)
def test_it_learns_from_answers(ledger, reading, left):
    """Limits as they are now, usage where it is larger than what we counted."""
    ledger.learn(NOW, reading)
    for _ in range(left):
        ledger.reserve(NOW)
    exhausted(ledger, NOW)


def test_a_learned_limit_holds_in_the_next_window(ledger):
    """Or each window would begin with a 429."""
    ledger.learn(NOW, Reading(read_limit=Pair(1, 9)))
    ledger.reserve(NOW + QUARTER)
    exhausted(ledger, NOW + QUARTER)


def test_closed_is_closed_for_all(ledger):
    """Strava answered 429: nobody sends, however much we thought was left."""
    opens_at = NOW + timedelta(minutes=7)
    ledger.close(NOW, opens_at)
    assert exhausted(ledger, NOW) == opens_at
    ledger.reserve(opens_at)
