"""A job that never ends: a thread cannot be stopped, so its process is, and its supervisor starts another.

The row it worked on has its attempt counted and is parked after the tenth (``store.parking``); the other jobs
of the process are asked for again by their own rows.
"""

import os
import threading
import time
from collections.abc import Callable, Sequence

from service.jobs.queue import Job
from service.logs import log

STUCK = 70
"""The exit code of a process that ended itself because it was no longer sound (sysexits: EX_SOFTWARE)."""
LOOKS_A_LIMIT = 10


class Watch:
    """Wraps jobs; as a context it looks after those at work. ``end`` is for tests."""

    def __init__(self, limit_s: float, end: Callable[[int], None] = os._exit) -> None:
        self._limit_s, self._end = limit_s, end
        self._began: dict[int, tuple[str, float]] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._look, name="job-watch", daemon=True)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()

    def over(self, name: str, job: Job) -> Job:
        """The same job under watch."""

        def watched(subjects: Sequence[str]) -> None:
            thread = threading.get_ident()
            self._began[thread] = (name, time.monotonic())
            try:
                job(subjects)
            finally:
                del self._began[thread]

        return watched

    def _look(self) -> None:
        while not self._stopping.wait(self._limit_s / LOOKS_A_LIMIT):
            now = time.monotonic()
            for name, began in list(self._began.values()):
                if now - began > self._limit_s:
                    log().error("job_stuck", job=name, seconds=round(now - began, 1))
                    self._end(STUCK)
