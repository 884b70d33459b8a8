"""The long-running roles: web, clock and worker, in one process or apart, until a signal stops them."""

import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from functools import partial
from types import FrameType
from typing import Self

import uvicorn

from service import settings as settings_of
from service.app import App, open_app
from service.errors import RoleFailed
from service.jobs.clock import Clock
from service.jobs.queue import Job, work
from service.jobs.roster import JOBS
from service.jobs.watch import Watch
from service.logs import log

Opening = Callable[..., AbstractContextManager[App]]

STOP_WITHIN_S = 7.0
"""Supervisors kill after ten seconds, and the database has to stop in what is left of them."""

LOOKS_EVERY_S = 0.2
"""A signal that the kernel gives to another thread does not wake the first one, which runs its handler."""


def serve(roles: Sequence[str], *, opening: Opening = open_app) -> None:
    """Run ``roles`` until SIGTERM or SIGINT. Raises ``SettingsError`` before anything starts, and
    ``RoleFailed`` if one of them ended by itself.

    ``opening`` wires the application; the drills wire another clock here.
    """
    settings = settings_of.load()
    settings.require_strava()
    stop = threading.Event()
    running: list[Running] = []
    _on_signal(partial(_leave, stop))  # while the database starts there is nothing to finish
    with opening(settings, migrating=len(roles) > 1) as app, ExitStack() as stack:
        _on_signal(partial(_stop, stop))
        if "clock" in roles:
            running.append(stack.enter_context(Running(partial(run_clock, app, stop), "clock", stop)))
        if "web" in roles:
            running.append(stack.enter_context(Running(partial(run_web, app, stop), "web", stop)))
        if "worker" in roles:  # last in, first to be waited for: it has the longest work in hand
            running.append(stack.enter_context(Running(partial(run_worker, app, stop), "worker", stop)))
        log().info("started", role="+".join(roles))
        while not stop.is_set():
            time.sleep(LOOKS_EVERY_S)
        log().info("stopping", role="+".join(roles))
    _abandon(running)
    failed = [each.name for each in running if each.failed]
    if failed:
        raise RoleFailed(
            f"{' and '.join(failed)} ended without being told to: look above, mend it, start again"
        )


class Running:
    """A role in a thread of its own; leaving the context waits for it to end."""

    def __init__(self, run: Callable[[], None], name: str, stop: threading.Event) -> None:
        self.name, self.failed = name, False
        self._stop = stop
        self._thread = threading.Thread(target=self._guard, args=[run], name=name, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(STOP_WITHIN_S)

    @property
    def alive(self) -> bool:
        """Whether it is still at work."""
        return self._thread.is_alive()

    def _guard(self, run: Callable[[], None]) -> None:
        """A role that ends by itself takes the process with it: half a service would look alive."""
        try:
            run()
        except BaseException as error:  # uvicorn leaves by SystemExit where it cannot listen
            log().error("role_failed", role=self.name, exc_info=error)
        self.failed = not self._stop.is_set()
        self._stop.set()


def run_clock(app: App, stop: threading.Event) -> None:
    """Tick until ``stop``; a tick in hand is finished first."""
    clock = Clock(app)
    clock.start()
    stop.wait()
    clock.stop()


def run_worker(app: App, stop: threading.Event) -> None:
    """Work jobs off until ``stop``."""
    name = f"worker-{os.getpid()}"
    with Watch(app.settings.job_limit_s) as watch:
        jobs: dict[str, Job] = {name: watch.over(name, partial(job, app)) for name, job in JOBS.items()}
        work(app.dsn, jobs, stop, concurrency=app.settings.worker_concurrency, name=name)


def run_web(app: App, stop: threading.Event) -> None:
    """Serve the pages until ``stop``; a request in hand is answered first."""
    from service.pages import build_pages

    server = uvicorn.Server(
        uvicorn.Config(
            build_pages(app),
            host=app.settings.web_host,
            port=app.settings.web_port,
            log_config=None,
            access_log=False,  # paths hold unsubscribe tokens
            server_header=False,
            timeout_graceful_shutdown=5,
        )
    )

    def watch() -> None:
        stop.wait()
        server.should_exit = True

    threading.Thread(target=watch, daemon=True).start()
    server.run()


def _abandon(running: Sequence["Running"]) -> None:
    """End the process over the head of a job that a slow answer from outside holds: Python would wait for
    its thread. Its row is due again, as after a crash."""
    if any(each.alive for each in running):
        os._exit(0)


def _on_signal(handler: Callable[[int, FrameType | None], None]) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, handler)


def _leave(stop: threading.Event, _number: int, _frame: FrameType | None) -> None:
    stop.set()  # what is raised in the middle of a finalizer is lost: then the roles end as they begin
    raise SystemExit(0)  # by way of every ``finally``: the embedded database is stopped, too


def _stop(stop: threading.Event, _number: int, _frame: FrameType | None) -> None:
    stop.set()
