"""The embedded Postgres: "give me a DSN" on a machine that has none.

One folder is one cluster. Whoever holds the folder's lock owns the server and keeps it running; any
other freshlegs process on the folder just connects, and takes the ownership over when the owner ends.
The server listens on a socket in a private folder only, never on the network.
"""

import contextlib
import fcntl
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Self
from urllib.parse import quote

import psycopg
from psycopg import sql

from service.errors import DatabaseUnavailable
from service.store import binaries, cluster
from service.store.identity import Identity, choose

USER = "freshlegs"
START_LIMIT_S = 60.0
"""First start on a busy core takes about 3 s, crash recovery about as long; a minute means trouble."""
RESTART_PAUSE_S = 0.5
FAILED_STARTS = 3
FAST = (
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=off",
    "wal_level=minimal",
    "max_wal_senders=0",
)
"""For tests only: a crash of the machine may lose the cluster."""


class EmbeddedPostgres:
    """A Postgres cluster in ``folder`` (made if absent, mode 0700) that stops when its owners end.

    ``durable=False`` trades safety against a power cut for speed. ``programs`` names another ``bin``
    folder than the one found by ``binaries.find``.
    """

    def __init__(
        self,
        folder: Path,
        *,
        durable: bool = True,
        programs: Path | None = None,
        namespaces: bool = True,
        settings: tuple[str, ...] = (),
    ) -> None:
        self.folder = folder.resolve()  # the server reports its folder without links
        self._durable = durable
        self._programs = programs
        self._namespaces = namespaces
        self._identity = Identity()
        self._settings = (*settings, *(() if durable else FAST))
        self._stopping = threading.Event()
        self._keeper: threading.Thread | None = None
        self._trouble: Exception | None = None
        self._answered = False
        self._failed_starts = 0
        self._server: subprocess.Popen[bytes] | None = None
        self._sockets = cluster.socket_folder(self.folder)

    @property
    def dsn(self) -> str:
        """The address of the service's own database, as libpq and SQLAlchemy read it."""
        return self.dsn_of(USER)

    def dsn_of(self, database: str) -> str:
        """The address of another database of the cluster."""
        return f"postgresql://{USER}@/{quote(database)}?host={quote(str(self._sockets), safe='')}"

    @property
    def owner(self) -> bool:
        """Whether this process started the server that runs."""
        return self._server is not None

    def start(self) -> Self:
        """Return once the server answers. Raises ``DatabaseUnavailable`` with its last words if not."""
        self._identity = choose(namespaces=self._namespaces)
        cluster.private(self.folder, self._identity)
        self._stopping.clear()
        self._trouble = None
        self._answered, self._failed_starts = False, 0
        # The kernel ends the server when the *thread* that started it ends, so one thread does nothing else.
        self._keeper = threading.Thread(target=self._keep, name="postgres-keeper", daemon=True)
        self._keeper.start()
        try:
            self._wait_until_it_answers()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Fast shutdown if this process owns the server; else leave it to its owner. May be called twice."""
        self._stopping.set()
        if self._keeper is not None:
            self._keeper.join(START_LIMIT_S)
            self._keeper = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _keep(self) -> None:
        """Own the cluster as soon as nobody else does, and restart the server whenever it ends."""
        try:
            with (self.folder / "owner.lock").open("a") as lock:
                while not self._stopping.is_set():
                    if not _locked(lock):
                        self._stopping.wait(RESTART_PAUSE_S)
                        continue
                    self._serve()
                    self._count_a_failed_start()
        except Exception as error:
            self._trouble = error

    def _count_a_failed_start(self) -> None:
        """A server that never answered and ends each time will not come (files of another version, say)."""
        self._failed_starts += not (self._answered or self._stopping.is_set())
        if self._failed_starts >= FAILED_STARTS:
            raise DatabaseUnavailable(f"the server ended {FAILED_STARTS} times while it was starting")

    def _serve(self) -> None:
        """Run the server once, from start to end. Called with the lock held."""
        identity = self._identity
        programs = identity.reachable(self._programs or binaries.find(), self.folder)
        data = self.folder / "data"
        cluster.private(self._sockets, identity)
        cluster.prepare(data, programs, identity, user=USER, sync=self._durable)
        identity.own(self._sockets)
        cluster.evict(data)
        self._server = self._spawn(programs, identity, data)
        try:
            while self._server.poll() is None:
                if self._stopping.wait(0.05):
                    _end(self._server)
        finally:
            self._server = None
            with contextlib.suppress(OSError):
                self._sockets.rmdir()
        self._stopping.wait(RESTART_PAUSE_S)

    def _spawn(self, programs: Path, identity: Identity, data: Path) -> subprocess.Popen[bytes]:
        options = [
            "listen_addresses=",
            "unix_socket_permissions=0700",
            "log_error_verbosity=terse",  # a DETAIL line may carry values of a row
            "log_min_error_statement=panic",  # so may a statement
            *self._settings,
        ]
        arguments = ["-D", str(data), "-k", str(self._sockets)]
        for option in options:
            arguments += ["-c", option]
        command = identity.command(programs / "postgres", *arguments, tied=True)
        with cluster.log_file(self.folder).open("ab") as log:
            return subprocess.Popen(  # noqa: S603 - our own argument list, no shell
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd="/"
            )

    def _wait_until_it_answers(self) -> None:
        limit = time.monotonic() + START_LIMIT_S
        while True:
            try:
                _make_database(self.dsn_of("postgres"))
            except psycopg.OperationalError as error:
                if self._trouble is not None or time.monotonic() > limit:
                    raise DatabaseUnavailable(self._explain(error)) from (self._trouble or error)
                time.sleep(0.02)
            else:
                self._answered = True
                return

    def _explain(self, error: Exception) -> str:
        reason = self._trouble or error
        said = cluster.last_words(self.folder)
        return (
            f"the embedded Postgres in {self.folder} does not answer ({reason}); look at "
            f"{cluster.log_file(self.folder)} or set DATABASE_URL. Its last words: {said}"
        )


@contextlib.contextmanager
def ensure_database(url: str | None, folder: Path) -> Iterator[str]:
    """A DSN for the time of the ``with``: ``url`` if one is given, else the embedded cluster in ``folder``.

    Raises ``DatabaseUnavailable`` when neither can be had.
    """
    if url:
        yield url
        return
    with EmbeddedPostgres(folder) as server:
        yield server.dsn


def _locked(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _end(server: subprocess.Popen[bytes]) -> None:
    """SIGINT is Postgres' fast stop; SIGQUIT, the crash stop, only for a server that does not listen."""
    for number, patience in ((signal.SIGINT, 20), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(server.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(patience)
            return


def _make_database(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True, connect_timeout=5) as connection:
        there = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [USER]).fetchone()
        if there is None:
            with contextlib.suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(USER)))
