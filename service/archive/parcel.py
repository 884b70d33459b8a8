"""What a person hands over: a zip, a folder or files. Nothing is ever unpacked to the disk.

Sizes in headers are promises. What is read is bounded by what really comes, a file at a time.
"""

import gzip
import io
import os
import stat
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import IO

from service.archive.found import Refused, Unreadable, shown

MIB = 1 << 20
LARGEST_FILE = 64 * MIB
"""Unpacked. A hundred-mile run with every sensor is 15 MiB as FIT and 60 MiB as TCX."""
LARGEST_UNPACKED = 16 << 30
"""All files of one archive together, as it declares them; zipfile gives no more than was declared."""
MOST_MEMBERS = 100_000
TRACKS = (".fit", ".gpx", ".tcx")
PACKED = ".gz"
TABLE = "activities.csv"
ROUTES = "routes"
"""Strava exports planned routes as GPX too; they were not run."""
ZIP_MAGIC, GZIP_MAGIC, FIT_MAGIC = b"PK", b"\x1f\x8b", b".FIT"
ENCRYPTED = 0x1
KINDS_OF_COMPRESSION = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""bzip2 and LZMA let a header ask for gigabytes of memory; no export uses them."""
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError)


@dataclass(frozen=True, slots=True)
class Member:
    """One file to be read: itself, or ``inner`` within the zip at ``path``. ``name`` is how to call it;
    ``key`` the name that a table may know it by."""

    path: str
    inner: str | None
    name: str
    key: str

    @property
    def is_table(self) -> bool:
        return PurePosixPath(self.key).name.lower() == TABLE


def members(paths: Sequence[Path]) -> Iterator[Member | Refused]:
    """Every file that may hold sessions, tables first; what else an archive holds is passed over."""
    for path in paths:
        found = sorted(_of(path), key=lambda each: isinstance(each, Member) and not each.is_table)
        yield from found
        if not found:
            reason = "it cannot be read: no activities.csv and no FIT, GPX or TCX file is in it"
            yield Refused(shown(str(path)), reason)


def _of(path: Path) -> Iterator[Member | Refused]:
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            yield from _of_folder(path)
        elif not stat.S_ISREG(mode):
            yield Refused(shown(str(path)), "it is neither a file nor a folder")
        elif _is_zip(path):
            yield from _of_zip(path)
        else:
            yield Member(str(path), None, shown(str(path)), path.name)
    except OSError as error:
        yield Refused(shown(str(path)), f"it cannot be read ({error.strerror or type(error).__name__})")


def _of_folder(folder: Path) -> Iterator[Member | Refused]:
    """Links are not followed: they may lead out of what was handed over, or in circles."""
    for place, folders, names in os.walk(folder, followlinks=False):
        folders.sort()
        for name in sorted(names):
            path = Path(place) / name
            key = path.relative_to(folder).as_posix()
            if wanted(key) and path.is_file() and not path.is_symlink():
                yield Member(str(path), None, shown(key), key)


def _of_zip(path: Path) -> Iterator[Member | Refused]:
    try:
        entries = _opened(str(path), path.stat().st_mtime_ns).infolist()
    except BROKEN:
        yield Refused(shown(str(path)), "the zip is damaged or cut short; download it again")
        return
    if len(entries) > MOST_MEMBERS:
        yield Refused(shown(str(path)), f"it holds more than {MOST_MEMBERS} files; no export does")
        return
    unpacked = 0
    for entry in entries:
        if entry.is_dir() or not wanted(entry.filename):
            continue
        name = shown(entry.filename)
        reason = _suspicious(entry)
        unpacked += 0 if reason else entry.file_size
        if unpacked > LARGEST_UNPACKED:
            yield Refused(name, "the archive would unpack to more than 16 GiB; the rest is not read")
            return
        yield Refused(name, reason) if reason else Member(str(path), entry.filename, name, entry.filename)


def _suspicious(entry: zipfile.ZipInfo) -> str | None:
    parts = PurePosixPath(entry.filename.replace("\\", "/")).parts
    if entry.filename.startswith(("/", "\\")) or ".." in parts or ":" in parts[0]:
        return "its name leads out of the archive; it is not read"
    if entry.flag_bits & ENCRYPTED:
        return "it is encrypted; make the archive without a password"
    if entry.compress_type not in KINDS_OF_COMPRESSION:
        return "it is packed in an unusual way; make the archive as a plain zip"
    if entry.file_size > LARGEST_FILE:
        return f"it would unpack to more than {LARGEST_FILE // MIB} MiB; no recording is that large"
    return None


def wanted(name: str) -> bool:
    """Whether a file inside an archive or a folder may hold sessions."""
    path = PurePosixPath(name.lower().replace("\\", "/"))
    if (
        any(part.startswith((".", "__macosx")) and part != ".." for part in path.parts)
        or ROUTES in path.parts[:-1]
    ):
        return False
    return path.name == TABLE or path.name.removesuffix(PACKED).endswith(TRACKS)


def read(member: Member) -> bytes:
    """The file's content, unpacked. Raises ``Unreadable``."""
    try:
        data = _raw(member)
        return _unzipped(data) if data.startswith(GZIP_MAGIC) else data
    except BROKEN:
        raise Unreadable("it is damaged or cut short; export it again") from None
    except MemoryError:
        raise Unreadable("it does not fit into memory") from None


def _raw(member: Member) -> bytes:
    if member.inner is None:
        with open(member.path, "rb") as file:
            return _bounded(file)
    archive = _opened(member.path, os.stat(member.path).st_mtime_ns)
    with archive.open(member.inner) as inner:
        return _bounded(inner)


def _unzipped(data: bytes) -> bytes:
    with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
        return _bounded(file)


def _bounded(file: IO[bytes] | gzip.GzipFile) -> bytes:
    pieces, left = [], LARGEST_FILE + 1
    while left > 0 and (piece := file.read(min(MIB, left))):
        pieces.append(piece)
        left -= len(piece)
    if left <= 0:
        raise Unreadable(f"it unpacks to more than {LARGEST_FILE // MIB} MiB; no recording is that large")
    return b"".join(pieces)


def _is_zip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == ZIP_MAGIC


@lru_cache(maxsize=2)
def _opened(path: str, _changed: int) -> zipfile.ZipFile:
    """Kept open: the list of an export's files is long, and every file needs it."""
    return zipfile.ZipFile(path)
