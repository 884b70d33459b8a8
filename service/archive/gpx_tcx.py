"""GPX and TCX, the two XML formats, read as a stream by expat.

A document type is refused, so no entity is ever expanded or fetched. Positions become metres and are
forgotten; names and descriptions are never looked at.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from xml.parsers import expat

import numpy as np

from service.archive import sport
from service.archive.found import Unreadable
from service.archive.recording import Recording, moment
from service.archive.track import Track, metres_between
from service.domain.activity import Lap

MOST_POINTS = 500_000
DEEPEST = 40
LONGEST_TEXT = 64
CHUNK = 1 << 16
TCX_POINT = {
    "Time": "time",
    "DistanceMeters": "distance",
    "AltitudeMeters": "altitude",
    "Value": "heart_rate",
    "Cadence": "cadence",
    "RunCadence": "cadence",
}
GPX_POINT = {
    "time": "time",
    "ele": "altitude",
    "hr": "heart_rate",
    "heartrate": "heart_rate",
    "cad": "cadence",
    "cadence": "cadence",
    "atemp": "temperature",
    "temp": "temperature",
    "distance": "distance",
}
LAP_TIMES = {"TotalTimeSeconds": "seconds", "DistanceMeters": "metres"}

Values = dict[str, str]


@dataclass
class Session:
    """One TCX activity or one GPX track while it is read."""

    kind: str = ""
    points: list[list[float | None]] = field(default_factory=list)
    latitudes: list[float] = field(default_factory=list)
    longitudes: list[float] = field(default_factory=list)
    laps: list[Values] = field(default_factory=list)


class Reader:
    """Collects points while expat calls. One file each."""

    def __init__(self) -> None:
        self.sessions: list[Session] = []
        self.root = ""
        self._path: list[str] = []
        self._text: list[str] = []
        self._point: Values | None = None
        self._count = 0

    def read(self, data: bytes) -> None:
        """Raises ``Unreadable`` for damaged or hostile XML."""
        parser = expat.ParserCreate()
        parser.StartElementHandler = self._open
        parser.EndElementHandler = self._close
        parser.CharacterDataHandler = self._say
        parser.StartDoctypeDeclHandler = self._refuse
        parser.buffer_text = True
        try:
            for start in range(0, len(data), CHUNK):
                parser.Parse(data[start : start + CHUNK], False)
            parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise Unreadable(f"it is not well-formed XML (line {error.lineno}); export it again") from None
        except (ValueError, LookupError, UnicodeError):
            raise Unreadable("its encoding is unknown; save it as UTF-8") from None

    def _refuse(self, *_: object) -> None:
        raise Unreadable("it declares a document type, which no recording needs; it is not read")

    def _open(self, tag: str, attributes: Mapping[str, str]) -> None:
        name = tag.rpartition(":")[2]
        self.root = self.root or name
        self._path.append(name)
        self._text = []
        if len(self._path) > DEEPEST:
            raise Unreadable("its elements are nested too deeply; it is no recording")
        if name in ("Activity", "trk"):
            self.sessions.append(Session(kind=attributes.get("Sport", "")))
        elif name == "Lap" and self.sessions:
            self.sessions[-1].laps.append({"start": attributes.get("StartTime", "")})
        elif name in ("Trackpoint", "trkpt") and self.sessions:
            self._point = dict(attributes)

    def _say(self, text: str) -> None:
        if len(self._text) < LONGEST_TEXT:
            self._text.append(text[:LONGEST_TEXT])

    def _close(self, _tag: str) -> None:
        name = self._path.pop()
        if name in ("Trackpoint", "trkpt") and self._point is not None:
            self._keep(self._point)
            self._point = None
        elif self._point is not None:
            self._value(name)
        elif self.sessions and "Lap" in self._path and "Track" not in self._path:
            self._of_lap(name)
        elif name == "type" and self._path[-1:] == ["trk"]:
            self.sessions[-1].kind = self._said()
        self._text = []

    def _said(self) -> str:
        return "".join(self._text).strip()[:LONGEST_TEXT]

    def _value(self, name: str) -> None:
        known = (TCX_POINT if self.root == "TrainingCenterDatabase" else GPX_POINT).get(name)
        if known is not None and self._point is not None:
            self._point[known] = self._said()

    def _of_lap(self, name: str) -> None:
        lap = self.sessions[-1].laps[-1] if self.sessions[-1].laps else {}
        if name in LAP_TIMES and self._path[-1] == "Lap":
            lap[LAP_TIMES[name]] = self._said()
        elif name == "Value" and self._path[-1] == "AverageHeartRateBpm":
            lap["heart_rate"] = self._said()

    def _keep(self, point: Values) -> None:
        self._count += 1
        if self._count > MOST_POINTS:
            raise Unreadable(f"it has more than {MOST_POINTS} points; no session is that long")
        names = ("distance", "altitude", "heart_rate", "cadence", "temperature")
        row = [_seconds(point.get("time", "")), *(_number(point.get(name, "")) for name in names)]
        session = self.sessions[-1]
        session.points.append(row)
        session.latitudes.append(_degrees(point.get("lat", "")))
        session.longitudes.append(_degrees(point.get("lon", "")))


def recordings(data: bytes) -> list[Recording]:
    """The sessions of one GPX or TCX file. Raises ``Unreadable``."""
    reader = Reader()
    reader.read(data.lstrip())  # Strava's TCX files begin with blanks, which XML forbids
    if reader.root not in ("gpx", "TrainingCenterDatabase"):
        raise Unreadable("it is XML, but neither GPX nor TCX")
    sessions = [session for session in reader.sessions if session.points or session.laps]
    if not sessions:
        raise Unreadable("no session is recorded in it")
    if reader.root == "gpx":
        return [_gpx(session) for session in sessions]
    return [_tcx(session) for session in sessions]


def _gpx(session: Session) -> Recording:
    known = [n for n, row in enumerate(session.points) if row[0] is not None]
    if not known:
        raise Unreadable("its points have no time: it is a route, not a recording")
    rows = [session.points[n] for n in known]
    if all(row[1] is None for row in rows):
        places = np.array([(session.latitudes[n], session.longitudes[n]) for n in known])
        for row, metres in zip(rows, metres_between(places[:, 0], places[:, 1]), strict=True):
            row[1] = float(metres)
    track = Track.of(rows)
    return Recording(sport=sport.from_track(session.kind), start=moment(track.time_s[0]), track=track)


def _tcx(session: Session) -> Recording:
    track = Track.of(session.points)
    laps = tuple(lap for values in session.laps if (lap := _lap(values)) is not None)
    starts = [at for values in session.laps if (at := _seconds(values.get("start", ""))) is not None]
    starts += [float(track.time_s[0])] if len(track) else []
    if not starts:
        raise Unreadable("no time stands in it; nothing can be dated by it")
    start = moment(min(starts))
    timer = sum(_number(values.get("seconds", "")) or 0.0 for values in session.laps)
    span = float(track.time_s[-1]) - min(starts) if len(track) else timer
    return Recording(
        sport=sport.from_track(session.kind),
        start=start,
        track=track,
        timer_s=timer or None,
        elapsed_s=max(span, 0.0) or None,
        distance_m=sum(_number(values.get("metres", "")) or 0.0 for values in session.laps) or None,
        laps=laps,
    )


def _lap(values: Values) -> Lap | None:
    start = _seconds(values.get("start", ""))
    metres, seconds = _number(values.get("metres", "")), _number(values.get("seconds", ""))
    if start is None or not metres or not seconds or not 0 < seconds < 7 * 86_400 or metres < 0:
        return None
    heart = _number(values.get("heart_rate", ""))
    return Lap(
        start=moment(start),
        distance_m=round(metres, 1),
        moving_s=max(1, round(seconds)),
        average_hr=heart if heart and 30 <= heart <= 240 else None,
    )


def _seconds(text: str) -> float | None:
    """Epoch seconds of an XML date; one without an offset is UTC, as both formats have it."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    if at.year < 1970:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if abs(number) < 1e9 else None


def _degrees(text: str) -> float:
    number = _number(text)
    return float("nan") if number is None or abs(number) > 360 else number
