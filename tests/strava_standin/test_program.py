"""The program as a program: it starts, says where, serves a file, and is surely gone afterwards."""

import gzip
import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import httpx
import pytest

from tests.strava_standin.control import TOP, Standin, StandinError

PACKAGE = "tests.strava_standin"


def gone(url: str) -> bool:
    """Whether nothing answers there any more."""
    for _ in range(40):
        try:
            httpx.get(f"{url}/__control/clock", timeout=0.5)
        except httpx.TransportError:
            return True
        time.sleep(0.05)
    return False


def break_inside() -> Iterator[str]:
    """The address, then an error inside the block."""
    with Standin.start(athletes=["steady"]) as standin:
        yield standin.url
        raise RuntimeError("on purpose")


def test_nothing_is_left_after_the_block() -> None:
    """Also when the block ends by an error."""
    block = break_inside()
    url = next(block)
    assert httpx.get(f"{url}/__control/clock").status_code == 200
    with pytest.raises(RuntimeError, match="on purpose"):
        next(block)
    assert gone(url)


def test_it_dies_with_the_process_that_started_it() -> None:
    """A killed test run leaves no server behind."""
    code = (
        f"from {PACKAGE}.control import Standin\n"
        "with Standin.start(athletes=['steady']) as standin:\n"
        "    print(standin.url, flush=True)\n"
        "    input()\n"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", code], cwd=TOP, text=True, **pipes) as parent:
        assert parent.stdout is not None
        url = parent.stdout.readline().strip()
        assert httpx.get(f"{url}/__control/athletes").status_code == 200
        parent.send_signal(signal.SIGKILL)
    assert gone(url)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"athletes": ["sprinter"]}, "unknown kind 'sprinter'"),  # no such kind
        ({"athlete_from": ["/nowhere/file.jsonl"]}, "nowhere"),  # no such file
    ],
)
def test_settings_that_cannot_be_used_are_named(options: dict, complaint: str) -> None:
    """Exit at once, with the reason in the error."""
    with pytest.raises(StandinError, match=complaint), Standin.start(**options):
        pass


def row(number: int, **changes: object) -> dict:
    start = f"2026-02-{number:02d}T07:00:00Z"
    return {
        "id": 100 + number,
        "athlete": {"id": 55},
        "sport_type": "Run",
        "start_date": start,
        "timezone": "(GMT+01:00) Europe/Vienna",
        "distance": 8000.0,
        "moving_time": 2700,
        "elapsed_time": 2700,
    } | changes


def test_a_recorded_history_becomes_an_athlete(tmp_path: Path) -> None:
    """Plain lines and gzipped pages, details too; each id once."""
    plain, pages = tmp_path / "rows.jsonl", tmp_path / "pages.jsonl.gz"
    detailed = row(3, resource_state=3, perceived_exertion=6, laps=[{"distance": 8000.0}])
    plain.write_text("\n".join(json.dumps(line) for line in (row(1), row(1), detailed)) + "\n\n")
    requests = [{"uri": "?page=1", "body": [row(4, athlete={"id": 56})]}, {"uri": "?page=2", "body": []}]
    with gzip.open(pages, "wt") as file:
        file.write("\n".join(json.dumps(request) for request in requests))
    with Standin.start(athletes=[], athlete_from=[plain, pages]) as standin:
        assert [athlete["id"] for athlete in standin.athletes()] == [55, 56]
        assert standin.athletes()[0]["zone"] == "Europe/Vienna"
        headers = {"Authorization": f"Bearer {standin.grant(55)['access_token']}"}
        listed = httpx.get(f"{standin.api_base}/athlete/activities", headers=headers).json()
        assert [entry["id"] for entry in listed] == [103, 101]
        assert "perceived_exertion" not in listed[0]
        detail = httpx.get(f"{standin.api_base}/activities/103", headers=headers).json()
        assert (detail["perceived_exertion"], len(detail["laps"])) == (6, 1)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("not json\n", "line 1"),  # no JSON
        ('{"id": 1}\n', "line 1"),  # no start
        ("", "no activity in it"),  # nothing at all
    ],
)
def test_a_useless_file_is_named_with_its_line(
    standin: Standin, tmp_path: Path, text: str, complaint: str
) -> None:
    """Through the control API as well."""
    file = tmp_path / "broken.jsonl"
    file.write_text(text)
    with pytest.raises(StandinError, match=f"broken.jsonl.*{complaint}"):
        standin.reset(athletes=[{"recording": str(file)}])


def test_the_folder_alone_is_the_whole_program(tmp_path: Path) -> None:
    """Copied elsewhere under its own name it starts and answers: nothing of this project is needed."""
    shutil.copytree(Path(TOP, *PACKAGE.split(".")), tmp_path / "strava_standin")
    code = (
        "from strava_standin.control import Standin\n"
        "with Standin.start(athletes=['steady']) as standin:\n"
        "    print(len(standin.activities(7000001)) > 100)\n"
        "print(*(name for name in sys.modules if name.startswith('tests')))\n"
    )
    command = [sys.executable, "-c", f"import sys\n{code}"]
    ran = subprocess.run(command, cwd=tmp_path, text=True, capture_output=True, check=True, timeout=120)
    assert ran.stdout.split() == ["True"]


def test_without_a_time_the_real_clock_runs() -> None:
    """For looking at a product by hand."""
    command = [sys.executable, "-m", PACKAGE, "--athletes", "steady", "--stop-with-stdin"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, cwd=TOP, text=True, **pipes) as process:
        assert process.stdout is not None
        standin = Standin(process.stdout.readline().split()[1])
        first = standin.now()
        assert abs((first - datetime.now(UTC)).total_seconds()) < 5
        assert standin.now() > first
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(timeout=3) == 0


def test_a_reset_forgets_everything(standin: Standin) -> None:
    """Clock, grants, ledger, counters, limits, edits."""
    token = standin.grant(7000001)["access_token"]
    gone_row = standin.activities(7000001)[0]
    standin.delete(gone_row["id"])
    standin.limits(read_limit=(1, 1))
    standin.advance(86_400)
    httpx.get(f"{standin.api_base}/athlete", headers={"Authorization": "Bearer x"})
    standin.reset()
    assert standin.now() == datetime(2026, 3, 1, tzinfo=UTC)
    assert (standin.ledger(), standin.counters()) == ([], {})
    assert standin.limits()["read_limit"] == [100, 1000]
    assert standin.activities(7000001)[0] == gone_row
    headers = {"Authorization": f"Bearer {token}"}
    assert httpx.get(f"{standin.api_base}/athlete", headers=headers).status_code == 401


def test_a_reset_chooses_athletes_and_their_onset(standin: Standin) -> None:
    """Several of a kind, own ids, zones and seeds."""
    standin.reset(
        seed=9,
        now="2026-06-01T00:00:00Z",
        athletes=[
            "overreached",
            {"kind": "overreached", "id": 12, "zone": "Asia/Kolkata", "onset": "2026-07-05"},
        ],
    )
    first, second = standin.athletes()
    assert (first["id"], first["onset"], first["trouble_from"]) == (7000001, "2026-07-31", "2026-08-05")
    assert (second["id"], second["zone"], second["onset"]) == (12, "Asia/Kolkata", "2026-07-05")
    assert second["deserves"] == "yes"
    assert standin.activities(12)[0]["timezone"] == "(GMT+05:30) Asia/Kolkata"


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"athlets": ["steady"]}, "unknown: athlets"),  # a slip of the pen
        ({"athletes": ["sprinter"]}, "unknown kind"),  # no such kind
        ({"athletes": [{"kind": "steady", "id": 5}, {"kind": "steady", "id": 5}]}, "there twice"),  # same id
        ({"now": "soon"}, "soon"),  # not a time
    ],
)
def test_a_wrong_reset_is_refused_and_changes_nothing(
    standin: Standin, settings: dict, complaint: str
) -> None:
    """The message says what is known."""
    with pytest.raises(StandinError, match=complaint):
        standin.reset(**settings)
    assert len(standin.athletes()) == 11


def test_morning_answers_follow_the_truth(standin: Standin) -> None:
    """The demo answers as that athlete would."""
    athlete = standin.athlete("overreached")
    assert athlete["trouble_from"] == "2026-05-05"
    well = standin.checkins(athlete["id"], "2026-04-01", "2026-04-28")
    ill = standin.checkins(athlete["id"], "2026-05-12", "2026-06-02")
    assert 12 <= len(well) <= 27
    assert median(answers["legs"] for answers in well) == 3
    assert median(answers["legs"] for answers in ill) == 1
    assert set(well[0]) == {"date", "legs", "fatigue", "sleep", "soreness", "mood"}
    days = {answers["date"] for answers in well}
    silent = next(f"2026-04-{day:02d}" for day in range(1, 29) if f"2026-04-{day:02d}" not in days)
    assert standin.checkin(athlete["id"], silent) is None


def test_unknown_ids_are_refused_in_words(standin: Standin) -> None:
    """Not with a traceback."""
    with pytest.raises(StandinError, match="no athlete 5"):
        standin.checkins(5, "2026-03-01")
    with pytest.raises(StandinError, match="no activity 5"):
        standin.delete(5)
    with pytest.raises(StandinError, match="no athlete of kind"):
        standin.athlete("sprinter")


def test_a_full_page_costs_a_few_milliseconds(standin: Standin) -> None:
    """200 rows, median of ten, connection kept: a season of nights must not wait for its stand-in."""
    headers = {"Authorization": f"Bearer {standin.grant(7000001)['access_token']}"}
    took = []
    with httpx.Client(base_url=standin.api_base, headers=headers) as client:
        for _ in range(11):
            begun = time.perf_counter()
            answer = client.get("/athlete/activities", params={"per_page": 200})
            took.append(time.perf_counter() - begun)
    assert len(answer.json()) == 200
    assert median(took[1:]) < 0.02


def test_pages_are_the_same_in_another_process(standin: Standin) -> None:
    """Same seed, same bytes: nothing depends on hashes, zones of the machine, or order."""
    with Standin.start(athletes=["steady", "fitter"], arguments=["--onset", "2026-04-30"]) as other:
        assert other.activities(7000001) == standin.activities(7000001)
