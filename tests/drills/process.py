"""What runs in the processes that drills kill: the service's own roles, on the shared clock.

``serve`` is that of ``freshlegs up|web|clock|worker``. Two things are wired differently: the time, and a
restraint that holds back almost nothing, so that there are mails enough to lose or to double.
"""

import ctypes
import os
import random
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from multiprocessing import forkserver
from pathlib import Path
from typing import Any

import service.pages  # imported here once, so that a process is up a moment after its predecessor's end
import service.web.app  # noqa: F401
from service.app import App, open_app
from service.jobs import tokens
from service.roles import serve
from service.settings import Settings
from tests.drills.shared_clock import SharedClock

PR_SET_PDEATHSIG = 1
Body = Callable[[SharedClock, str], None]


@contextmanager
def talkative(clock: SharedClock, settings: Settings, **given: Any) -> Iterator[App]:
    """The application on the drill's clock, with hardly any restraint."""
    with open_app(settings, now=clock.now, **given) as app:
        restraint = replace(
            app.catalogue.restraint,
            confirm_nights=1,
            cooldown_days=0,
            weekly_mails=10**6,
            agreeing_channels=0,
            never_mailed=frozenset(),
            quiet_contexts=frozenset(),
        )
        yield replace(app, catalogue=replace(app.catalogue, restraint=restraint))


def run_role(clock: SharedClock, role: str) -> None:
    """``role`` is one of the service's, or ``up`` for all of them in one process."""
    roles = ("web", "clock", "worker") if role == "up" else (role,)
    serve(roles, opening=partial(talkative, clock))


def renew(clock: SharedClock, report: str) -> None:
    """At each new instant use every athlete's token once, in an order of its own, until the process is ended.

    Writes one line an instant into the file ``report``: the instant, and how many tokens were usable.
    """
    from service import settings as settings_of
    from service.errors import FreshlegsError

    order = random.Random(os.getpid())
    seen = None
    with open_app(settings_of.load(), now=clock.now, migrating=False) as app, Path(report).open("a") as out:
        with app.store.transaction() as tx:
            athletes = [athlete.id for athlete in tx.athletes.all()]
        while True:
            now = clock.now()
            if now == seen:
                signal.sigtimedwait([], 0.002)
                continue
            seen, usable = now, 0
            order.shuffle(athletes)
            for athlete_id in athletes:
                try:
                    tokens.with_token(app, athlete_id, partial(_read, app))
                    usable += 1
                except FreshlegsError as error:
                    print(f"renewal failed: {type(error).__name__}: {error}", file=sys.stderr)
            print(now.isoformat(), usable, file=out, flush=True)


def _read(app: App, token: str) -> None:
    app.strava.athlete(token)


def start(body: Body, argument: str, clock: Path, environment: Mapping[str, str], home: Path) -> None:
    """The first thing in a new process: die with the drill, have no settings but these, write to a log."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    _let_the_nursery_go()
    os.setsid()
    os.chdir(home)
    os.environ.clear()
    os.environ.update(environment)
    log = os.open(home / "processes.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for stream in (1, 2):
        os.dup2(log, stream)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    body(SharedClock(clock), argument)


def _let_the_nursery_go() -> None:
    """Give back the end of a pipe by which every child would keep the fork server alive: it is to end, and
    we with it, when the drill is killed."""
    server = forkserver._forkserver
    if server._forkserver_alive_fd is not None:
        os.close(server._forkserver_alive_fd)
        server._forkserver_alive_fd = None
