"""What happens at a named point, once for each plan: the process is killed, an error is raised, or the next
commit of the same thread loses its connection, before it reached the database or after.

A plan is an empty file, ``<point>.<mode>``: whoever renames it first has it.
"""

import os
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import psycopg

from service import faults
from service.app import App
from service.roles import serve
from service.settings import Settings
from tests.drills.process import talkative
from tests.drills.shared_clock import SharedClock

KILL, ERROR, LOST_BEFORE, LOST_AFTER = MODES = ("kill", "error", "lost_before", "lost_after")
FOLDER = "plans"


class Struck(Exception):
    """An error as no code of ours raises it."""


class Plan:
    """The drill's side: what is to happen, and what has."""

    def __init__(self, home: Path) -> None:
        self._folder = home / FOLDER
        self._folder.mkdir()
        self._wanted: list[tuple[str, str]] = []
        self.struck = Counter[tuple[str, str]]()

    def put(self, name: str, mode: str) -> None:
        (self._folder / f"{name}.{mode}").touch()
        self._wanted.append((name, mode))

    def look(self) -> int:
        """Take down what has happened; returns how many plans are still open."""
        for name, mode in list(self._wanted):
            done = self._folder / f"{name}.{mode}.done"
            if done.exists():
                done.unlink()
                self._wanted.remove((name, mode))
                self.struck[name, mode] += 1
        return len(self._wanted)


class Striker:
    """The process's side."""

    def __init__(self, folder: Path, app: App) -> None:
        self._folder, self._dsn = folder, app.dsn
        self._armed = threading.local()
        dialect = app.store.engine.dialect
        self._commit = dialect.do_commit
        dialect.do_commit = self._committed  # type: ignore[method-assign]

    def __call__(self, name: str) -> None:
        if self._plan is not None:
            return  # this thread's next commit is spoken for
        for mode in MODES:
            plan = self._folder / f"{name}.{mode}"
            with suppress(FileNotFoundError):
                plan.rename(taken := plan.with_suffix(f".{mode}.taken"))
                self._strike(mode, taken)
                return

    def _strike(self, mode: str, taken: Path) -> None:
        if mode == KILL:
            _done(taken)
            os.kill(os.getpid(), signal.SIGKILL)
        if mode == ERROR:
            _done(taken)
            raise Struck(taken.name)
        self._armed.plan = (mode, taken)

    @property
    def _plan(self) -> tuple[str, Path] | None:
        """What is to become of this thread's next commit."""
        return getattr(self._armed, "plan", None)

    def _committed(self, connection: Any) -> None:
        """In the place of the dialect's: what psycopg raises of a cut connection is raised here, too."""
        if self._plan is None:
            self._commit(connection)
            return
        (mode, taken), self._armed.plan = self._plan, None
        if mode == LOST_AFTER:
            self._commit(connection)
        own = connection.dbapi_connection
        with psycopg.connect(self._dsn, autocommit=True) as door:
            door.execute("SELECT pg_terminate_backend(%s, 5000)", [own.info.backend_pid])
        _done(taken)
        if mode == LOST_BEFORE:
            self._commit(connection)
        else:
            own.execute("SELECT 1")  # raises: there is nobody at the other end


def _done(taken: Path) -> None:
    taken.rename(taken.with_suffix(".done"))


@contextmanager
def _strikable(clock: SharedClock, settings: Settings, **given: Any) -> Iterator[App]:
    with talkative(clock, settings, **given) as app:
        faults.install(Striker(Path(FOLDER).absolute(), app))
        yield app


def striking(clock: SharedClock, role: str) -> None:
    """A role of the service in which plans come true."""
    serve([role], opening=partial(_strikable, clock))
