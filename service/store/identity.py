"""Who Postgres runs as. It refuses root, so as root it gets a user namespace, or else another uid.

In a namespace the server sees an ordinary uid while its files still belong to root: nothing is
chowned, no account is made. Where namespaces are refused (some containers) an account that owns
nothing is used instead; its data folder has to lie where that account can reach it.
"""

import os
import pwd
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from service.errors import DatabaseUnavailable

LAUNCHER = Path(__file__).with_name("launch.py")
SPARE_ACCOUNTS = ("postgres", "nobody")


@dataclass(frozen=True, slots=True)
class Identity:
    """How to start the programs of Postgres. ``uid`` is -1 unless root has to become somebody else."""

    prefix: tuple[str, ...] = field(default=())
    uid: int = -1
    gid: int = -1

    def command(self, program: Path, *arguments: str, tied: bool = False) -> list[str]:
        """The argument list that runs ``program``; ``tied`` makes it end (SIGINT) with this thread."""
        if not (tied or self.uid >= 0):
            return [*self.prefix, str(program), *arguments]
        parent = os.getpid() if tied else 0
        launch = [sys.executable, "-I", "-S", str(LAUNCHER), str(parent), str(self.uid), str(self.gid)]
        return [*self.prefix, *launch, str(program), *arguments]

    def own(self, folder: Path) -> None:
        """Hand ``folder`` and all in it to the account, if there is one."""
        if self.uid < 0:
            return
        for place, _folders, files in os.walk(folder):
            os.chown(place, self.uid, self.gid)
            for name in files:
                os.chown(Path(place, name), self.uid, self.gid, follow_symlinks=False)

    def reachable(self, programs: Path, spare: Path) -> Path:
        """``programs``, or a copy under ``spare`` when the account may not read them (a private home)."""
        if self.uid < 0:
            return programs
        probe = self.command(programs / "postgres", "--version")
        if subprocess.run(probe, capture_output=True, check=False).returncode == 0:  # noqa: S603
            return programs
        copy = spare / "postgres"
        if not copy.exists():
            shutil.copytree(programs.parent, copy, symlinks=True)
            self.own(copy)
        return copy / "bin"


def choose(*, namespaces: bool = True) -> Identity:
    """The identity for this process. ``namespaces=False`` acts as if the kernel refused them.

    Raises ``DatabaseUnavailable`` when we are root and no spare account exists.
    """
    if os.geteuid() != 0:
        return Identity()
    prefix = _namespace()
    if namespaces and _runs([*prefix, "true"]):
        return Identity(prefix=prefix)
    for name in SPARE_ACCOUNTS:
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            continue
        return Identity(uid=account.pw_uid, gid=account.pw_gid)
    raise DatabaseUnavailable(
        "Postgres refuses to run as root: start freshlegs as an ordinary user, or set DATABASE_URL"
    )


def _namespace() -> tuple[str, ...]:
    """initdb looks its own uid up, so the namespace needs one that the machine has a name for."""
    uids = sorted({account.pw_uid for account in pwd.getpwall()} - {0, 65534})
    uid = 1000 if 1000 in uids or not uids else uids[0]
    return ("unshare", "--user", f"--map-user={uid}", f"--map-group={uid}")


def _runs(command: list[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, timeout=10, check=False).returncode == 0  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return False
