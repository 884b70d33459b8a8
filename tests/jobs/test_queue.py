"""The queue: it wakes and spreads work, and whatever it loses costs time only."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from uuid import uuid4

import psycopg
import pytest

from service.jobs.clock import due_syncs
from service.jobs.queue import PRIORITY, Queue, work
from service.jobs.roster import JOBS
from tests.apps import an_athlete

SUBJECT, OTHER = uuid4(), uuid4()


@pytest.fixture
def queue(database_url):
    opened = Queue.open(database_url)
    yield opened
    opened.close()


@contextmanager
def working(dsn, jobs) -> Iterator[None]:
    """A worker in a thread; leaving stops it."""
    stop = threading.Event()
    thread = threading.Thread(target=work, args=[dsn, jobs, stop], kwargs={"concurrency": 2})
    thread.start()
    try:
        wait_for(lambda: listening(dsn))
        yield
    finally:
        stop.set()
        thread.join(WITHIN_S)
        assert not thread.is_alive(), "the worker did not stop"


WITHIN_S = 60


def listening(dsn) -> bool:
    """Whether a worker hears of jobs: one deferred between its first look and its LISTEN waits for the next
    poll (5 s)."""
    said = """SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND query ILIKE 'LISTEN %procrastinate%'"""
    with psycopg.connect(dsn) as connection:
        row = connection.execute(said).fetchone()
    return row is not None and row[0] > 0


def wait_for(condition):
    deadline = time.monotonic() + WITHIN_S
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.005)
    assert condition()


def states(store):
    with store.transaction() as tx:
        return tx.jobs.counts()


def test_every_job_has_a_priority():
    """A job without one could not be asked for."""
    assert set(PRIORITY) == set(JOBS)


def test_a_job_is_given_its_rows(store, queue, database_url):
    """One job for several rows, or one a row."""
    seen = []
    queue.defer("judge", SUBJECT, OTHER)
    queue.defer_each("sync", [SUBJECT, OTHER])
    queue.defer_each("sync", [])
    jobs = {
        "judge": lambda subjects: seen.append(("judge", *subjects)),
        "sync": lambda subjects: seen.append(("sync", *subjects)),
    }
    with working(database_url, jobs):
        wait_for(lambda: len(seen) == 3)
    wanted = [("judge", str(SUBJECT), str(OTHER)), ("sync", str(SUBJECT)), ("sync", str(OTHER))]
    assert sorted(seen) == sorted(wanted)


def test_a_decided_mail_goes_first(queue, database_url):
    """However long syncs have waited."""
    seen = []
    for job in ("deepen", "sync", "judge", "deliver"):
        queue.defer(job, SUBJECT)
    stop = threading.Event()

    def taking(job):
        def take(_subjects):
            seen.append(job)
            if len(seen) == 4:
                stop.set()

        return take

    work(database_url, {job: taking(job) for job in PRIORITY}, stop, concurrency=1)
    assert seen == ["deliver", "judge", "sync", "deepen"]


def test_a_job_that_raises_is_logged_and_dropped(store, queue, database_url, events):
    """What reaches the queue is a defect; the row is due again by itself, the queue tries nothing twice."""
    seen = []

    def breaks(_subjects):
        seen.append("broken")
        raise ZeroDivisionError

    with working(database_url, {"sync": breaks, "judge": lambda _: seen.append("next")}):
        queue.defer("sync", SUBJECT)
        wait_for(lambda: seen == ["broken"])
        queue.defer("judge", SUBJECT)
        wait_for(lambda: seen == ["broken", "next"])
        wait_for(lambda: states(store) == {})
    assert [(event["event"], event["job"]) for event in events] == [("job_failed", "sync")]


def test_a_job_nobody_knows_is_no_end_of_the_worker(store, queue, database_url):
    """A newer version may have asked for it; the others are worked off."""
    seen = []
    queue.deferring.configure_task("from the future", queue="work").defer(subjects=[])
    queue.defer("sync", SUBJECT)
    with working(database_url, {"sync": seen.append}):
        wait_for(lambda: seen == [[str(SUBJECT)]])


def test_a_database_that_is_away_costs_a_line_in_the_log(events):
    """Who defers goes on; the clock asks again."""
    queue = Queue.open("postgresql://nobody@127.0.0.1:9/nothing", patience_s=0.2)
    try:
        queue.defer("sync", SUBJECT)
        queue.defer_each("deliver", [SUBJECT, OTHER])
    finally:
        queue.close()
    assert [(event["event"], event["job"]) for event in events] == [
        ("defer_failed", "sync"),
        ("defer_failed", "deliver"),
    ]


def test_a_queue_comes_back_with_its_database(store, queue, database_url):
    """Every connection is cut; neither the worker nor who defers is restarted by hand."""
    seen = []
    with working(database_url, {"sync": seen.append}):
        queue.defer("sync", SUBJECT)
        wait_for(lambda: len(seen) == 1)
        with store.transaction() as tx:
            tx.connection.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        deadline = time.monotonic() + WITHIN_S
        while len(seen) < 2 and time.monotonic() < deadline:
            queue.defer("sync", OTHER)
            time.sleep(0.3)
    assert len(seen) >= 2


def test_losing_every_job_loses_time_only(app, queue, store):
    """Truth is in the rows: an emptied queue is filled again by the next claim."""
    real = replace(app, queue=queue)
    an_athlete(real)
    due_syncs(real)
    assert states(store) == {"todo": 1}
    with store.transaction() as tx:
        tx.connection.exec_driver_sql("DELETE FROM procrastinate_jobs")
        tx.connection.exec_driver_sql("UPDATE athlete SET sync_lease_until = now() - interval '1 s'")
    due_syncs(real)
    assert states(store) == {"todo": 1}
