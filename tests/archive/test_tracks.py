"""FIT, TCX and GPX: what a recording is worth, and what it refuses."""

import gzip
import json
from datetime import UTC, datetime

import fitdecode
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.archive import fit, gpx_tcx
from service.archive.found import Unreadable
from service.archive.recording import activity_of, local_offset, zone_offset
from service.archive.track import CLIMB_COUNTS_FROM_M, Track, effort_factor
from service.domain.activity import Source
from tests.archive.samples import SHARED, START, fit_file, fit_run, gpx, tcx

REAL = SHARED / "fit"
needs_files = pytest.mark.skipif(
    not REAL.is_dir(), reason="the shared recordings are not beside this repository"
)


def read(data: bytes, zone: str = "UTC"):
    """The one session of a file and its doubts."""
    recordings = fit.recordings(data) if data[8:12] == b".FIT" else gpx_tcx.recordings(data)
    return activity_of(recordings[0], "x", zone)


def real(name: str) -> bytes:
    data = (REAL / name).read_bytes()
    return gzip.decompress(data) if name.endswith(".gz") else data


def test_a_fit_run_is_the_session_that_was_run() -> None:
    """Every figure of the session, with its kilometres and its local time."""
    activity, doubts = read(fit_run())
    assert (
        activity.source, activity.sport, activity.start, activity.utc_offset_s,
    ) == (Source.ARCHIVE, "Run", START, 3600)  # fmt: skip
    assert (activity.moving_s, activity.elapsed_s, activity.distance_m) == (600, 600, 1800.0)
    assert (activity.average_hr, activity.max_hr, activity.cadence_spm) == (140.0, 140.0, 170.0)
    assert pytest.approx([split.distance_m for split in activity.splits], abs=30) == [1020.0, 780.0]
    assert activity.detailed
    assert activity.laps[0].distance_m == 1800
    assert doubts == ()


@pytest.mark.parametrize(
    ("complaint", "data"),
    [
        # the clock counts from when it was switched on
        ("clock was never set", fit_run(start=datetime(1990, 1, 5, tzinfo=UTC))),
        # a set clock that still shows the last century
        ("clock was never set", fit_run(start=datetime(1998, 7, 1, tzinfo=UTC))),
        # the last bytes are missing
        ("cut short", fit_run()[:-40]),
        # one byte is another
        ("damaged", fit_run()[:-5] + b"\x00" + fit_run()[-4:]),
        # settings of a watch
        ("not of an activity", fit_run(kind=2)),
        # a recording that was never finished
        ("no session", fit_file([(0, [(0, 0, 4)])])),
        # only the magic
        ("damaged", b"\x0e\x20\x00\x00\x00\x00\x00\x00.FIT\x00\x00"),
    ],
)
def test_a_fit_file_that_is_no_session_is_refused(complaint: str, data: bytes) -> None:
    """With a reason that names what to do."""
    with pytest.raises(Unreadable, match=complaint):
        read(data)


def test_a_heart_rate_of_255_is_no_heart_rate() -> None:
    """255 is how FIT writes "nothing"; 250 is a loose strap."""
    assert read(fit_run(heart=255))[0].average_hr is None
    activity, doubts = read(fit_run(heart=250))
    assert activity.average_hr is None
    assert "heart rates cannot be true" in doubts[0]


@pytest.mark.parametrize(
    ("offset", "utc", "local"),
    [
        (3600, 0, 3600),  # Oslo in winter
        (20_700, 0, 20_700),  # Kathmandu
        (3600, 0, 3653),  # the watch wrote local time a minute later
        (None, 0, 0),  # a watch that does not know its zone writes UTC
        (None, 0, 5000),  # no zone has this
        (None, 0, 80_000),  # nor this
    ],
)
def test_local_time_becomes_an_offset(offset: int | None, utc: int, local: int) -> None:
    """Only what a zone can have is believed."""
    assert offset == local_offset(utc, local)


def test_the_zone_stands_in_where_a_file_has_none() -> None:
    """Summer time included; an unknown zone is UTC."""
    assert read(tcx(), "Europe/Oslo")[0].utc_offset_s == 3600
    assert zone_offset("Europe/Oslo", datetime(2025, 7, 1, tzinfo=UTC)) == 7200
    assert zone_offset("No/Where", START) == 0


def test_a_tcx_run() -> None:
    """Laps give the watch's own figures."""
    activity, _ = read(tcx(120))
    assert (activity.sport, activity.moving_s, activity.distance_m) == ("Run", 1190, 3600.0)
    assert (pytest.approx(activity.average_hr, abs=0.2), activity.cadence_spm) == (142.0, 170.0)
    assert [lap.distance_m for lap in activity.laps] == [3600.0]
    assert len(activity.splits) == 4


def test_a_gpx_run_is_measured_along_its_way() -> None:
    """Positions become metres, and neither they nor the name are kept."""
    activity, _ = read(gpx(61))
    assert activity.distance_m == pytest.approx(60 * 30.02, rel=0.01)
    assert (activity.moving_s, activity.average_hr, activity.cadence_spm) == (600, 150.0, 168.0)
    assert activity.gain_m == pytest.approx(60, abs=2)
    assert "Secret" not in repr(activity)


@pytest.mark.parametrize(
    ("complaint", "data"),
    [
        ("route, not a recording", gpx(times=False)),
        ("well-formed", tcx()[:-30]),
        ("document type", tcx(extra='<!DOCTYPE x [<!ENTITY a "aaaa">]>')),
        ("neither GPX nor TCX", b"<html></html>"),
        ("no session", b"<gpx></gpx>"),
        ("nested too deeply", b"<gpx>" + b"<a>" * 60),
        ("encoding is unknown", b'<?xml version="1.0" encoding="x-nobody"?><gpx/>'),
        ("well-formed", b'<?xml version="1.0" encoding="UTF-8"?><gpx>\xff\xfe</gpx>'),
        ("no duration", tcx(1).replace(b"<TotalTimeSeconds>10", b"<TotalTimeSeconds>0")),
        ("longer than a week", tcx().replace(b"<TotalTimeSeconds>600", b"<TotalTimeSeconds>9000000").replace(
            b"<Time>2025-03-02T07:39:50Z", b"<Time>2025-05-02T07:39:50Z")),
    ],
)  # fmt: skip
def test_xml_that_is_no_session_is_refused(complaint: str, data: bytes) -> None:
    """Hostile, damaged or of another kind."""
    with pytest.raises(Unreadable, match=complaint):
        read(data)


def test_blanks_before_the_declaration_are_forgiven() -> None:
    """Strava exports TCX like that."""
    assert read(b"          " + tcx())[0].sport == "Run"


def test_faster_than_anyone_runs() -> None:
    """The distance is left out, the session stays."""
    activity, doubts = read(tcx().replace(b"<DistanceMeters>1800<", b"<DistanceMeters>90000<"))
    assert activity.distance_m == 0
    assert "faster than anyone runs" in doubts[0]


@given(st.lists(st.integers(0, 12), max_size=60))
def test_a_climb_is_what_every_height_adds_up_to(heights: list[int]) -> None:
    """The heights left out on ways down and on the level change nothing: the sum over all of them is the
    same."""
    total, low = 0.0, float("inf")
    for height in heights:
        if height >= low + CLIMB_COUNTS_FROM_M:
            total, low = total + height - low, height
        low = min(low, height)
    track = Track.of([(at, 3 * at, height, None, None, None) for at, height in enumerate(heights)])
    assert track.climb_m == (total if heights else None)


def test_a_steep_climb_counts_as_faster() -> None:
    """Uphill costs more, gently downhill less, steeply downhill as much as flat."""
    assert effort_factor(np.array([0.0, 0.1, -0.09, -0.3, np.nan])) == pytest.approx(
        [1.0, 1.66, 0.88, 1.0, 1.0], abs=0.02
    )


def test_a_track_without_anything_says_nothing() -> None:
    """No column is guessed."""
    empty = Track.of([(0.0, None, None, None, None, None), (10.0, None, None, None, None, None)])
    assert (
        empty.moving_s, empty.covered_m, empty.climb_m, empty.mean("heart_rate"), empty.splits(),
    ) == (10.0, 0.0, None, None, ())  # fmt: skip
    assert Track.of([]).steps_s.size == 0


@needs_files
def test_the_same_marathon_from_the_watch_and_from_strava() -> None:
    """2,958 points: heart rate, cadence and temperature are identical."""
    streams = json.loads(
        gzip.decompress((SHARED / "strava_api" / "streams_marathon_2025.json.gz").read_bytes())
    )
    track = fit.recordings(real("marathon_2025_fr745.fit"))[0].track
    assert len(track) == 2958
    for stream, column in (("heartrate", "heart_rate"), ("cadence", "cadence"), ("temp", "temperature_c")):
        assert np.array_equal(streams[stream]["data"], getattr(track, column))


@needs_files
@pytest.mark.parametrize("name", ["sloatsburg", "pyselsky", "trosku"])
def test_elevates_oracles(name: str) -> None:
    """Pace to the second a kilometre, climb, and the flat pace of equal effort within 5 % of Strava's."""
    oracle = json.loads((SHARED / "oracles" / "elevate.json").read_text())["files"][f"elevate_{name}.fit"]
    recording = fit.recordings(real(f"elevate_{name}.fit"))[0]
    activity, _ = activity_of(recording, "x", "UTC")
    pace = {activity.elapsed_s / activity.distance_m * 1000, activity.moving_s / activity.distance_m * 1000}
    assert min(abs(each - _seconds(oracle["pace_avg"])) for each in pace) < 16
    flat_m = sum((split.grade_adjusted_mps or 0) * split.moving_s for split in activity.splits)
    flat = sum(split.moving_s for split in activity.splits) / flat_m * 1000
    assert flat == pytest.approx(_seconds(oracle["strava_gap"]), rel=0.05)
    if "hr_avg" in oracle:
        assert round(activity.average_hr) == oracle["hr_avg"]
        assert activity.max_hr == pytest.approx(oracle["hr_max"], abs=1)
        found = [round(float(np.nanquantile(recording.track.heart_rate, q))) for q in (0.25, 0.5, 0.75)]
        assert [oracle[k] for k in ("hr_q25", "hr_median", "hr_q75")] == pytest.approx(found, abs=1)


def _seconds(pace: str) -> int:
    minutes, seconds = pace.removesuffix("/km").split(":")
    return 60 * int(minutes) + int(seconds)


@needs_files
@pytest.mark.parametrize(
    "name", ["fitdecode_antfs-dump.63.fit", "chironpy_6449921903_ACTIVITY.fit", "elevate_bloemendaal.fit"]
)
def test_reading_past_changes_nothing(name: str) -> None:
    """Messages that are not wanted are not decoded; the others come out as fitdecode itself gives them."""
    with fitdecode.FitReader(REAL / name, processor=None) as frames:
        points = [
            [
                None if frame.get_value(key, fallback=None) is None else float(frame.get_value(key))
                for key in keys
            ]
            for frame in frames
            if frame.frame_type == fitdecode.FIT_FRAME_DATA and frame.name == "record"
            for keys in [("distance", "heart_rate", "cadence", "temperature")]
        ]
    found = fit.contents_of(real(name)).points
    assert points == [[point[1], *point[3:]] for point in found]


@needs_files
def test_every_real_file_is_read_or_refused_with_a_reason() -> None:
    """The small ones of 39 FIT and 11 TCX and GPX files; the bench and the drill take the large ones."""
    read_, refused = [], []
    for path in sorted(REAL.iterdir()):
        if path.stat().st_size > 60_000:
            continue
        try:
            read(real(path.name)) if path.stat().st_size else fit.recordings(b"")
            read_.append(path.name)
        except Unreadable as why:
            refused.append(f"{path.name}: {why}")
    assert (len(read_), sum(name.startswith("invalid") for name in refused)) == (21, 5)
