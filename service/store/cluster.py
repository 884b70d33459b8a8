"""The files of one embedded cluster: private folders, the socket's short path, stale servers, the log."""

import contextlib
import hashlib
import os
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from pathlib import Path

from service.errors import DatabaseUnavailable
from service.store.identity import Identity

SOCKET_PATH_LIMIT = 103
"""sun_path holds 104 bytes on macOS and 108 on Linux, its closing zero included."""
SOCKET = "/.s.PGSQL.5432"
PATIENCE_S = 10.0
LOG_LIMIT = 5_000_000
PROC = Path("/proc")
NAME = "postgres"


def private(folder: Path, identity: Identity) -> Path:
    """Make ``folder`` (0700), or refuse it if somebody else has put it there.

    Raises ``DatabaseUnavailable`` naming the folder.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    seen = folder.lstat()
    if not stat.S_ISDIR(seen.st_mode) or seen.st_uid not in (os.geteuid(), identity.uid):
        raise DatabaseUnavailable(
            f"{folder} belongs to somebody else: remove it or choose another data folder"
        )
    if stat.S_IMODE(seen.st_mode) != 0o700:
        folder.chmod(0o700)
    return folder


def socket_folder(folder: Path) -> Path:
    """Where the socket lies: beside the data if the path is short enough, else in the temporary folder.

    Every process that names the same cluster computes the same place.
    """
    beside = folder / "socket"
    if len(os.fsencode(f"{beside}{SOCKET}")) <= SOCKET_PATH_LIMIT:
        return beside
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"freshlegs-{os.geteuid()}-{name}"


def prepare(data: Path, programs: Path, identity: Identity, *, user: str, sync: bool) -> None:
    """Run initdb unless it has been run to its end; a half-made cluster is thrown away.

    Raises ``DatabaseUnavailable`` with what initdb said.
    """
    if (data / "made").exists():
        identity.own(data.parent)
        return
    shutil.rmtree(data, ignore_errors=True)
    private(data, identity)
    identity.own(data.parent)
    # Trust is safe here: only who may enter the 0700 folder of the socket can connect at all.
    arguments = ["-D", str(data), "-U", user, "--auth=trust", "-E", "UTF8", "--no-locale", "--data-checksums"]
    command = identity.command(programs / "initdb", *arguments, *([] if sync else ["--no-sync"]))
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")  # noqa: S603
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip()[-400:]
        raise DatabaseUnavailable(
            f"initdb failed in {data}: {said}; choose another data folder or set DATABASE_URL"
        )
    (data / "made").touch()


def evict(data: Path) -> None:
    """Stop a server whose owner has gone and forget a stale ``postmaster.pid``.

    Called by the owner of the lock, so no living owner is hurt. Postgres would refuse to start if the
    number in the file meanwhile belongs to any other process, which is usual in containers.
    """
    file = data / "postmaster.pid"
    recorded = _recorded(file)
    if recorded in _serving(data):
        with contextlib.suppress(ProcessLookupError):
            os.kill(recorded, signal.SIGINT)
    limit = time.monotonic() + PATIENCE_S
    while _serving(data):
        if time.monotonic() > limit:  # orphans of a killed server that are stuck; their locks die with them
            for pid in _serving(data):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)
    file.unlink(missing_ok=True)


def _recorded(file: Path) -> int:
    try:
        return int(file.read_text().splitlines()[0])
    except (OSError, ValueError, IndexError):
        return 0


def _serving(data: Path) -> set[int]:
    """Processes of the cluster: every one of them works inside the data folder."""
    if not PROC.exists():
        recorded = _recorded(data / "postmaster.pid")
        return {recorded} if recorded and _is_postgres(recorded) else set()
    found = set()
    for entry in os.scandir(PROC):
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if os.readlink(f"{entry.path}/cwd") == str(data):
                    found.add(int(entry.name))
    return found


def _is_postgres(pid: int) -> bool:
    """Where there is no /proc (macOS): ask ps for the name."""
    command = ["ps", "-o", "comm=", "-p", str(pid)]
    said = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    return said.stdout.strip().endswith(NAME)


def log_file(folder: Path) -> Path:
    """The server's own log; begun anew when it has grown past 5 MB."""
    file = folder / "postgres.log"
    if file.exists() and file.stat().st_size > LOG_LIMIT:
        file.unlink()
    return file


def last_words(folder: Path) -> str:
    """The end of the server's log, for an error message."""
    try:
        return log_file(folder).read_text(errors="replace").strip()[-300:]
    except OSError:
        return "(it wrote no log)"
