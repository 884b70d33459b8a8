"""Drill 8: Postgres' disk is full for a while, first for its tables, then for its log as well.

The disk is a small tmpfs in a mount namespace of its own, which dies with the process that lives in it.
"""

import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import astuple
from pathlib import Path

import psycopg

from service.store import binaries, identity
from tests.demo.season import wait_for_pages
from tests.drills.audit import audit
from tests.drills.event_stream import Events
from tests.drills.figure import Figure, none
from tests.drills.ground import FOUR, Ground, open_ground
from tests.drills.passage import Passage
from tests.drills.process import PR_SET_PDEATHSIG
from tests.drills.size import Size

CREW = ("worker", "worker", "clock", "web")
SIZE_MB = 256
BLOCK = bytes(1 << 20)
WAYS = (("unshare", "--mount"), ("unshare", "--user", "--map-root-user", "--mount"))
"""As root, and as anybody where the kernel lets them."""
MOUNT = 'mount -t tmpfs -o size="$1"m none "$0" && shift && exec "$@"'
WRITE_LOG = "SELECT pg_logical_emit_message(true, 'drill', repeat('x', 4000000))"
STARTED = "SELECT pg_postmaster_start_time()"
NIGHT_S = 3.0
"""As soon time goes on: with new events there is always something left to do."""


def drill(size: Size) -> list[Figure]:
    """Twice full for 4 s; soaked, six times for 20 s. Raises if no file system can be mounted here."""
    with tempfile.TemporaryDirectory(prefix="freshlegs-disk-") as folder:
        way = next((way for way in WAYS if _mounts(way, folder)), None)
        if way is None:
            raise OSError("no tmpfs can be mounted: run it as root, or where user namespaces are allowed")
        given = (sys.executable, "-m", __name__, folder, str(size.seed), str(int(size.soak)))
        command = [*way, "sh", "-c", MOUNT, folder, str(SIZE_MB), *given]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as inside:
            try:
                said, _ = inside.communicate()
            finally:
                inside.terminate()
        *before, told = said.rstrip().splitlines() or [""]
        print("\n".join(before), end="\n" if before else "")
        return [Figure(*each) for each in json.loads(told)]


def _mounts(way: tuple[str, ...], folder: str) -> bool:
    trial = [*way, "sh", "-c", MOUNT, folder, "1", "true"]
    return subprocess.run(trial, capture_output=True, check=False).returncode == 0


class Disk:
    """Fills ``place`` to the last byte and, while it is full, takes whatever becomes free."""

    def __init__(self, place: Path) -> None:
        self._ballast = place / "ballast"
        self._full = threading.Event()

    def fill(self) -> None:
        self._full.set()
        self._top_up()
        threading.Thread(target=self._keep, daemon=True).start()

    def free(self) -> None:
        self._full.clear()
        while self._ballast.exists():
            self._ballast.unlink(missing_ok=True)
            time.sleep(0.05)  # a block on its way may have made it anew

    def _keep(self) -> None:
        while self._full.is_set():
            self._top_up()
            time.sleep(0.02)

    def _top_up(self) -> None:
        for length in (len(BLOCK), 4096):
            with contextlib.suppress(OSError), self._ballast.open("ab", buffering=0) as file:
                while self._full.is_set() and file.write(BLOCK[:length]) == length:
                    pass


def inside(place: Path, size: Size) -> list[Figure]:
    """The drill itself; ``place`` is the small disk."""
    disk = Disk(place)
    refused = panics = 0
    with open_ground(size.seed, kinds=FOUR, place=place / "postgres") as ground:
        passage = Passage(ground)
        pids = {member.pid for member in map(ground.crew.start, CREW)}
        passage.begin()
        wait_for_pages(ground.web)
        events = Events(ground)
        events.start()
        times, seconds = size.of(2, 6), size.of(4, 20)
        for turn in range(times):
            passage.step(0)
            before = ground.query(STARTED)
            began = len(events.posted)
            disk.fill()
            time.sleep(seconds / 2)
            if turn % 2:
                _write_log(ground)
            time.sleep(seconds / 2)
            disk.free()
            panics += ground.query(STARTED) != before  # waits until it is back
            refused += sum(each.status != 200 for each in events.posted[began:])
            for _ in range(2):
                passage.step(NIGHT_S)
            events.look()
        events.stop()
        passage.finish()
        in_flight = 2 * 4 * times
        figures = [
            Figure("times", times),
            Figure("server_fell", panics, least=times // 2),
            Figure("events_posted", len(events.posted)),
            Figure("events_refused", refused, least=1),
            none("events_lost_after_200", len(events.acknowledged - events.kept)),
            none("restarted_by_hand", pids != {each.pid for each in ground.crew.members if each.alive}),
            *audit(passage, doubts=in_flight, losses=in_flight, repeats=times),
        ]
    return [*figures, none("corrupt", _corrupt(place / "postgres" / "data"))]


def _write_log(ground: Ground) -> None:
    """Write-ahead log until there is no room for more of it: Postgres then has to fall."""
    with contextlib.suppress(psycopg.Error), psycopg.connect(ground.dsn, autocommit=True) as connection:
        for _ in range(SIZE_MB):
            connection.execute(WRITE_LOG)


def _corrupt(data: Path) -> bool:
    """Whether a page of the stopped cluster does not bear its checksum."""
    check = identity.choose().command(binaries.find() / "pg_checksums", "--check", "-D", str(data))
    done = subprocess.run(check, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        print(done.stdout, done.stderr, flush=True)
    return done.returncode != 0


def _end(_number: int, _frame: object) -> None:
    raise SystemExit(143)


if __name__ == "__main__":
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    signal.signal(signal.SIGTERM, _end)
    if os.getppid() == 1:
        sys.exit("whoever asked for this drill is gone")
    place, seed, soak = sys.argv[1:]
    found = inside(Path(place), Size(int(seed), soak=bool(int(soak))))
    print(json.dumps([astuple(each) for each in found]), flush=True)
