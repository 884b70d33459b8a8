"""The locks: every package by version and hash, none by address."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PACKAGE = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)\s*(?:;\s*([^\\]+?))?\s*\\?$")
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Package:
    """One line of a lock; ``marker`` says on which machines it is installed (empty = all)."""

    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]


def packages(lock: Path) -> list[Package]:
    """In the order of the file. Raises ``ValueError`` naming the line that is none."""
    return list(_packages(lock.name, lock.read_text().splitlines()))


def _packages(name: str, lines: list[str]) -> Iterator[Package]:
    head: re.Match[str] | None = None
    hashes: list[str] = []
    for number, line in enumerate([*lines, ""], start=1):
        found = HASH.findall(line)
        if found and head:
            hashes += found
            continue
        if head:
            yield Package(head[1], head[2], head[3] or "", tuple(hashes))
        head, hashes = PACKAGE.match(line), []
        if head is None and line.strip() and not line.startswith("#"):
            raise ValueError(f"{name}:{number} is neither a package nor a hash: run `make lock`")


def unhashed(lock: Path) -> list[str]:
    """Packages that anything could be installed for."""
    return [package.name for package in packages(lock) if not package.hashes]
