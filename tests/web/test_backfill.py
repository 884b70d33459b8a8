"""What the athlete's page says of how far the past has been read."""

from dataclasses import replace
from datetime import timedelta

import pytest

from service.domain.activity import Activity, Source
from service.web.backfill import read_so_far
from tests.web.conftest import NOW, Site


def run(days: int, *, detailed: bool = False) -> Activity:
    return Activity(
        source=Source.STRAVA,
        external_id=str(days),
        sport="Run",
        start=NOW - timedelta(days=days),
        utc_offset_s=0,
        moving_s=3600,
        elapsed_s=3600,
        distance_m=10_000.0,
        detailed=detailed,
    )


@pytest.fixture
def athlete(site: Site):
    athlete_id = site.athlete().athlete_id
    with site.store.transaction() as tx:
        return tx.athletes.get(athlete_id)


def test_before_the_first_list(athlete) -> None:
    """Nothing is claimed."""
    assert read_so_far(athlete, [], NOW) == "Nothing yet."


def test_between_the_first_list_and_the_rest(athlete) -> None:
    """What is missing is said to follow."""
    listed = replace(athlete, synced_at=NOW)
    said = read_so_far(listed, [run(1, detailed=True), run(2), run(60)], NOW)
    assert "older ones follow" in said
    assert "In detail: 1 of the 2 runs" in said


def test_when_all_is_read(athlete) -> None:
    """With the day."""
    listed = replace(athlete, synced_at=NOW, listed_whole_at=NOW)
    said = read_so_far(listed, [run(1, detailed=True), run(60)], NOW)
    assert said.startswith("Everything that counts")
    assert said.endswith("read in detail.")


def test_it_stands_on_the_page(site: Site) -> None:
    """Beside when Strava was last read."""
    assert "Nothing yet." in site.athlete().get("/status").text
