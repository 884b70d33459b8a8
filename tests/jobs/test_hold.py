"""What is in hand stays in hand while the work lasts."""

import threading

from service.errors import DatabaseUnavailable
from service.jobs.hold import Hold
from service.jobs.sync import sync
from tests.apps import connect

PATIENCE_S = 60


def test_it_is_renewed_until_the_work_is_over():
    """Again and again, also after a renewal that failed; not once the work is done."""
    before = threading.active_count()
    renewed = threading.Semaphore(0)
    times = []

    def renew():
        times.append(None)
        renewed.release()
        if len(times) == 1:
            raise DatabaseUnavailable("away for a moment")

    with Hold(renew, lease_s=0.04):
        assert all(renewed.acquire(timeout=PATIENCE_S) for _ in range(3))
    count = len(times)
    assert threading.active_count() == before
    assert len(times) == count


def test_a_sync_in_another_workers_hands_is_left_there(live, strava):
    """Strava is asked once for what two jobs want at the same time."""
    athlete = connect(live, strava, 7000001)
    with live.store.transaction() as tx:
        assert tx.parking.begin_sync(athlete.id, live.now())
        tx.parking.hold_sync(athlete.id, live.settings.lease_s)
    sync(live, [str(athlete.id)])
    assert (strava.ledger(), live.queue.asked) == ([], [])
