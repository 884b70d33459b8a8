"""procrastinate as the engine: it wakes and spreads work, and may lose or repeat any of it.

Truth is in our own rows: a job only says "look at this row now". The clock defers again whatever is
still due, so the loss of this whole schema costs nothing but time (docs/decisions/0002).
"""

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

import procrastinate
from procrastinate.exceptions import ConnectorException
from procrastinate.types import JSONDict

from service.logs import log

Job = Callable[[Sequence[str]], None]
"""A job is given the ids of the rows to look at."""

WORK_QUEUE = "work"
RESTART_AFTER_S = 1.0
POLL_EVERY_S = 5.0
HEARTBEAT_EVERY_S = 5.0
STOP_WITHIN_S = 6.0

PRIORITY = {
    "deliver": 30,
    "erase": 30,
    "judge": 20,
    "hear": 15,
    "sync": 10,
    "subscription": 10,
    "deepen": 0,
    "archive": -10,
}
"""A mail that is decided goes first; reading more for a baseline comes last."""


@dataclass(frozen=True, slots=True)
class Queue:
    """Defers jobs to, and works them off, one Postgres. ``dsn`` is a libpq URL."""

    dsn: str
    deferring: procrastinate.App

    @classmethod
    def open(cls, dsn: str, *, patience_s: float = 5.0) -> "Queue":
        """A queue that can defer; ``close`` gives its connections back. ``patience_s`` is how long it waits
        for a connection."""
        connector = procrastinate.SyncPsycopgConnector(
            conninfo=dsn, min_size=0, max_size=4, timeout=patience_s
        )
        return cls(dsn, procrastinate.App(connector=connector).open())

    def close(self) -> None:
        self.deferring.close()

    def defer(self, job: str, *subjects: UUID) -> None:
        """Ask for one ``job`` on these rows soon. A queue out of reach is logged: the clock asks again."""
        self._defer(job, [subjects])

    def defer_each(self, job: str, subjects: Sequence[UUID]) -> None:
        """As ``defer``, one job a row: in one statement, so that a database that dies meanwhile costs one
        wait and not one a row."""
        if subjects:
            self._defer(job, [(subject,) for subject in subjects])

    def _defer(self, job: str, groups: Sequence[Sequence[UUID]]) -> None:
        task = self.deferring.configure_task(job, queue=WORK_QUEUE, priority=PRIORITY[job])
        given: list[JSONDict] = [{"subjects": [str(subject) for subject in group]} for group in groups]
        try:
            task.batch_defer(*given)
        except ConnectorException as error:
            log().warning("defer_failed", job=job, exc_info=error)


def work(
    dsn: str, jobs: Mapping[str, Job], stop: threading.Event, *, concurrency: int, name: str = "worker"
) -> None:
    """Run jobs until ``stop``; jobs in hand are finished first, for at most ``STOP_WITHIN_S``.

    procrastinate's worker ends when its database does; here it is started again, so that no process
    has to be restarted by hand after Postgres was.
    """
    while not stop.is_set():
        try:
            asyncio.run(_work_once(dsn, jobs, stop, concurrency, name))
        except Exception as error:
            log().warning("worker_interrupted", exc_info=error)
            stop.wait(RESTART_AFTER_S)


async def _work_once(
    dsn: str, jobs: Mapping[str, Job], stop: threading.Event, concurrency: int, name: str
) -> None:
    connector = procrastinate.PsycopgConnector(conninfo=dsn, min_size=1, max_size=concurrency + 3, timeout=5)
    app = procrastinate.App(connector=connector)
    for job, function in jobs.items():
        app.task(name=job, queue=WORK_QUEUE)(partial(_run, job, function))
    async with app.open_async():
        worker = asyncio.create_task(
            app.run_worker_async(
                queues=[WORK_QUEUE],
                name=name,
                concurrency=concurrency,
                fetch_job_polling_interval=POLL_EVERY_S,
                update_heartbeat_interval=HEARTBEAT_EVERY_S,
                shutdown_graceful_timeout=STOP_WITHIN_S,
                install_signal_handlers=False,
                delete_jobs="successful",
            )
        )
        stopping = asyncio.create_task(_until(stop))
        await asyncio.wait({worker, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=not worker.done())


async def _until(stop: threading.Event) -> None:
    while not stop.is_set():
        await asyncio.sleep(0.1)


def _run(job: str, function: Job, subjects: Sequence[str]) -> None:
    """One job. Its own failures are logged by it; what reaches here is a defect, logged and dropped:
    the row stays due and the clock asks again after its lease."""
    try:
        function(subjects)
    except Exception as error:
        log().error("job_failed", job=job, exc_info=error)
