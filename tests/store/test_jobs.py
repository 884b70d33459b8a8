"""The queue's rows as we see them: jobs of dead workers end, living ones are left alone."""

from datetime import timedelta

import pytest

from service.store.session import Store, Transaction


def job(tx: Transaction, *, worker_silent_s: int | None, started_s: int = 0, status: str = "doing") -> int:
    """A job begun ``started_s`` ago by a worker that last beat ``worker_silent_s`` ago (None = gone)."""
    run = tx.connection.exec_driver_sql
    worker = None
    if worker_silent_s is not None:
        worker = run(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - %(s)s * interval '1 second')"
            " RETURNING id",
            {"s": worker_silent_s},
        ).scalar_one()
    made = run(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, status, worker_id)"
        " VALUES ('work', 'sync', 'todo', %(w)s) RETURNING id",
        {"w": worker},
    ).scalar_one()
    run(
        "UPDATE procrastinate_jobs SET status = %(status)s::procrastinate_job_status WHERE id = %(id)s",
        {"status": status, "id": made},
    )
    run(
        "UPDATE procrastinate_events SET at = now() - %(s)s * interval '1 second' WHERE job_id = %(id)s",
        {"s": started_s, "id": made},
    )
    return made


@pytest.mark.parametrize(
    ("silent", "started", "freed"),
    [
        (1, 5, 0),  # at work
        (31, 5, 1),  # the worker is silent
        (None, 5, 1),  # the worker's row is gone
        (1, 1000, 1),  # alive, but it has lost sight of the job
    ],
)
def test_only_stalled_jobs_are_ended(store: Store, silent: int | None, started: int, freed: int) -> None:
    """By the worker's heartbeat, or after the longest time any job of ours may take."""
    with store.transaction() as tx:
        job(tx, worker_silent_s=silent, started_s=started)
        assert tx.jobs.free_stalled() == freed
        assert tx.jobs.free_stalled() == 0
        assert tx.jobs.counts() == ({"aborted": 1} if freed else {"doing": 1})


def test_waiting_jobs_are_left_alone(store: Store) -> None:
    """They have no worker yet."""
    with store.transaction() as tx:
        job(tx, worker_silent_s=None, started_s=9999, status="todo")
        assert tx.jobs.free_stalled() == 0


def test_ended_jobs_are_purged_after_a_day(store: Store) -> None:
    """Open ones stay, however old."""
    with store.transaction() as tx:
        job(tx, worker_silent_s=None, started_s=90_000, status="failed")
        job(tx, worker_silent_s=None, started_s=80_000, status="failed")
        job(tx, worker_silent_s=None, started_s=90_000, status="todo")
        assert tx.jobs.purge() == 1
        assert tx.jobs.purge(timedelta(0)) == 1
        assert tx.jobs.counts() == {"todo": 1}
