"""An archive read file by file, recordings on all cores, in an order that does not depend on the cores."""

import hashlib
import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures import TimeoutError as TooSlow
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from service.archive import fit, gpx_tcx, parcel
from service.archive.bulk_export import Row, Table
from service.archive.found import Found, Refused, Unreadable, shown
from service.archive.parcel import Member
from service.archive.recording import Recording, activity_of
from service.domain.activity import Activity

ALONE_UP_TO = 6
"""Fewer recordings are read before other processes have started."""
IN_HAND = 4  # files a process has waiting: enough to stay busy, few enough to stay small
LONGEST_READ_S = 120.0
Outcome = Found | Refused
Outcomes = tuple[Outcome, ...]
Progress = Callable[[int, int], None]


def _nobody(_done: int, _total: int) -> None:
    """For those who do not watch."""


@dataclass(frozen=True, slots=True)
class Request:
    """What to read: ``zone`` (IANA) dates what has no local time of its own; ``processes`` of ``None`` is
    one a core; ``progress`` is told how many of how many files are done. What begins after ``not_after``
    was dated by a wrong clock."""

    paths: Sequence[Path]
    zone: str = "UTC"
    processes: int | None = None
    not_after: datetime | None = None
    progress: Progress = _nobody


def read(request: Request) -> Iterator[Outcome]:
    """Every file's sessions, or why it has none. Never raises for what a file holds."""
    for outcome in _read(request):
        yield from _dated(outcome, request.not_after)


def _read(request: Request) -> Iterator[Outcome]:
    """Every file's sessions, whenever they are said to have been.

    A session that stands both in ``activities.csv`` and in a recording of the same export comes once:
    under its number, with the table's figures and the recording's kilometres.
    """
    everything = list(parcel.members(request.paths))
    yield from (each for each in everything if isinstance(each, Refused))
    chosen = [each for each in everything if isinstance(each, Member)]
    request.progress(0, len(chosen))
    tables = [each for each in chosen if each.is_table]
    tracks = [each for each in chosen if not each.is_table]
    waiting: dict[str, Row] = {}
    for member in tables:
        yield from _of_table(member, request.zone, {each.key for each in tracks}, waiting)
    done = len(tables)
    request.progress(done, len(chosen))
    for member, outcomes in _recordings(tracks, request):
        for outcome in outcomes:
            yield from _joined(member, outcome, waiting)
        done += 1
        request.progress(done, len(chosen))


def _dated(outcome: Outcome, not_after: datetime | None) -> Iterator[Outcome]:
    if isinstance(outcome, Refused) or not_after is None:
        yield outcome
        return
    past = tuple(each for each in outcome.activities if each.start <= not_after)
    if past or not outcome.activities:
        yield replace(outcome, activities=past)
    if len(past) < len(outcome.activities):
        yield Refused(outcome.name, "a session in it lies in the future: the clock was wrong")


def read_one(member: Member, zone: str) -> Outcomes:
    """One file, whatever it is. Only a table comes to more than one outcome."""
    try:
        data = parcel.read(member)
        if not data:
            raise Unreadable("it is empty")
        if data.lstrip()[:1] not in (b"<", b"\xff", b"\xfe") and not _is_fit(data):
            return tuple(_table_of(member, data, zone, set(), {}))
        recordings = fit.recordings(data) if _is_fit(data) else gpx_tcx.recordings(data)
        return (_found(member, data, recordings, zone),)
    except Unreadable as why:
        return (Refused(member.name, str(why)),)


def _found(member: Member, data: bytes, recordings: Sequence[Recording], zone: str) -> Outcome:
    """A recording's identity is its content, so that the same file is the same session wherever it lies."""
    digest = hashlib.blake2b(data, digest_size=10).hexdigest()
    activities: list[Activity] = []
    doubts: list[str] = []
    reasons: list[str] = []
    for number, recording in enumerate(recordings):
        try:
            activity, doubted = activity_of(recording, f"file-{digest}-{number}", zone)
        except Unreadable as why:
            reasons.append(str(why))
            continue
        activities.append(activity)
        doubts.extend(doubted)
    if not activities:
        return Refused(member.name, reasons[0] if reasons else "no session is recorded in it")
    return Found(member.name, tuple(activities), tuple(doubts))


def _of_table(member: Member, zone: str, files: set[str], waiting: dict[str, Row]) -> Iterator[Outcome]:
    try:
        yield from _table_of(member, parcel.read(member), zone, files, waiting)
    except Unreadable as why:
        yield Refused(member.name, str(why))


def _table_of(
    member: Member, data: bytes, zone: str, files: set[str], waiting: dict[str, Row]
) -> Iterator[Outcome]:
    """The table's sessions at once; those whose recording is there too wait for it in ``waiting``."""
    table = Table(data, zone)
    folder = member.key[: -len(parcel.TABLE)] if member.is_table else ""
    at_once: dict[str, Activity] = {}
    for row in table.rows():
        key = f"{folder}{row.file}"
        if row.file is not None and key in files:
            waiting[key] = row
        else:
            at_once.setdefault(row.activity.external_id, row.activity)
    if at_once or not table.refused:
        yield Found(member.name, tuple(at_once.values()), tuple(table.doubts))
    for line, reason in table.refused:
        yield Refused(f"{member.name}, line {line}", reason)


def _joined(member: Member, outcome: Outcome, waiting: dict[str, Row]) -> Iterator[Outcome]:
    row = waiting.pop(member.key, None)
    if row is None:
        yield outcome
    elif isinstance(outcome, Refused):
        yield outcome
        yield Found(f"{member.name} (from the table)", (row.activity,))
    else:
        yield Found(outcome.name, (enriched(row.activity, outcome.activities),), outcome.doubts)


def enriched(summary: Activity, recorded: Sequence[Activity]) -> Activity:
    """The table's session with what only its recording knows. The table's figures stand: the athlete may
    have corrected them at Strava."""
    track = max(recorded, key=lambda each: each.moving_s)
    first = min(each.start for each in recorded)
    same = abs((first - summary.start).total_seconds()) <= 120
    return replace(
        summary,
        utc_offset_s=track.utc_offset_s if same else summary.utc_offset_s,
        gain_m=summary.gain_m if summary.gain_m is not None else track.gain_m,
        average_hr=summary.average_hr if summary.average_hr is not None else track.average_hr,
        max_hr=summary.max_hr if summary.average_hr is not None else track.max_hr,
        cadence_spm=summary.cadence_spm or track.cadence_spm,
        temperature_c=summary.temperature_c if summary.temperature_c is not None else track.temperature_c,
        trainer=summary.trainer or track.trainer,
        device=track.device,
        detailed=True,
        splits=track.splits,
        laps=track.laps,
    )


def _recordings(members: Sequence[Member], request: Request) -> Iterator[tuple[Member, Outcomes]]:
    processes = request.processes or os.cpu_count() or 1
    if processes == 1 or len(members) <= ALONE_UP_TO:
        for member in members:
            yield member, read_one(member, request.zone)
        return
    waiting = deque(members)
    while waiting:  # a pool that broke is replaced; what it had in hand is named and passed over
        yield from _with_pool(waiting, request.zone, min(processes, len(waiting)))


def _with_pool(waiting: deque[Member], zone: str, processes: int) -> Iterator[tuple[Member, Outcomes]]:
    """Read from the front of ``waiting`` until it is empty or the pool breaks."""
    # "spawn": the worker has threads, and a forked child would inherit their locks.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(processes, mp_context=context)
    hand: deque[tuple[Member, Future[Outcomes]]] = deque()
    try:
        while waiting or hand:
            while waiting and len(hand) < processes * IN_HAND:
                member = waiting.popleft()
                hand.append((member, pool.submit(read_one, member, zone)))
            member, future = hand.popleft()
            yield member, future.result(timeout=LONGEST_READ_S)
    except (BrokenProcessPool, TooSlow):
        for lost in (member, *(each for each, _ in hand)):
            yield lost, (Refused(lost.name, "reading it broke off; import it once more by itself"),)
        for process in list((pool._processes or {}).values()):
            process.kill()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _is_fit(data: bytes) -> bool:
    return data[8:12] == parcel.FIT_MAGIC


def is_archive(path: Path) -> bool:
    """Whether ``path`` is for this reader: a folder, a zip, a recording or a table, by what it holds."""
    if path.is_dir():
        return True
    name = path.name.lower()
    if name.removesuffix(parcel.PACKED).endswith((*parcel.TRACKS, ".csv", ".zip")):
        return True
    with path.open("rb") as file:
        head = file.read(64)
    return head.startswith(parcel.ZIP_MAGIC) or _is_fit(head) or b"Activity ID" in head


__all__ = ["Found", "Refused", "Request", "is_archive", "read", "read_one", "shown"]
