"""Replay: every refusal named by file and line, everything else judged, the same line every time."""

import io
import json
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from service.jobs import replay

PAGES = Path(__file__).parents[3] / "shared" / "data" / "strava_api" / "athlete_activities_pages.jsonl.gz"
KEYS = {
    "night", "state", "score", "level", "findings", "learning", "fitness", "fatigue", "longest_safe_m",
    "contexts", "unseen", "rule_version", "balanced_load", "balanced_after_rest", "balanced_after_easy",
    "strength_weeks", "mail", "kind", "silent_because",
}  # fmt: skip


def activity(day: int, **changes):
    start = datetime(2025, 1, 6, 17, tzinfo=UTC) + timedelta(days=day)
    plain = {
        "id": day,
        "sport_type": "Run",
        "start_date": f"{start:%Y-%m-%dT%H:%M:%SZ}",
        "utc_offset": 0,
        "distance": 8000.0,
        "moving_time": 2700,
    }
    return {**plain, **changes}


def written(path: Path, *lines) -> Path:
    path.write_text("".join(f"{each if isinstance(each, str) else json.dumps(each)}\n" for each in lines))
    return path


def judged(*paths, checkins=None, from_=None, to=None, tz=None, summary=False):
    out, err = io.StringIO(), io.StringIO()
    code = replay.run(paths, checkins, from_, to, tz, summary, out, err)
    return code, out.getvalue(), err.getvalue()


@pytest.fixture
def runs(tmp_path):
    """A run every other day for eight weeks."""
    return written(tmp_path / "runs.jsonl", *(activity(day) for day in range(0, 56, 2)))


def test_a_line_for_every_night_with_every_key(runs):
    """From the day after the first session to the day after the last."""
    code, out, err = judged(runs)
    nights = [json.loads(line) for line in out.splitlines()]
    assert (code, err) == (0, "")
    assert [night["night"] for night in nights] == [
        str(date(2025, 1, 7) + timedelta(days=n)) for n in range(55)
    ]
    assert all(set(night) == KEYS for night in nights)
    assert all(night["mail"] != bool(night["silent_because"]) for night in nights)


def test_from_and_to_choose_nights_and_change_none(runs):
    """A night before --from still counts for the mails after it; --to may lie beyond the data."""
    whole = judged(runs)[1].splitlines()
    assert judged(runs, from_=date(2025, 2, 1))[1].splitlines() == whole[25:]
    assert judged(runs, to=date(2025, 2, 1))[1].splitlines() == whole[:26]
    assert len(judged(runs, to=date(2025, 4, 1))[1].splitlines()) == 85


def test_the_input_may_be_cut_at_the_night(tmp_path):
    """Later days change nothing of an earlier line; nor does the order of lines."""
    rows = [
        activity(day, distance=6000.0 + 300 * (day % 11), average_heartrate=140 + day % 13)
        for day in range(80)
    ]
    said = [{"date": str(date(2025, 1, 6) + timedelta(days=d)), "soreness": 1 + d % 5} for d in range(80)]
    night = date(2025, 1, 6) + timedelta(days=60)
    whole = judged(written(tmp_path / "a", *rows[::-1]), checkins=written(tmp_path / "b", *said))[1]
    cut = judged(written(tmp_path / "c", *rows[:60]), checkins=written(tmp_path / "d", *said[:60]), to=night)[
        1
    ]
    assert [line for line in whole.splitlines() if f'"{night}"' in line[:24]] == cut.splitlines()[-1:]


@pytest.mark.parametrize(
    ("complaint", "line"),
    [
        ("the line is not JSON", '{"id": 7, "sport'),
        ("the line is not JSON", "\ufffd\x00 not text"),
        ("row: is not a JSON object", "[1]"),
        ("moving_time: is negative", activity(7, moving_time=-60)),
        ("average_heartrate is not a number from 30 to 240", activity(7, average_heartrate=600)),
        ("the recorded answer is not a list", {"uri": "/athlete", "status": 404, "body": {}}),
        ("longer than 8 MiB", "x" * (10 * 2**20)),
    ],
)
def test_a_bad_line_is_named_and_the_rest_is_judged(complaint, line, runs, tmp_path):
    """File and line on stderr; exit code 0."""
    bad = written(tmp_path / "bad.jsonl", activity(1), line, activity(3))
    code, out, err = judged(runs, bad)
    assert code == 0
    assert f"{bad}:2: " in err
    assert complaint in err
    assert len(out.splitlines()) == 55


@pytest.mark.parametrize(
    ("changes"),
    [
        {"sport_type": "Quidditch"},  # unknown sport
        {"average_heartrate": None, "has_heartrate": False},  # no heart rate
    ],
)
def test_what_is_merely_unusual_is_no_complaint(changes, tmp_path):
    """Strava adds sports; hearts are not always measured."""
    assert judged(written(tmp_path / "a", activity(1, **changes)))[2] == ""


@pytest.mark.parametrize(
    ("complaint", "make"),
    [
        ("is empty", lambda path: path.touch()),
        ("cannot be read", lambda path: None),
        ("cannot be read", lambda path: path.mkdir()),
        ("cannot be read", lambda path: path.write_bytes(b"\x1f\x8b broken")),
        ("The right file?", lambda path: path.write_text("a,b,c\n" * 500)),
    ],
)
def test_a_file_that_is_none_fails_only_alone(complaint, make, runs, tmp_path):
    """Exit code 1 where nothing was usable, 0 beside a good file."""
    path = tmp_path / "other"
    make(path)
    code, out, err = judged(path)
    assert (code, out) == (1, "")
    assert complaint in err
    assert "nothing was judged" in err
    assert judged(path, runs)[0] == 0


def test_complaints_of_one_file_are_bounded(tmp_path):
    """Twenty are shown, the rest counted."""
    bad = written(tmp_path / "bad", activity(1), *["broken"] * 50)
    err = judged(bad)[2].splitlines()
    assert len(err) == 21
    assert "30 more complaints" in err[-1]


def test_check_ins_are_read_and_doubted(runs, tmp_path):
    """A wrong rating is left out and named; the rest of the answer holds."""
    said = written(
        tmp_path / "said",
        {"date": "2025-03-05", "soreness": 9, "fatigue": 2, "legs": None, "pain": True},
        {"date": "soon"},
        {"legs": 2},
    )
    code, out, err = judged(runs, checkins=said)
    assert code == 0
    assert f"{said}:1: soreness is not a whole number from 1 to 5" in err
    assert f"{said}:2: left out: the date is not one" in err
    assert f"{said}:3: left out: a check-in needs" in err
    assert json.loads(out.splitlines()[-1])["contexts"] == ["pain"]


def test_doubles_across_files_count_once(runs, tmp_path):
    """The same id twice is one session; the summary says so."""
    code, out, _ = judged(runs, written(tmp_path / "again", activity(0), activity(2)), summary=True)
    assert code == 0
    assert "30 activities read, 0 lost, 2 doubles" in out
    assert "55 nights judged" in out
    assert "silent because: " in out
    assert "mails about: nothing" in out


def test_a_zone_is_given_to_rows_that_have_none(tmp_path):
    """02:00 UTC in Oslo is still the evening before the edge of the day; nobody knows Atlantis."""
    row = {**activity(1), "start_date": "2025-01-07T03:00:00Z"}
    del row["utc_offset"]
    path = written(tmp_path / "a", row)
    assert json.loads(judged(path)[1].splitlines()[0])["night"] == "2025-01-07"
    assert json.loads(judged(path, tz="Asia/Tokyo")[1].splitlines()[0])["night"] == "2025-01-08"
    code, _, err = judged(path, tz="Sea/Atlantis")
    assert code == 2
    assert "no such zone" in err


def test_replay_starts_without_the_service(runs):
    """A person takes a second, so neither the database nor Strava's client is imported."""
    heavy = (
        "import sys; from service.jobs import replay; "
        "print({'sqlalchemy', 'stravalib', 'fastapi', 'rich'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True, check=True,
                          cwd=Path(__file__).parents[2])  # fmt: skip
    assert done.stdout.strip() == "set()"


@pytest.mark.skipif(not PAGES.is_file(), reason=f"recorded pages are not at {PAGES}")
def test_recorded_pages_are_read_as_they_are():
    """1,132 activities, 0 lost; here with the nights of the first two years."""
    code, out, err = judged(PAGES, to=date(2019, 10, 1), summary=True)
    assert (code, err) == (0, "")
    assert "1132 activities read, 0 lost, 0 doubles, 0 refused" in out
    assert "730 nights judged" in out
