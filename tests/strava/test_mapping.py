"""From Strava's JSON to a session: tolerant of wobble, strict about what cannot be true."""

import gzip
import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from service.domain.activity import Source
from service.strava.mapping import RowRejected, activity_from_json, read_row

SHARED = Path(__file__).parents[3] / "shared" / "data" / "strava_api"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason=f"recorded answers are not at {SHARED}")
ROW = {
    "id": 101,
    "sport_type": "TrailRun",
    "type": "Run",
    "start_date": "2025-07-01T17:00:00Z",
    "start_date_local": "2025-07-01T19:00:00Z",
    "timezone": "(GMT+01:00) Europe/Oslo",
    "utc_offset": 7200.0,
    "distance": 10_000,
    "moving_time": 3000.0,
    "elapsed_time": 3100,
}
LAP = {"distance": 5000, "moving_time": 1500}


def row(**changes):
    """The plain row with keys changed; ``...`` takes one out."""
    merged = {**ROW, **changes}
    return {key: value for key, value in merged.items() if value is not ...}


def test_a_summary_becomes_a_session():
    """Numbers as they are, sport by sport_type, cadence in steps."""
    found = activity_from_json(
        row(average_heartrate=151.3, max_heartrate=170, average_cadence=82.1, average_temp=21,
            suffer_score=70.0, total_elevation_gain=88, workout_type=1, trainer=False, perceived_exertion=6)
    )  # fmt: skip
    assert found.source is Source.STRAVA
    assert (found.external_id, found.sport, found.is_race) == ("101", "TrailRun", True)
    assert (found.moving_s, found.elapsed_s, found.distance_m) == (3000, 3100, 10_000.0)
    assert found.start == datetime(2025, 7, 1, 17, tzinfo=UTC)
    assert found.training_day == date(2025, 7, 1)
    assert (found.average_hr, found.max_hr, found.cadence_spm) == (151.3, 170.0, 164.2)
    assert (found.temperature_c, found.perceived_exertion, found.relative_effort) == (21.0, 6.0, 70.0)
    assert found.gain_m == 88.0
    assert not found.detailed


def test_a_detailed_activity_brings_splits_and_laps():
    """Rows that lack a length or a duration are left out, without harm to the rest."""
    found = activity_from_json(
        row(
            resource_state=3,
            device_name="Watch",
            splits_metric=[
                {"distance": 1000.0, "moving_time": 300, "average_heartrate": 150, "elevation_difference": 3,
                 "average_grade_adjusted_speed": 3.4},
                {"distance": 0, "moving_time": 3},
                "broken",
            ],
            laps=[{**LAP, "start_date": ROW["start_date"], "average_cadence": 85}, LAP],
        )
    )  # fmt: skip
    assert found.detailed
    assert found.device == "Watch"
    assert [split.grade_adjusted_mps for split in found.splits] == [3.4]
    assert [lap.cadence_spm for lap in found.laps] == [170]
    assert activity_from_json(row(splits_metric=None, laps=None)).detailed


@pytest.mark.parametrize(
    ("field", "bad"),
    [
        ("id", row(id=...)),
        ("id", row(id=True)),
        ("sport_type", row(sport_type=..., type=...)),
        ("moving_time", row(moving_time=-5)),
        ("elapsed_time", row(elapsed_time=-5)),
        ("moving_time", row(moving_time=10**7)),
        ("moving_time", row(moving_time=0, elapsed_time=0)),
        ("start_date", row(start_date="yesterday", start_date_local=...)),
        ("start_date", row(start_date="0001-01-01T00:00:00Z")),
        ("utc_offset", row(utc_offset=90_000)),
        ("row", ["not", "an", "object"]),
    ],
)
def test_what_cannot_be_a_session_is_refused_by_field(field, bad):
    """The reason says what is expected and repeats no value."""
    with pytest.raises(RowRejected) as refused:
        read_row(bad)
    assert refused.value.field == field
    assert str(refused.value).startswith(f"{field}: ")


@pytest.mark.parametrize(
    ("field", "name", "value"),
    [
        ("average_heartrate", "average_hr", 600),
        ("average_heartrate", "average_hr", float("nan")),
        ("average_heartrate", "average_hr", 10**400),
        ("average_temp", "temperature_c", 99),
        ("perceived_exertion", "perceived_exertion", 0),
        ("total_elevation_gain", "gain_m", "high"),
    ],
)
def test_a_value_that_cannot_be_true_is_dropped_and_named(field, name, value):
    """The session itself is kept: unobserved is not rest."""
    mapped = read_row(row(**{field: value}))
    assert [doubt.field for doubt in mapped.doubts] == [field]
    assert getattr(mapped.activity, name) is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"id": "1\x002"}, "id"),
        ({"id": "\ud800"}, "id"),
        ({"sport_type": "\u202enuR", "type": ...}, "sport_type"),
        ({"start_date": "0001-01-01T00:00:00+14:00", "start_date_local": ...}, "start_date"),
        ({"start_date": "9999-12-31T23:00:00Z"}, "start_date"),
        ({"start_date": ..., "utc_offset": 1e308}, "utc_offset"),
    ],
)
def test_what_no_database_or_calendar_holds_is_refused(changes, field):
    """One such row must not take the other rows of its page along."""
    with pytest.raises(RowRejected) as refused:
        activity_from_json(row(**changes))
    assert refused.value.field == field


def test_texts_are_kept_without_what_no_database_holds():
    """NUL, half characters and signs that turn a line are left out."""
    found = activity_from_json(row(device_name="Wa\x00tch\u202e\ud800", gear_id="\x07", workout_type=2**40))
    assert (found.device, found.gear_id, found.workout_type) == ("Watch", None, None)


def test_a_split_longer_than_any_session_is_left_out():
    """Its other figures are dropped alone."""
    split = {"distance": 1000.0, "moving_time": 300}
    wild = split | {"elevation_difference": 1e308, "average_grade_adjusted_speed": 1e308}
    found = activity_from_json(row(splits_metric=[split | {"distance": 1e308}, wild]))
    assert [(each.elevation_m, each.grade_adjusted_mps) for each in found.splits] == [(None, None)]


def test_a_highest_heart_rate_below_the_mean_is_dropped():
    """One of the two is wrong, and it is not the mean of hundreds of beats."""
    mapped = read_row(row(average_heartrate=150, max_heartrate=120))
    assert (mapped.activity.average_hr, mapped.activity.max_hr) == (150.0, None)
    assert [doubt.field for doubt in mapped.doubts] == ["max_heartrate"]


def test_a_run_faster_than_anyone_keeps_its_time():
    """A ride recorded as a run must not become the longest run."""
    mapped = read_row(row(distance=60_000, moving_time=3600))
    assert mapped.activity.distance_m == 0.0
    assert [doubt.field for doubt in mapped.doubts] == ["distance"]


@pytest.mark.parametrize("switch", [{"has_heartrate": False}, {"heartrate_opt_out": True}])
def test_heart_rate_is_not_read_where_it_is_switched_off(switch):
    """The athlete's choice, not a doubt."""
    mapped = read_row(row(average_heartrate=150, **switch))
    assert mapped.activity.average_hr is None
    assert mapped.doubts == ()


@pytest.mark.parametrize(
    ("offset_s", "changes"),
    [
        (7200, {}),
        (7200, {"utc_offset": ...}),  # from the two starts
        (7200, {"utc_offset": ..., "start_date_local": ...}),  # from the zone's name, summer time
        (0, {"utc_offset": ..., "start_date_local": ..., "timezone": "(GMT+01:00) Europe/Atlantis"}),
        (7200, {"start_date": ...}),  # from the local start
    ],
)
def test_the_offset_is_never_read_from_the_prefix(offset_s, changes):
    """(GMT+01:00) is the standard offset: wrong all summer."""
    found = activity_from_json(row(**changes))
    assert found.utc_offset_s == offset_s
    assert found.start == datetime(2025, 7, 1, 17, tzinfo=UTC)


def test_a_row_that_says_no_zone_may_be_given_one():
    """Else it is taken for UTC."""
    silent = row(utc_offset=..., start_date_local=..., timezone=...)
    assert activity_from_json(silent).utc_offset_s == 0
    assert read_row(silent, zone="Europe/Oslo").activity.utc_offset_s == 7200


def test_a_hidden_start_keeps_its_day():
    """Reported as one second past local midnight; not a run of the night before."""
    found = activity_from_json(
        row(start_date="2025-06-30T22:00:01Z", start_date_local="2025-07-01T00:00:01Z")
    )
    assert found.start_hidden
    assert found.training_day == date(2025, 7, 1)


def test_durations_stand_in_for_each_other():
    """Elapsed below moving happens; the longer holds."""
    assert activity_from_json(row(moving_time=0)).moving_s == 3100
    assert activity_from_json(row(elapsed_time=10)).elapsed_s == 3000


def test_a_sport_not_heard_of_is_kept():
    """Strava adds sports; each is load until it is known better."""
    assert activity_from_json(row(sport_type="Quidditch")).sport == "Quidditch"


def test_cadence_that_is_already_in_steps_is_left():
    """And no cadence is made of a ride's."""
    assert activity_from_json(row(average_cadence=172)).cadence_spm == 172
    assert activity_from_json(row(sport_type="Ride", average_cadence=80)).cadence_spm is None


def test_nothing_private_is_read():
    """Titles, places and maps leave no trace."""
    secret = row(
        name="SECRET", description="SECRET", start_latlng=[59.9, 10.7], map={"summary_polyline": "SECRET"}
    )
    assert "SECRET" not in repr(activity_from_json(secret))
    assert "59.9" not in repr(activity_from_json(secret))


@needs_shared
def test_every_recorded_activity_is_read_without_a_doubt():
    """1,132 real rows."""
    with gzip.open(SHARED / "athlete_activities_pages.jsonl.gz", "rt") as file:
        mapped = [read_row(each) for line in file for each in json.loads(line)["body"]]
    assert len(mapped) == 1132
    assert not [doubt for each in mapped for doubt in each.doubts]


@needs_shared
def test_a_recorded_detail_has_its_kilometres():
    """23 splits with grade-adjusted speed, one lap."""
    found = activity_from_json(json.loads((SHARED / "detailed_activity_run.json").read_text()))
    assert (len(found.splits), len(found.laps), found.detailed) == (23, 1, True)
