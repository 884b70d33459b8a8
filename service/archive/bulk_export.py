"""Strava's bulk export: ``activities.csv``, a summary a row, in any of the forms it has had.

Since 2019 the names of its columns, its dates and its decimal comma follow the language of the account. The
columns' order does not, and five names occur twice, the second time metric; so a table in a language not
known here is recognised by which of its columns share a name.
"""

import codecs
import csv
import io
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from service.archive import dates, sport
from service.archive.found import Unreadable
from service.archive.recording import EARLIEST_YEAR, FASTEST_RUN_MPS, LONGEST_M, LONGEST_S, steps, zone_offset
from service.archive.track import HIGHEST_HR, LOWEST_HR
from service.domain.activity import RACE, RUNS, Activity, Source

LARGEST_FIELD = 1 << 17
LONG_RUN = 2
KILOMETRE = 1000.0
"""Where the first column called Distance stands alone it is in kilometres, since July 2019."""

ENGLISH = {
    "Activity ID": "id",
    "Activity Date": "date",
    "Activity Type": "sport",
    "Elapsed Time": "elapsed",
    "Moving Time": "moving",
    "Distance": "distance",
    "Filename": "file",
    "Elevation Gain": "gain",
    "Average Heart Rate": "average_hr",
    "Max Heart Rate": "max_hr",
    "Average Cadence": "cadence",
    "Average Temperature": "temperature",
    "Perceived Exertion": "exertion",
    "Relative Effort": "relative_effort",
    "Competition": "race",
    "Long Run": "long_run",
    "Gear": "gear",
    # until June 2019
    "id": "id",
    "date": "date",
    "type": "sport",
    "elapsed_time": "elapsed",
    "distance": "metres",
    "filename": "file",
}
TRANSLATED = {
    "id": ("Aktivitäts-ID", "ID de l'activité", "ID de actividad", "ID dell'attività", "Activiteits-ID"),
    "date": ("Aktivitätsdatum", "Date de l'activité", "Fecha de la actividad", "Data dell'attività",
             "Datum van activiteit"),
    "sport": ("Aktivitätsart", "Type d'activité", "Tipo de actividad", "Tipo di attività",
              "Soort activiteit"),
    "elapsed": ("Verstrichene Zeit", "Temps écoulé", "Tiempo transcurrido", "Tempo trascorso",
                "Verstreken tijd"),
    "distance": ("Distanz", "Distancia", "Distanza", "Afstand"),
    "file": ("Dateiname", "Nom du fichier", "Nombre del archivo", "Nome file", "Bestandsnaam"),
}  # fmt: skip
NAMES = ENGLISH | {name: column for column, names in TRANSLATED.items() for name in names}
BY_POSITION = {
    "id": 0, "date": 1, "sport": 3, "elapsed": 15, "moving": 16, "distance": 17, "file": 12, "gain": 20,
    "cadence": 29, "max_hr": 30, "average_hr": 31, "temperature": 36, "relative_effort": 37, "exertion": 43,
}  # fmt: skip
TWINS = ((5, 15), (6, 17), (7, 30), (8, 37))
"""Positions that hold the same name in every language's wide form."""
NEEDED = ("id", "date", "sport", "elapsed")
_ID = re.compile(r"[0-9]{1,20}")


@dataclass(frozen=True, slots=True)
class Row:
    """One session of the table and the file of the export that holds its recording."""

    line: int
    activity: Activity
    file: str | None


@dataclass(frozen=True, slots=True)
class Columns:
    """Where each value stands; ``None`` = this table does not have it. ``metric``: the distance is metres."""

    at: Mapping[str, int]
    metric: bool

    @classmethod
    def of(cls, header: Sequence[str]) -> "Columns":
        """Raises ``Unreadable`` for a table that is not Strava's."""
        names = [name.strip().lstrip("\ufeff") for name in header]
        if len(names) > 50 and names[0] not in ENGLISH and all(names[a] == names[b] for a, b in TWINS):
            return cls(BY_POSITION, metric=True)
        at: dict[str, int] = {}
        seen: dict[str, int] = {}
        for position, name in enumerate(names):
            column = NAMES.get(name)
            if column is not None:
                at[column] = position  # of a name that occurs twice the second is the metric one
                seen[column] = seen.get(column, 0) + 1
        missing = [column for column in NEEDED if column not in at]
        if missing:
            raise Unreadable(
                f"it is a table, but not Strava's activities.csv: no column for {', '.join(missing)}"
            )
        metric = "metres" in at or seen.get("distance", 0) > 1
        if "metres" in at:
            at["distance"] = at.pop("metres")
        return cls(at, metric)


class _Cells:
    """The values of one row by the names of their columns."""

    __slots__ = ("_at", "_doubts", "_line", "_values")

    def __init__(self, values: list[str], at: Mapping[str, int], line: int, doubts: list[str]) -> None:
        self._values, self._at, self._line, self._doubts = values, at, line, doubts

    def text(self, column: str) -> str:
        position = self._at.get(column, -1)
        return self._values[position] if 0 <= position < len(self._values) else ""

    def number(self, column: str, low: float, high: float) -> float | None:
        """The number if it can be true; else ``None`` and, unless it is a zero for nothing, a doubt."""
        raw = self.text(column)
        if not raw:
            return None
        value = _number(raw)
        if value is not None and low <= value <= high:
            return value
        if value != 0:
            self._doubt(f"{column.replace('_', ' ')} cannot be true; it is left out")
        return None

    def heart(self) -> tuple[float | None, float | None]:
        average = self.number("average_hr", LOWEST_HR, HIGHEST_HR)
        highest = self.number("max_hr", LOWEST_HR, HIGHEST_HR)
        if average is not None and highest is not None and highest < average:
            self._doubt("the highest heart rate is below the mean; it is left out")
            highest = None
        return average, highest

    def distance(self, columns: Columns, most_m: float) -> float:
        distance = self.number("distance", 0.0, LONGEST_M) or 0.0
        if not columns.metric:
            distance *= KILOMETRE
        if distance > most_m:
            self._doubt("the distance is faster than anyone runs; it is left out")
            return 0.0
        return distance

    def _doubt(self, text: str) -> None:
        self._doubts.append(f"line {self._line}: {text}")


class Table:
    """The rows of one ``activities.csv``; ``refused`` and ``doubts`` fill while they are read."""

    def __init__(self, data: bytes, zone: str) -> None:
        self._text = _decoded(data)
        self._zone = zone
        self._offsets: dict[tuple[int, int, int, int], int] = {}
        self._sports: dict[str, str] = {}
        self.refused: list[tuple[int, str]] = []
        self.doubts: list[str] = []

    def rows(self) -> Iterator[Row]:
        """Raises ``Unreadable`` where the table itself cannot be followed; a single bad row is refused."""
        csv.field_size_limit(LARGEST_FIELD)
        lines = csv.reader(io.StringIO(self._text, newline=""), delimiter=_delimiter(self._text))
        try:
            header = next(lines, None)
            if header is None:
                raise Unreadable("it is empty")
            columns = Columns.of(header)
            for values in lines:
                if not any(values):
                    continue
                try:
                    yield self._row(values, columns, lines.line_num)
                except Unreadable as why:
                    self.refused.append((lines.line_num, str(why)))
        except csv.Error:
            raise Unreadable(
                f"the table breaks off near line {lines.line_num}: a quotation mark is open; export it again"
            ) from None

    def _row(self, values: list[str], columns: Columns, line: int) -> Row:
        cells = _Cells(values, columns.at, line, self.doubts)
        identity = cells.text("id")
        if not _ID.fullmatch(identity):
            raise Unreadable("the activity's number is missing; the row may be cut short")
        start = dates.moment(cells.text("date"))
        if start is None or start.year < EARLIEST_YEAR:
            raise Unreadable("its date cannot be read; a date like Apr 26, 2020, 3:20:32 PM is expected")
        name = self._sport(cells.text("sport"))
        is_run = name in RUNS
        moving_s, elapsed_s = _durations(_number(cells.text("moving")), _number(cells.text("elapsed")))
        average_hr, max_hr = cells.heart()
        file, gear = cells.text("file"), cells.text("gear")
        activity = Activity(
            source=Source.ARCHIVE,
            external_id=identity,
            sport=name,
            start=start,
            utc_offset_s=self._offset(start),
            moving_s=moving_s,
            elapsed_s=elapsed_s,
            distance_m=cells.distance(columns, FASTEST_RUN_MPS * moving_s if is_run else LONGEST_M),
            gain_m=cells.number("gain", 0.0, 20_000.0),
            average_hr=average_hr,
            max_hr=max_hr,
            cadence_spm=steps(cells.number("cadence", 0.0, 300.0)) if is_run else None,
            temperature_c=cells.number("temperature", -50.0, 60.0),
            perceived_exertion=cells.number("exertion", 1.0, 10.0),
            relative_effort=cells.number("relative_effort", 0.0, 5000.0),
            workout_type=_workout(cells.text("race"), cells.text("long_run")) if is_run else None,
            manual=not file and "file" in columns.at,
            gear_id=gear if _ID.fullmatch(gear) else None,  # a number; a name is nobody's business
        )
        return Row(line, activity, file or None)

    def _sport(self, name: str) -> str:
        known = self._sports.get(name)
        if known is None:
            known = self._sports[name] = sport.from_export(name)
        return known

    def _offset(self, start: datetime) -> int:
        """Looked up once an hour of the calendar: no zone changes its clock more often."""
        hour = (start.year, start.month, start.day, start.hour)
        known = self._offsets.get(hour)
        if known is None:
            known = self._offsets[hour] = zone_offset(self._zone, start)
        return known


def _durations(moving: float | None, elapsed: float | None) -> tuple[int, int]:
    for value in (moving, elapsed):
        if value is not None and not 0 <= value <= LONGEST_S:
            raise Unreadable("its duration is negative or longer than a week")
    moving_s = round(moving or elapsed or 0.0)
    if moving_s == 0:
        raise Unreadable("it has no duration")
    return moving_s, max(moving_s, round(elapsed or 0.0))


def _workout(race: str, long_run: str) -> int | None:
    if race in ("1", "1.0", "true"):
        return RACE
    return LONG_RUN if long_run in ("1", "1.0", "true") else None


def _number(text: str) -> float | None:
    """With a decimal point or comma; only one of them can stand in a number of the export."""
    try:
        number = float(text)
    except ValueError:
        try:
            number = float(text.replace("\u202f", "").replace("\xa0", "").replace(",", "."))
        except ValueError:
            return None
    return number if math.isfinite(number) else None


def _delimiter(text: str) -> str:
    """A spreadsheet that saved the table again may have put semicolons or tabs."""
    header = text[:2000].partition("\n")[0]
    return max((",", ";", "\t"), key=header.count)


def _decoded(data: bytes) -> str:
    """UTF-8 as exported, or what a spreadsheet makes of it. Raises ``Unreadable`` for what is no text."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = ("utf-8-sig", "cp1252")
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
        break
    raise Unreadable("it is not text; activities.csv in UTF-8 is expected")
