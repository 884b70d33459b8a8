"""A recorded runner, through OAuth and Postgres, comes out with the verdicts that replay prints.

The history is served by the stand-in; the pages, the worker and the database are the real ones. For each
night replay is given the rows that the service holds, so the two can only differ in their judgement.
"""

import gzip
import io
import json
from datetime import UTC, date, datetime, timedelta

import pytest

from service.jobs import replay
from service.jobs.replayed import Replayed, line
from service.strava.client import PER_PAGE
from tests.demo.season import open_season
from tests.whole.commands import ROOT
from tests.whole.conftest import logging_as_before

PAGES = ROOT.parent / "shared" / "data" / "strava_api" / "athlete_activities_pages.jsonl.gz"
START = datetime(2025, 10, 7, 15, 0, tzinfo=UTC)
"""Two weeks before the recording ends; several sessions follow, a long one among them."""
NIGHTS = 4

pytestmark = pytest.mark.skipif(
    not PAGES.exists(), reason="the recorded history is not beside the repository"
)


@pytest.fixture(scope="module")
def recorded():
    """Every recorded row by its id."""
    with gzip.open(PAGES, "rt") as lines:
        return {str(row["id"]): row for line in lines for row in json.loads(line)["body"]}


@pytest.fixture(scope="module")
def lived(tmp_path_factory, recorded):
    """The service's lines of each night, and the ids of the rows it held when that night had been judged."""
    nights, held = {}, {}
    folder = tmp_path_factory.mktemp("season")
    with logging_as_before(), open_season(folder, START, athletes=()) as season:
        season.standin.reset(now=START, athletes=[{"recording": str(PAGES)}])
        (athlete,) = season.standin.athletes()
        listed = [str(row["id"]) for row in season.standin.activities(athlete["id"])]
        person = season.connect(athlete)

        def look(_now=None):
            with season.app.store.transaction() as tx:
                known = tx.athletes.by_strava_id(person.strava_id)
                rows = [
                    each.external_id for each in tx.activities.of(known.id, datetime(2000, 1, 1, tzinfo=UTC))
                ]
                for judged in tx.nights.of(known.id, 100):
                    held.setdefault(judged.night, rows)
                    nights[judged.night] = _line(judged)

        look()
        season.pass_nights(START + timedelta(days=NIGHTS), look)
        look()
    held[min(held)] = listed[:PER_PAGE]  # the first verdict comes after one page
    return nights, held


def _line(judged):
    """A kept night as replay would print it."""
    return line(Replayed(judged.assessment, judged.decision))


def replayed(rows, night: date, folder):
    """What replay prints of that night for these rows."""
    (folder / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    out = io.StringIO()
    replay.run([folder / "rows.jsonl"], None, night, night, None, False, out, io.StringIO())
    (printed,) = out.getvalue().splitlines()
    return json.loads(printed)


def test_each_night_was_judged_once(lived):
    """The night of the consent and those that passed."""
    nights, _ = lived
    assert sorted(nights) == [date(2025, 10, 7) + timedelta(days=n) for n in range(NIGHTS + 1)]


def test_there_is_something_to_compare(lived, recorded):
    """Two years of sessions, and verdicts that are more than silence."""
    nights, held = lived
    assert len(held[max(held)]) >= PER_PAGE
    assert set(held[max(held)]) <= set(recorded)
    assert any(line["findings"] for line in nights.values())
    assert all(line["fitness"] > 0 for line in nights.values())


@pytest.mark.parametrize("number", range(NIGHTS + 1))
def test_the_service_says_what_replay_says(lived, recorded, tmp_path, number):
    """State, score, level, evidence, doubts, and whether and why not to write: to the last digit."""
    nights, held = lived
    night = sorted(nights)[number]
    rows = [recorded[each] for each in held[night]]
    assert nights[night] == replayed(rows, night, tmp_path)
