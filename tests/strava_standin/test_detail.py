"""Detail, laps, streams and zones tell the same story as the summary row."""

import math

import httpx
import pytest

from tests.strava_standin.control import CANARIES, Standin
from tests.strava_standin.streams import KEYS


def reader(standin: Standin, athlete: int) -> httpx.Client:
    headers = {"Authorization": f"Bearer {standin.grant(athlete)['access_token']}"}
    return httpx.Client(base_url=standin.api_base, headers=headers)


def find(rows: list[dict], **wanted: object) -> dict:
    return next(row for row in rows if all(row.get(name) == value for name, value in wanted.items()))


@pytest.fixture
def rows(standin: Standin) -> list[dict]:
    return standin.activities(7000001)


def test_splits_add_up_to_the_run(standin: Standin, rows: list[dict]) -> None:
    """Kilometres and miles both: distance, time, heart rate."""
    row = find(rows, sport_type="Run", has_heartrate=True, manual=False)
    with reader(standin, 7000001) as client:
        detail = client.get(f"/activities/{row['id']}").json()
    for name, length in (("splits_metric", 1000), ("splits_standard", 1609.344)):
        splits = detail[name]
        assert sum(split["moving_time"] for split in splits) == row["moving_time"]
        assert sum(split["elapsed_time"] for split in splits) == row["elapsed_time"]
        assert math.isclose(sum(split["distance"] for split in splits), row["distance"], abs_tol=2)
        assert all(abs(split["distance"] - length) < 5 for split in splits[:-1])
        assert all(split["average_grade_adjusted_speed"] > 0 for split in splits)
        beats = sum(split["average_heartrate"] * split["moving_time"] for split in splits)
        assert math.isclose(beats / row["moving_time"], row["average_heartrate"], abs_tol=0.2)


def test_laps_carry_cadence_per_leg_and_add_up(standin: Standin, rows: list[dict]) -> None:
    """The only cadence over time without streams."""
    row = find(rows, sport_type="Run", has_heartrate=True, manual=False)
    with reader(standin, 7000001) as client:
        detail, laps = (client.get(f"/activities/{row['id']}{tail}").json() for tail in ("", "/laps"))
    assert detail["laps"] == laps
    assert sum(lap["moving_time"] for lap in laps) == row["moving_time"]
    assert all(70 < lap["average_cadence"] < 100 for lap in laps)
    assert [lap["lap_index"] for lap in laps] == list(range(1, len(laps) + 1))


def test_intervals_have_lap_key_laps(standin: Standin, rows: list[dict]) -> None:
    """Hard and easy alternate, so structure shows without streams."""
    row = next(row for row in rows if row.get("workout_type") == 3)
    with reader(standin, 7000001) as client:
        laps = client.get(f"/activities/{row['id']}/laps").json()
    speeds = [lap["average_speed"] for lap in laps[1:-1]]
    assert all((speed > laps[0]["average_speed"]) == (number % 2 == 0) for number, speed in enumerate(speeds))


def test_streams_end_where_the_summary_does(standin: Standin, rows: list[dict]) -> None:
    """All eleven at 1 Hz; means equal the row's averages."""
    row = find(rows, sport_type="Run", has_heartrate=True, manual=False, workout_type=0)
    with reader(standin, 7000001) as client:
        streams = client.get(f"/activities/{row['id']}/streams?key_by_type=true").json()
    assert set(streams) == set(KEYS)
    assert {len(stream["data"]) for stream in streams.values()} == {row["moving_time"]}
    assert streams["time"]["data"][-1] == row["elapsed_time"] - 1
    assert streams["distance"]["data"][-1] == row["distance"]
    assert max(streams["heartrate"]["data"]) == row["max_heartrate"]
    for name, field in (("heartrate", "average_heartrate"), ("cadence", "average_cadence")):
        data = streams[name]["data"]
        assert math.isclose(sum(data) / len(data), row[field], abs_tol=0.2), name


def test_streams_may_be_chosen_and_listed(standin: Standin, rows: list[dict]) -> None:
    """``keys`` narrows; without ``key_by_type`` it is a list that names each type."""
    row = find(rows, sport_type="Run", has_heartrate=True, manual=False)
    with reader(standin, 7000001) as client:
        streams = client.get(f"/activities/{row['id']}/streams?keys=heartrate,cadence").json()
    assert [stream["type"] for stream in streams] == ["heartrate", "cadence"]
    assert streams[0]["original_size"] == len(streams[0]["data"])


def test_a_run_entered_by_hand_has_no_streams_and_no_sensors(standin: Standin) -> None:
    """404, and neither upload nor device."""
    everyone = [athlete["id"] for athlete in standin.athletes()]
    athlete, row = next(
        (athlete, row) for athlete in everyone for row in standin.activities(athlete) if row["manual"]
    )
    assert row["upload_id"] is None
    assert row["external_id"] is None
    assert not row["has_heartrate"]
    assert "average_cadence" not in row
    with reader(standin, athlete) as client:
        assert client.get(f"/activities/{row['id']}/streams").status_code == 404
        assert client.get(f"/activities/{row['id']}").json()["splits_metric"] == []


def test_strength_has_time_and_heart_rate_only(standin: Standin, rows: list[dict]) -> None:
    """No sets, no distance, nothing more than Strava knows."""
    row = find(rows, sport_type="WeightTraining")
    assert row["distance"] == 0
    with reader(standin, 7000001) as client:
        detail = client.get(f"/activities/{row['id']}").json()
        streams = client.get(f"/activities/{row['id']}/streams?key_by_type=true").json()
    assert detail["splits_metric"] == []
    assert len(detail["laps"]) == 1
    assert set(streams) == {"time", "distance", "moving", "heartrate"}


def test_no_heart_rate_means_none_anywhere(standin: Standin) -> None:
    """Neither in the row nor in splits, laps, streams or zones."""
    athlete = standin.athlete("no_heart_rate")["id"]
    rows = standin.activities(athlete)
    assert not any(row["has_heartrate"] or "suffer_score" in row for row in rows)
    row = find(rows, sport_type="Run", manual=False)
    with reader(standin, athlete) as client:
        detail = client.get(f"/activities/{row['id']}").json()
        assert "heartrate" not in client.get(f"/activities/{row['id']}/streams?key_by_type=true").json()
        assert client.get(f"/activities/{row['id']}/zones").json() == []
    pieces = detail["splits_metric"] + detail["laps"]
    assert not any("average_heartrate" in piece for piece in pieces)


def test_zone_times_add_up(standin: Standin, rows: list[dict]) -> None:
    """Five buckets, the moving time in all."""
    row = find(rows, sport_type="Run", has_heartrate=True)
    with reader(standin, 7000001) as client:
        zones = client.get(f"/activities/{row['id']}/zones").json()
    assert sum(bucket["time"] for bucket in zones[0]["distribution_buckets"]) == row["moving_time"]


def test_all_efforts_make_the_answer_larger(standin: Standin, rows: list[dict]) -> None:
    """The reason to say include_all_efforts=false."""
    row = find(rows, sport_type="Run", manual=False)
    with reader(standin, 7000001) as client:
        few, many = (
            client.get(f"/activities/{row['id']}?include_all_efforts={wish}").json()["segment_efforts"]
            for wish in ("false", "true")
        )
    assert (len(few), len(many)) == (1, 12)


def test_titles_places_and_descriptions_are_canaries(standin: Standin, rows: list[dict]) -> None:
    """Rows and details hold what must never be stored, findable by one search."""
    row = next(row for row in rows if row["name"] == CANARIES[0] and row["start_latlng"])
    with reader(standin, 7000001) as client:
        text = client.get(f"/activities/{row['id']}").text
    assert [canary for canary in CANARIES if canary not in text] == []


def test_exertion_is_only_in_the_detail(standin: Standin, rows: list[dict]) -> None:
    """And often not given."""
    runs = [row for row in rows if row["sport_type"] == "Run"][:12]
    assert not any("perceived_exertion" in row for row in runs)
    with reader(standin, 7000001) as client:
        given = [client.get(f"/activities/{row['id']}").json()["perceived_exertion"] for row in runs]
    assert None in given
    assert all(value is None or 1 <= value <= 10 for value in given)


def test_an_inserted_run_has_a_detail_too(standin: Standin) -> None:
    """Enough of one for a mapping to read."""
    row = standin.insert(7000001, distance=10_000.0, moving_time=3000)
    with reader(standin, 7000001) as client:
        detail = client.get(f"/activities/{row['id']}").json()
    assert (detail["resource_state"], detail["distance"], detail["laps"]) == (3, 10_000.0, [])
