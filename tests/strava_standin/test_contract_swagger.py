"""The stand-in's answers against the examples in Strava's own swagger file, wherever that is at hand."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.strava_standin.control import Standin

SWAGGER = Path(__file__).parents[3] / "shared/data/strava_api/strava_swagger.json"
POWER = {"average_watts", "weighted_average_watts", "kilojoules", "device_watts", "max_watts"}
NOT_SERVED = POWER | {
    "frame_type",  # of a bicycle
    "model_name",
    "description",  # of gear: neither is in the recorded answers
    "highlighted_kudosers",
    "leaderboard_opt_out",
    "partner_brand_tag",
    "segment_leaderboard_opt_out",
    "use_primary_photo",  # gone from recorded answers
}
"""In an example, and not in our answers. Segment efforts only show whether they were asked for."""
SERVED = [
    ("/athlete", {}),
    ("/athlete/activities", {}),
    ("/activities/{id}", {"include_all_efforts": "true"}),
    ("/activities/{id}/laps", {}),
    ("/activities/{id}/streams", {"keys": "distance,time"}),
    ("/gear/{id}", {}),
]
"""Every path we serve that has an example, but the athlete's zones: those are recorded in another form."""


@pytest.fixture(scope="module")
def swagger() -> dict[str, Any]:
    if not SWAGGER.exists():
        pytest.skip("Strava's swagger file is not beside this repository")
    found: dict[str, Any] = json.loads(SWAGGER.read_text())
    return found


def answer(standin: Standin, path: str, query: dict[str, str]) -> httpx.Response:
    """Of a run with a heart rate, where one is asked for."""
    rows = standin.activities(7000001)
    run = next(row for row in rows if row["has_heartrate"] and row["sport_type"] == "Run")
    headers = {"Authorization": f"Bearer {standin.grant(7000001)['access_token']}"}
    found = path.replace("{id}", str(run["id"]) if "activities" in path else "g1001")
    return httpx.get(standin.api_base + found, headers=headers, params=query)


def misfits(ours: Any, example: Any, path: str = "") -> list[str]:
    """Where ``ours`` lacks a key or is of another type; null fits everything, int and float are one."""
    if isinstance(ours, dict) and isinstance(example, dict):
        inner = {key: value for key, value in example.items() if key not in NOT_SERVED}
        lacking = [f"{path}.{key} is missing" for key in inner.keys() - ours.keys()]
        for key in inner.keys() & ours.keys():
            lacking += misfits(ours[key], inner[key], f"{path}.{key}")
        return lacking
    if isinstance(ours, list) and isinstance(example, list):
        return misfits(ours[0], example[0], f"{path}[]") if ours and example else []
    if ours is None or example is None or kind(ours) == kind(example):
        return []
    return [f"{path} is {kind(ours)}, not {kind(example)}"]


def kind(value: Any) -> str:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return "number" if is_number else type(value).__name__


@pytest.mark.parametrize(("path", "query"), SERVED)
def test_an_answer_fits_the_published_example(
    standin: Standin, swagger: dict[str, Any], path: str, query: dict[str, str]
) -> None:
    """Every key of the example is there, with its type, down to splits and laps."""
    published = swagger["paths"][path]["get"]
    example = published["responses"]["200"]["examples"]["application/json"]
    ours = answer(standin, path, query)
    assert ours.status_code == 200
    assert set(query) <= {each.get("name") for each in published.get("parameters", [])}
    body = ours.json()
    if path == "/activities/{id}":
        assert example.pop("segment_efforts")
        assert body["segment_efforts"]
    assert misfits(body, example) == []


def test_a_misfit_is_seen() -> None:
    """The comparison itself: a missing key, another type, one deep inside."""
    assert misfits({"a": 1}, {"a": 1.5, "b": None}) == [".b is missing"]
    assert misfits({"a": [{"b": "1"}]}, {"a": [{"b": 1}]}) == [".a[].b is str, not number"]
    assert misfits([], {"a": 1}) == [" is list, not dict"]


def test_every_path_we_serve_is_published(standin: Standin, swagger: dict[str, Any]) -> None:
    """And those we do not serve say 404, not something that looks like an answer."""
    found: dict[int, set[str]] = {200: set(), 404: set()}
    for path in (path for path, operations in swagger["paths"].items() if "get" in operations):
        status = answer(standin, path.replace("/athletes/{id}", "/athletes/7000001"), {}).status_code
        found[status].add(path)
    others = {"/athlete/zones", "/activities/{id}/zones", "/athletes/{id}/stats"}
    assert found[200] == {path for path, _ in SERVED} | others
    assert len(found[404]) > 10
