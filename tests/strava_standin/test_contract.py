"""The stand-in against Strava itself: stravalib's models, and recorded answers where they are at hand."""

import json
import warnings
from pathlib import Path
from typing import Any

import httpx
import pytest

with warnings.catch_warnings():
    from stravalib.model import DetailedActivity, DetailedAthlete, SummaryActivity

from tests.strava_standin.control import CLIENT_ID, CLIENT_SECRET, Standin
from tests.strava_standin.kinds import KINDS

RECORDED = Path(__file__).parents[3] / "shared/data/strava_api/recorded_responses.json"
PAGES = RECORDED.with_name("athlete_activities_pages.jsonl.gz")
MOVING = {"date", "content-length", "connection", "status"}
"""Headers that say nothing about the form: time, size and transport."""


@pytest.fixture(scope="module")
def recorded() -> dict[str, dict[str, Any]]:
    """Recorded answers by cassette."""
    if not RECORDED.exists():
        pytest.skip("the recorded Strava answers are not beside this repository")
    return {answer["cassette"].rsplit("/", 1)[-1]: answer for answer in json.loads(RECORDED.read_text())}


def get(standin: Standin, path: str, athlete: int = 7000001, **params: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {standin.grant(athlete)['access_token']}"}
    return httpx.get(f"{standin.api_base}{path}", params=params, headers=headers)


def form(value: Any) -> Any:
    """The shape of a JSON value: keys and types, numbers alike, lists by their first item."""
    if isinstance(value, dict):
        return {key: form(item) for key, item in value.items()}
    if isinstance(value, list):
        return [form(value[0])] if value else []
    return (
        "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__
    )


def same_headers(answer: httpx.Response, was: dict[str, Any], without: tuple[str, ...] = ()) -> None:
    """The same names as recorded, apart from those that carry no form."""
    ours = {name.lower() for name in answer.headers} - MOVING
    assert ours == {name.lower() for name in was["headers"]} - MOVING - set(without)


@pytest.mark.parametrize("kind", list(KINDS))
def test_every_summary_is_a_stravalib_summary(standin: Standin, kind: str) -> None:
    """Rows of every kind validate; none loses its distance."""
    for row in standin.activities(standin.athlete(kind)["id"])[::4]:
        activity = SummaryActivity.model_validate(row)
        assert activity.id == row["id"]
        assert float(activity.distance) == row["distance"]


@pytest.mark.parametrize("kind", ["steady", "no_heart_rate", "sensor_fault", "hot_week"])
def test_every_detail_is_a_stravalib_detail(standin: Standin, kind: str) -> None:
    """Runs, strength and rides; splits and laps included."""
    athlete = standin.athlete(kind)["id"]
    rows = standin.activities(athlete)
    chosen = {row["sport_type"]: row for row in rows} | {"newest": rows[0], "second": rows[1]}
    for row in chosen.values():
        detail = get(standin, f"/activities/{row['id']}", athlete, include_all_efforts=True).json()
        activity = DetailedActivity.model_validate(detail)
        assert len(activity.laps or []) == len(detail["laps"])
        assert len(activity.splits_metric or []) == len(detail["splits_metric"])


def test_the_athlete_is_a_stravalib_athlete(standin: Standin) -> None:
    """With shoes and weight."""
    athlete = DetailedAthlete.model_validate(get(standin, "/athlete").json())
    assert athlete.id == 7000001
    assert athlete.shoes


def test_rows_have_the_fields_of_recorded_rows(standin: Standin, recorded: dict[str, Any]) -> None:
    """Nothing is missing and nothing is new but ``device_name``, which rows have since October 2025."""
    real = {key for row in recorded["athlete_activities"]["body"] for key in row}
    ours = {key for row in standin.activities(7000001)[:200] for key in row}
    assert ours - {"device_name"} == real | {"average_temp", "average_cadence"}


def test_fields_have_the_types_of_recorded_rows(standin: Standin, recorded: dict[str, Any]) -> None:
    """int, float, string and null where Strava has them."""
    seen: dict[str, set[str]] = {}
    for row in recorded["athlete_activities"]["body"]:
        for key, value in row.items():
            seen.setdefault(key, set()).add(str(form(value)) if not isinstance(value, list | dict) else "box")
    rows = standin.activities(7000001)[:100]
    compared = set(seen) - {"workout_type", "gear_id", "upload_id", "external_id"}
    assert len(compared) > 40
    assert compared <= {key for row in rows for key in row}
    for row in rows:
        for key in set(row) & compared:
            kind = str(form(row[key])) if not isinstance(row[key], list | dict) else "box"
            assert kind in seen[key], key


def test_a_list_answer_has_the_recorded_headers(standin: Standin, recorded: dict[str, Any]) -> None:
    """Both limit pairs, ETag, cache-control, and nothing else."""
    same_headers(get(standin, "/athlete/activities"), recorded["athlete_activities"])


def test_the_zones_have_the_recorded_form(standin: Standin, recorded: dict[str, Any]) -> None:
    """Of the athlete and of a run."""
    assert form(get(standin, "/athlete/zones").json()) == form(recorded["athlete_zones"]["body"])
    row = next(row for row in standin.activities(7000001) if row["has_heartrate"])
    ours = get(standin, f"/activities/{row['id']}/zones").json()
    assert form(ours[0]) == form(recorded["activity_zones"]["body"][0])


def test_laps_have_the_recorded_form(standin: Standin, recorded: dict[str, Any]) -> None:
    """Field for field; ``pace_zone`` is in recorded details but not in that lap."""
    row = next(
        row for row in standin.activities(7000001) if row["has_heartrate"] and "average_cadence" in row
    )
    lap = get(standin, f"/activities/{row['id']}/laps").json()[0]
    lap.pop("pace_zone")
    assert form(lap) == form(recorded["activity_laps"]["body"][0])


def test_splits_have_the_recorded_form(standin: Standin, recorded: dict[str, Any]) -> None:
    """With heart rate and grade-adjusted speed."""
    row = next(row for row in standin.activities(7000001) if row["has_heartrate"] and row["distance"] > 5000)
    detail = get(standin, f"/activities/{row['id']}").json()
    assert form(detail["splits_metric"][0]) == form(recorded["activity"]["body"]["splits_metric"][0])


def test_streams_have_the_recorded_form(standin: Standin, recorded: dict[str, Any]) -> None:
    """The stream object, and no limit headers."""
    row = next(row for row in standin.activities(7000001) if row["sport_type"] == "Run" and not row["manual"])
    answer = get(standin, f"/activities/{row['id']}/streams", key_by_type="true", keys="distance")
    assert form(answer.json()) == form(recorded["activity_streams"]["body"])
    assert not [name for name in answer.headers if "limit" in name]


def test_stats_have_the_recorded_form(standin: Standin, recorded: dict[str, Any]) -> None:
    """All nine totals."""
    ours = get(standin, "/athletes/7000001/stats").json()
    theirs = recorded["athlete_stats"]["body"]
    assert form({key: ours[key] for key in theirs}) == form(theirs)


def test_token_answers_have_the_recorded_form(standin: Standin, recorded: dict[str, Any]) -> None:
    """Of a code and of a refresh: same fields, no limit headers."""
    sent = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    code = sent | {"grant_type": "authorization_code", "code": standin.code(7000001)["code"]}
    first = httpx.post(f"{standin.url}/oauth/token", data=code)
    same_headers(first, recorded["token_authorization_code"])
    body = recorded["token_authorization_code"]["body"]
    assert set(first.json()) == set(body)
    assert set(body["athlete"]) <= set(first.json()["athlete"])
    renewal = sent | {"grant_type": "refresh_token", "refresh_token": first.json()["refresh_token"]}
    second = httpx.post(f"{standin.url}/oauth/token", data=renewal)
    assert form(second.json()) == form(recorded["token_refresh_token"]["body"])


@pytest.mark.parametrize(
    ("cassette", "sent"),
    [
        ("token_invalid_client", {"client_id": "0", "grant_type": "authorization_code", "code": "x"}),
        ("token_invalid_code", {"grant_type": "authorization_code", "code": "x"}),
    ],
)
def test_token_refusals_are_the_recorded_ones(
    standin: Standin, recorded: dict[str, Any], cassette: str, sent: dict[str, str]
) -> None:
    """Status, body and headers."""
    credentials = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    answer = httpx.post(f"{standin.url}/oauth/token", data=credentials | sent)
    assert (answer.status_code, answer.json()) == (400, recorded[cassette]["body"])
    same_headers(answer, recorded[cassette])


def test_the_401_is_the_recorded_one(standin: Standin, recorded: dict[str, Any]) -> None:
    """Without a token."""
    answer = httpx.get(f"{standin.api_base}/activities/1")
    assert (answer.status_code, answer.json()) == (401, recorded["authorization_error"]["body"])
    same_headers(answer, recorded["authorization_error"])


def test_the_404_has_the_recorded_headers(standin: Standin, recorded: dict[str, Any]) -> None:
    """No limits on it; the recorded body was empty, ours is the fault others have seen."""
    answer = get(standin, "/activities/1")
    assert answer.status_code == 404
    same_headers(answer, recorded["not_found_error"])


def test_the_recorded_runner_can_be_served(standin: Standin) -> None:
    """1,132 of 1,132 through the API, byte for byte the recorded rows."""
    if not PAGES.exists():
        pytest.skip("the recorded activity pages are not beside this repository")
    standin.reset(athletes=[{"recording": str(PAGES)}], now="2025-10-21T00:00:00Z")
    athlete = standin.athlete("recorded")
    assert athlete["zone"] == "America/New_York"
    headers = {"Authorization": f"Bearer {standin.grant(athlete['id'])['access_token']}"}
    rows: list[dict[str, Any]] = []
    with httpx.Client(base_url=standin.api_base, headers=headers) as client:
        for page in range(1, 8):
            rows += client.get("/athlete/activities", params={"page": page, "per_page": 200}).json()
    assert len({row["id"] for row in rows}) == len(rows) == 1132
    assert rows[0]["start_date"] == "2025-10-19T20:00:00Z"
