"""The ground of a drill: a database, a Strava, a mail server, a clock and processes, all its own."""

import contextlib
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from service.domain.grant import Tokens
from service.domain.history import Profile
from service.store.keyring import Keyring
from service.store.postgres import EmbeddedPostgres
from service.store.schema import migrate
from service.store.session import Store, open_store
from tests.demo.season import free_port
from tests.drills.crew import Crew
from tests.drills.shared_clock import SharedClock
from tests.mailbox import Mailbox, mailbox
from tests.strava_standin.control import Standin
from tests.strava_standin.kinds import KINDS

PREFIX = "freshlegs-drill-"
START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
"""Noon: 04:30 is long past in most zones, and still to come in some."""
HISTORY_DAYS = 100
"""All of it fits on the newest page, so every visible session is ours to hold."""
LEASE_S = 2
"""Long enough for a sync on a busy machine: one that outlasts its lease is begun again beside itself."""
MOST_ATTEMPTS = 5
"""Half of those after which a row is parked; parking has drills of its own."""
POST_DELAY_S = 0.06
TOKEN_DELAY_S = 0.08
SCOPES = frozenset({"read", "activity:read_all", "profile:read_all"})
ZONES = (
    "Europe/Oslo", "America/Los_Angeles", "Pacific/Auckland", "Asia/Kolkata", "America/Sao_Paulo",
    "Africa/Nairobi", "Australia/Adelaide", "Pacific/Honolulu", "Asia/Kathmandu", "America/St_Johns",
    "Europe/London", "Asia/Tokyo", "Pacific/Chatham",
)  # fmt: skip
FOUR = ("steady", "fitter", "no_heart_rate", "hot_week")
"""Kinds for a drill that is about something else than who runs."""
BACK_WITHIN_S = 120.0


@dataclass
class Ground:
    """What a drill stands on. ``query`` looks into the database past the service."""

    home: Path
    dsn: str
    keyring: Keyring
    store: Store
    standin: Standin
    post: Mailbox
    clock: SharedClock
    crew: Crew
    web: str

    def query(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows of one statement, committed at once. Waits for a database that is away."""
        deadline = time.monotonic() + BACK_WITHIN_S
        while True:
            try:
                with psycopg.connect(self.dsn, autocommit=True, connect_timeout=5) as connection:
                    done = connection.execute(sql, values)  # type: ignore[arg-type]
                    return done.fetchall() if done.description else []
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def worn_out(self) -> bool:
        """Whether somebody's work was interrupted so often that a few more attempts would park it.

        On a busy machine one trouble follows the other faster than a sync ends: it is let be for a while.
        """
        [(attempts,)] = self.query("SELECT max(greatest(sync_attempts, night_attempts)) FROM athlete")
        return (attempts or 0) >= MOST_ATTEMPTS

    def move_to(self, moment: datetime) -> datetime:
        """Strava's clock first: ours is never ahead of it."""
        self.standin.set_now(moment)
        return self.clock.move_to(moment)

    def connect(self, strava_id: int) -> None:
        """What the pages do when an athlete comes (back) from Strava's consent."""
        now = self.clock.now()
        given = self.standin.grant(strava_id)
        ends = datetime.fromtimestamp(given["expires_at"], UTC)
        with self.store.transaction() as tx:
            known = tx.athletes.by_strava_id(strava_id)
            zone = known.zone if known else "UTC"
            athlete = tx.athletes.connect(strava_id, SCOPES, zone, now, Profile())
            tx.tokens.put(athlete.id, Tokens(given["access_token"], given["refresh_token"], ends))
            if tx.addresses.confirmed(athlete.id) is None:
                token = tx.addresses.propose(athlete.id, f"athlete{strava_id}@example.org", now)
                tx.addresses.confirm(token, now)


@contextmanager
def open_ground(
    seed: int,
    *,
    kinds: Sequence[str] = tuple(KINDS),
    zones: Sequence[str] = ZONES,
    history_days: int = HISTORY_DAYS,
    apart: bool = True,
    place: Path | None = None,
    **settings: Any,
) -> Iterator[Ground]:
    """A ground with one athlete of each of ``kinds``, in one of the ``zones`` after the other, not yet
    connected, and no process running.

    ``apart=False`` leaves the database to the process that is started (``up``); ``place`` is where its files
    are, other than in the drill's own folder. Nothing is left at the end, whatever way it comes.
    """
    sweep()
    with ExitStack() as stack:
        home = Path(tempfile.mkdtemp(prefix=PREFIX))
        stack.callback(_remove, home)
        (home / "drill.pid").write_text(str(os.getpid()))
        arguments = ("--overall-limit", "900000,900000", "--read-limit", "900000,900000")
        standin = stack.enter_context(Standin.start(now=START, seed=seed, arguments=arguments))
        wishes = [{"kind": kind, "zone": zones[seat % len(zones)]} for seat, kind in enumerate(kinds)]
        onset = START.date().isoformat()
        standin.reset(seed=seed, now=START, athletes=wishes, onset=onset, history_days=history_days)
        # A network's delay: wide enough for a crash between Strava's rotation and our commit.
        standin.fault(path="/oauth/token", chance=0.5, delay=TOKEN_DELAY_S)
        post = stack.enter_context(mailbox(delay_s=POST_DELAY_S))
        clock = SharedClock(home / "now")
        clock.move_to(START)
        folder = place or home / "data" / "postgres"
        server = EmbeddedPostgres(folder, settings=("max_connections=200",))
        keyring = Keyring.create(home / "data" / "keyring")
        if apart:
            stack.enter_context(server)
            migrate(server.dsn)
        store = open_store(server.dsn, keyring)
        stack.callback(store.close)
        port = free_port()
        environment = _environment(home, standin, post, port)
        if apart:
            environment |= {"DATABASE_URL": server.dsn, "KEYRING_FILE": str(home / "data" / "keyring")}
        environment |= {name.upper(): str(value) for name, value in settings.items()}
        crew = Crew(home / "now", environment, home)
        stack.callback(crew.disband)
        yield Ground(home, server.dsn, keyring, store, standin, post, clock, crew, f"http://127.0.0.1:{port}")


def _environment(home: Path, standin: Standin, post: Mailbox, port: int) -> dict[str, str]:
    """The settings of every process. The leases are short: what a crash holds is free again soon."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "DATA_DIR": str(home / "data"),
        "BASE_URL": f"http://127.0.0.1:{port}",
        "WEB_PORT": str(port),
        "STRAVA_APP_ID": standin.client_id,
        "STRAVA_APP_SECRET": standin.client_secret,
        "STRAVA_API_BASE": standin.api_base,
        "STRAVA_OAUTH_BASE": standin.url,
        "STRAVA_READ_LIMIT_QUARTER": "900000",
        "STRAVA_READ_LIMIT_DAY": "900000",
        "SMTP_HOST": post.host,
        "SMTP_PORT": str(post.port),
        "SMTP_TLS": "none",
        "LEASE_S": str(LEASE_S),
        "CLOCK_PERIOD_S": "0.2",
        "LOG_FORMAT": "json",
    }


def _remove(home: Path) -> None:
    """The folder goes; what the processes have said stays if ``KEEP`` names a place for it."""
    place = os.environ.get("KEEP")
    if place and (home / "processes.log").exists():
        shutil.copy(home / "processes.log", place)
    shutil.rmtree(home, ignore_errors=True)


def sweep() -> None:
    """Remove what a drill that was itself killed has left: its processes have died with it."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError, ValueError):
            if not Path("/proc", (folder / "drill.pid").read_text()).exists():
                shutil.rmtree(folder, ignore_errors=True)


def processes_in(home: Path) -> list[int]:
    """Every process that works inside ``home``, or was started with its settings."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and str((entry / "cwd").readlink()).startswith(str(home)):
                found.append(int(entry.name))
    return found


def quit_postgres(home: Path) -> None:
    """Postgres' immediate stop: no checkpoint, no goodbye; the next start recovers."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        pid = int((home / "data" / "postgres" / "data" / "postmaster.pid").read_text().splitlines()[0])
        os.kill(pid, signal.SIGQUIT)
