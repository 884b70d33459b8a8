"""Synthetic files: a FIT writer of a few lines, TCX, GPX, and tables as Strava exports them."""

import gzip
import io
import struct
import zipfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fitdecode import utils

from service.archive.fit import EPOCH_S

START = datetime(2025, 3, 2, 7, 30, tzinfo=UTC)
SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"
ENUM, UINT8, UINT16, UINT32 = 0x00, 0x02, 0x84, 0x86
FORMATS = {ENUM: "B", UINT8: "B", UINT16: "H", UINT32: "I"}

Field = tuple[int, int, int]
"""Number, base type, value."""


def fit_time(at: datetime) -> int:
    return int(at.timestamp()) - EPOCH_S


def fit_file(messages: Sequence[tuple[int, Sequence[Field]]]) -> bytes:
    """A FIT file of (global message number, fields)."""
    body = b""
    for number, fields in messages:
        body += struct.pack("<BBBHB", 0x40, 0, 0, number, len(fields))
        for field, base, _ in fields:
            body += struct.pack("BBB", field, struct.calcsize(FORMATS[base]), base)
        body += b"\x00" + b"".join(struct.pack("<" + FORMATS[base], value) for _, base, value in fields)
    header = struct.pack("<BBHI4s", 14, 0x20, 2132, len(body), b".FIT")
    header += struct.pack("<H", utils.compute_crc(header))
    return header + body + struct.pack("<H", utils.compute_crc(header + body))


def fit_run(
    *,
    start: datetime = START,
    seconds: int = 600,
    heart: int = 140,
    offset_h: int = 1,
    sport: int = 1,
    kind: int = 4,
) -> bytes:
    """A run at 3 m/s with a point every ten seconds."""
    at = fit_time(start)
    points = [
        (
            20,
            [
                (253, UINT32, at + n),
                (5, UINT32, n * 300),
                (3, UINT8, heart),
                (4, UINT8, 85),
                (2, UINT16, 2500 + n),
            ],
        )
        for n in range(0, seconds + 1, 10)
    ]
    session = [
        (253, UINT32, at + seconds), (2, UINT32, at), (5, ENUM, sport), (6, ENUM, 0),
        (7, UINT32, seconds * 1000), (8, UINT32, seconds * 1000), (9, UINT32, seconds * 300),
        (16, UINT8, heart), (17, UINT8, min(heart + 20, 255)),
    ]  # fmt: skip
    activity = [(253, UINT32, at + seconds), (5, UINT32, at + seconds + offset_h * 3600)]
    lap = [
        (253, UINT32, at + seconds), (2, UINT32, at), (7, UINT32, seconds * 1000),
        (8, UINT32, seconds * 1000), (9, UINT32, seconds * 300), (15, UINT8, heart),
    ]  # fmt: skip
    return fit_file(
        [(0, [(0, ENUM, kind), (1, UINT16, 1)]), *points, (19, lap), (18, session), (34, activity)]
    )


def tcx(points: int = 60, *, start: datetime = START, extra: str = "", sport: str = "Running") -> bytes:
    """A TCX run with a point every ten seconds."""
    rows = "".join(
        f"<Trackpoint><Time>{start + timedelta(seconds=10 * n):%Y-%m-%dT%H:%M:%SZ}</Time>"
        f"<AltitudeMeters>{100 + n / 10}</AltitudeMeters><DistanceMeters>{n * 30}</DistanceMeters>"
        f"<HeartRateBpm><Value>{140 + n % 5}</Value></HeartRateBpm>"
        "<Extensions><TPX><RunCadence>85</RunCadence></TPX></Extensions></Trackpoint>"
        for n in range(points)
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{extra}<TrainingCenterDatabase><Activities>'
        f'<Activity Sport="{sport}">'
        f'<Lap StartTime="{start:%Y-%m-%dT%H:%M:%SZ}"><TotalTimeSeconds>{10 * points}</TotalTimeSeconds>'
        f"<DistanceMeters>{30 * points}</DistanceMeters><AverageHeartRateBpm><Value>142</Value>"
        f"</AverageHeartRateBpm><Track>{rows}</Track></Lap></Activity></Activities></TrainingCenterDatabase>"
    ).encode()


def gpx(points: int = 60, *, start: datetime = START, times: bool = True, kind: str = "9") -> bytes:
    """A GPX run northward, about 3 m a second."""
    rows = "".join(
        f'<trkpt lat="{n * 0.00027:.6f}" lon="0.0"><ele>{50 + n}</ele>'
        + (f"<time>{start + timedelta(seconds=10 * n):%Y-%m-%dT%H:%M:%SZ}</time>" if times else "")
        + "<extensions><x:TrackPointExtension><x:hr>150</x:hr><x:cad>84</x:cad></x:TrackPointExtension>"
        "</extensions></trkpt>"
        for n in range(points)
    )
    return (
        '<?xml version="1.0"?><gpx xmlns:x="urn:x"><trk><name>Secret place</name>'
        f"<type>{kind}</type><trkseg>{rows}</trkseg></trk></gpx>"
    ).encode()


WIDE = (
    "Activity ID,Activity Date,Activity Name,Activity Type,Activity Description,Elapsed Time,Distance,"
    "Max Heart Rate,Relative Effort,Commute,Activity Private Note,Activity Gear,Filename,Athlete Weight,"
    "Bike Weight,Elapsed Time,Moving Time,Distance,Max Speed,Average Speed,Elevation Gain,Elevation Loss,"
    "Elevation Low,Elevation High,Max Grade,Average Grade,Average Positive Grade,Average Negative Grade,"
    "Max Cadence,Average Cadence,Max Heart Rate,Average Heart Rate,Max Watts,Average Watts,Calories,"
    "Max Temperature,Average Temperature,Relative Effort,Total Work,Number of Runs,Uphill Time,Downhill Time,"
    "Other Time,Perceived Exertion,Type,Start Time,Weighted Average Power,Power Count,Competition,"
    "Long Run,Gear"
).split(",")
"""The form of 2025 without the columns that nobody reads."""


def wide_row(number: int = 1, **values: str) -> list[str]:
    """A row of the wide form: keys are positions as ``c17`` or first names as ``Filename``."""
    row = [""] * len(WIDE)
    usual = {
        0: str(7_000_000_000 + number), 1: f"Mar {1 + number % 28}, 2025, 7:30:00 AM", 2: "Secret place",
        3: "Run", 5: "1900", 6: "5.02", 12: f"activities/{number}.fit.gz", 15: "1900.0", 16: "1800.0",
        17: "5021.5", 20: "35.5", 29: "82.0", 30: "171.0", 31: "151.0", 37: "44.0",
    }  # fmt: skip
    for position, value in usual.items():
        row[position] = value
    for key, value in values.items():
        row[int(key[1:]) if key[0] == "c" and key[1:].isdigit() else WIDE.index(key)] = value
    return row


def table(*rows: Sequence[str], header: Sequence[str] = WIDE, delimiter: str = ",") -> bytes:
    """A table as text, quoted where needed."""
    import csv

    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows([header, *rows])
    return text.getvalue().encode()


def zipped(path: Path, members: Mapping[str, bytes]) -> Path:
    """A zip of these files."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def export(path: Path) -> Path:
    """A bulk export of three runs: one with a FIT file, one with a damaged one, one by hand."""
    rows = (wide_row(1), wide_row(2), wide_row(3, Filename=""))
    return zipped(
        path,
        {
            "activities.csv": table(*rows),
            "activities/1.fit.gz": gzip.compress(fit_run(seconds=1800)),
            "activities/2.fit.gz": gzip.compress(fit_run()[:-30]),
            "media/photo.jpg": b"no",
            "routes/1.gpx": gpx(times=False),
            "profile.csv": b"a,b\n",
        },
    )
