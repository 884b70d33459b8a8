"""What a replay reads: archives, or activities as JSON lines; check-ins. Every refusal is named."""

import gzip
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from io import BufferedReader
from pathlib import Path
from typing import Any

from service.domain.activity import Activity, Source
from service.domain.history import CheckIn
from service.strava.mapping import RowRejected, read_row

LONGEST_LINE = 8 * 2**20  # a recorded page of 200 activities is half a megabyte
GIVE_UP_AFTER = 200  # refused lines of a file without one usable: it is another kind of file
MOST_NAMED = 20  # complaints a file; the rest is counted
SCALES = {"legs": 4, "fatigue": 5, "sleep": 5, "soreness": 5, "mood": 5, "exertion": 10}
GZIP_MAGIC = b"\x1f\x8b"


class Unusable(Exception):
    """Why a line says nothing; the text is complete when file and line stand before it."""


@dataclass
class Reading:
    """What was read and what was not. ``complain`` gets one finished line of text for each refusal;
    ``zone`` is that of rows which do not say theirs."""

    complain: Callable[[str], None]
    zone: str = "UTC"
    activities: dict[str, Activity] = field(default_factory=dict)
    checkins: dict[date, CheckIn] = field(default_factory=dict)
    rows: int = 0
    refused: int = 0
    doubles: int = 0
    doubted: int = 0
    refusals: list[tuple[str, str]] = field(default_factory=list)

    def read_activities(self, path: Path) -> None:
        """Summary or detailed activities, one a line, or recorded list pages; plain or gzipped."""
        self._read(path, self._take_activities)

    def read_archives(self, paths: Sequence[Path], progress: Callable[[int, int], None]) -> None:
        """Strava's export as a zip, a folder or its table; FIT, TCX and GPX files."""
        from service.archive.found import Refused  # only who has an archive waits for its parsers
        from service.archive.reader import Request, read

        for outcome in read(Request(tuple(paths), zone=self.zone, progress=progress)):
            if isinstance(outcome, Refused):
                self.refused += 1
                self.refusals.append((outcome.name, outcome.reason))
                self.complain(f"{outcome.name}: left out: {outcome.reason}")
                continue
            for doubt in outcome.doubts:
                self.doubted += 1
                self.complain(f"{outcome.name}: {doubt}")
            for activity in outcome.activities:
                self.rows += 1
                self._keep(activity)

    def _keep(self, activity: Activity) -> None:
        """The first of two with one number, unless the second is Strava's own and the first is not."""
        known = self.activities.get(activity.external_id)
        self.doubles += known is not None
        if known is None or (known.source is Source.ARCHIVE and activity.source is Source.STRAVA):
            self.activities[activity.external_id] = activity

    def read_checkins(self, path: Path) -> None:
        """Morning answers, one a line."""
        self._read(path, self._take_checkin)

    def _read(self, path: Path, take: Callable[[Any, Callable[[str], None]], None]) -> None:
        named = usable = seen = 0

        def complain(text: str, line: int = 0) -> None:
            nonlocal named
            named += 1
            if named <= MOST_NAMED:
                self.complain(f"{path}:{line}: {text}" if line else f"{path}: {text}")

        try:
            with _opened(path) as lines:
                for number, raw in _numbered(lines):
                    seen += 1
                    try:
                        take(_parsed(raw), partial(complain, line=number))
                        usable += 1
                    except Unusable as why:
                        self.refused += 1
                        complain(str(why), number)
                    if usable == 0 and seen >= GIVE_UP_AFTER:
                        self.complain(f"{path}: no usable line so far; the rest is not read. The right file?")
                        break
        except (OSError, EOFError) as error:
            complain(f"cannot be read ({type(error).__name__}); give a readable file of JSON lines")
            return
        if seen == 0:
            complain("is empty; JSON lines are expected")
        if named > MOST_NAMED:
            self.complain(f"{path}: {named - MOST_NAMED} more complaints of this file are not shown")

    def _take_activities(self, value: Any, complain: Callable[[str], None]) -> None:
        rows = _rows(value)
        kept = 0
        for row in rows:
            try:
                mapped = read_row(row, zone=self.zone)
            except RowRejected as why:
                self.refused += 1
                complain(f"left out: {why}")
                continue
            kept += 1
            for doubt in mapped.doubts:
                self.doubted += 1
                complain(f"{doubt.field} {doubt.reason}")
            self._keep(mapped.activity)
        self.rows += kept

    def _take_checkin(self, value: Any, complain: Callable[[str], None]) -> None:
        if not isinstance(value, Mapping) or not isinstance(value.get("date"), str):
            raise Unusable('left out: a check-in needs a "date" such as "2026-03-01"')
        try:
            day = date.fromisoformat(value["date"])
        except ValueError:
            raise Unusable("left out: the date is not one; write it as 2026-03-01") from None
        answers = {name: _rating(value.get(name), name, top, complain) for name, top in SCALES.items()}
        self.checkins[day] = CheckIn(
            day,
            legs=answers["legs"],
            fatigue=answers["fatigue"],
            sleep=answers["sleep"],
            soreness=answers["soreness"],
            mood=answers["mood"],
            ill=_flag(value.get("ill")),
            pain=_flag(value.get("pain")),
            exertion=answers["exertion"],
        )


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def is_archive(path: Path) -> bool:
    """Whether a path is for the archive's readers, or holds JSON lines."""
    if path.name.endswith((".jsonl", ".jsonl.gz", ".json", ".ndjson")):
        return False
    from service.archive.reader import is_archive as known

    return path.exists() and known(path)


def _opened(path: Path) -> gzip.GzipFile | BufferedReader:
    with path.open("rb") as file:
        zipped = file.read(2) == GZIP_MAGIC
    return gzip.open(path, "rb") if zipped else path.open("rb")


def _numbered(lines: gzip.GzipFile | BufferedReader) -> Iterator[tuple[int, bytes | None]]:
    """Number and bytes of each line that is not blank; ``None`` for one too long to be held."""
    number = 0
    while raw := lines.readline(LONGEST_LINE + 1):
        number += 1
        if len(raw) > LONGEST_LINE:
            while raw and not raw.endswith(b"\n"):
                raw = lines.readline(LONGEST_LINE)
            yield number, None
        elif raw.strip():
            yield number, raw


def _parsed(raw: bytes | None) -> Any:
    if raw is None:
        raise Unusable(f"left out: the line is longer than {LONGEST_LINE // 2**20} MiB; one activity a line")
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        raise Unusable("left out: the line is not JSON") from None


def _rows(value: Any) -> list[Any]:
    """The activities of one line: itself, a list, or the body of a recorded answer."""
    if isinstance(value, Mapping) and "body" in value and "status" in value:
        if value["status"] != 200 or not isinstance(value["body"], list):
            raise Unusable("left out: the recorded answer is not a list of activities")
        return value["body"]
    return value if isinstance(value, list) else [value]


def _rating(value: Any, name: str, top: int, complain: Callable[[str], None]) -> int | None:
    if value is None:
        return None
    whole = isinstance(value, int | float) and not isinstance(value, bool) and value == int(value)
    if whole and 1 <= value <= top:
        return int(value)
    complain(f"{name} is not a whole number from 1 to {top}; it is left out")
    return None
