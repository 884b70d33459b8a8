"""The shared quota ledger: what one process counts, all others know."""

from datetime import timedelta

import pytest

from service.errors import AppInactive, QuotaExhausted
from service.jobs.ledger import CHECK_EVERY, CHECK_TAKES, StoreLedger
from service.store.session import open_store
from service.strava.quota import Limits, Pair, Priority, Reading, quarter_hour, utc_day
from tests.fixtures_postgres import keyring
from tests.jobs.conftest import NOW as NIGHT

NOW = NIGHT + timedelta(minutes=1)
"""Not near the edge of a window."""
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


def test_a_call_near_an_edge_counts_on_both_sides(ledger):
    """Strava may count it in either window; a call too many would be a 429."""
    edge = quarter_hour(NOW).end - timedelta(seconds=2)
    ledger.reserve(edge + timedelta(seconds=1))
    ledger.reserve(edge - timedelta(seconds=1))
    ledger.reserve(edge + timedelta(seconds=3))
    exhausted(ledger, edge + timedelta(seconds=3))


def test_closed_is_closed_for_all(ledger):
    """Strava answered 429: nobody sends, however much we thought was left."""
    opens_at = NOW + timedelta(minutes=7)
    ledger.close(NOW, opens_at)
    assert exhausted(ledger, NOW) == opens_at
    ledger.reserve(opens_at)


@pytest.mark.parametrize(
    ("priority", "sent"),
    [
        (Priority.PROOF, 100),  # urgent work may use the window to its end
        (Priority.WAITED_FOR, 100),
        (Priority.EVENT, 100),
        (Priority.OVERDUE, 85),  # fifteen of a hundred are kept for it
        (Priority.ROUTINE, 85),
        (Priority.BACKFILL, 50),  # and half of all, as long as there may be lists to read
    ],
)
def test_less_urgent_work_leaves_calls_free(store, priority, sent):
    """At the opening of the windows; both are asked."""
    ledger = StoreLedger(store, Limits(overall=Pair(2000, 2000), read=Pair(100, 2000)))
    opening = utc_day(NOW).start
    for _ in range(sent):
        ledger.reserve(opening, priority)
    with pytest.raises(QuotaExhausted):
        ledger.reserve(opening, priority)


def test_a_backfill_uses_the_whole_window_in_the_end(store):
    """Come back when told, and nothing is left unused."""
    ledger = StoreLedger(store, Limits(overall=Pair(2000, 20000), read=Pair(60, 20000)))
    now, end = quarter_hour(NOW).start, quarter_hour(NOW).end
    sent = 0
    while now < end:
        try:
            ledger.reserve(now, Priority.BACKFILL)
            sent += 1
        except QuotaExhausted as refusal:
            now = refusal.opens_at
    assert sent == 60


class TestSwitchedOff:
    def test_everything_stops_and_an_admin_hears_once(self, ledger, events):
        """However many calls were on their way."""
        ledger.switched_off(NOW)
        ledger.switched_off(NOW)
        for counted in (True, False):
            with pytest.raises(AppInactive) as refusal:
                ledger.reserve(NOW, Priority.PROOF, counted=counted)
            assert refusal.value.opens_at == NOW + CHECK_EVERY
        assert [(event["event"], event["log_level"]) for event in events] == [("app_inactive", "error")]

    def test_one_call_asks_and_the_others_wait_for_its_answer(self, ledger, store):
        """And it alone is counted."""
        ledger.switched_off(NOW)
        later = NOW + CHECK_EVERY
        assert ledger.reserve(later, counted=False) is False  # a token proves nothing
        assert ledger.reserve(later) is True
        with pytest.raises(AppInactive) as refusal:
            ledger.reserve(later)
        assert refusal.value.opens_at == later + CHECK_TAKES
        with store.transaction() as tx:
            assert {window.used for window in tx.quota.state(later) if window.limit == 0} == {0, 1}

    def test_it_goes_on_by_itself(self, ledger, events):
        """Once Strava answers again."""
        ledger.switched_off(NOW)
        assert ledger.reserve(NOW + CHECK_EVERY) is True
        ledger.switched_on(NOW + CHECK_EVERY)
        ledger.switched_on(NOW + CHECK_EVERY)
        assert ledger.reserve(NOW + CHECK_EVERY) is False
        assert [event["event"] for event in events] == ["app_inactive", "app_active_again"]
