"""The activity list: paging, windows, visibility, and what appears only with time."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.strava_standin.control import Standin

STEADY = 7000001


class Reader:
    """An application that reads one athlete."""

    def __init__(self, standin: Standin, scopes: list[str] | None = None, athlete: int = STEADY) -> None:
        self.url = standin.url
        self.headers = {"Authorization": f"Bearer {standin.grant(athlete, scopes)['access_token']}"}

    def get(self, path: str, **params: int | str) -> httpx.Response:
        return httpx.get(f"{self.url}{path}", params=params, headers=self.headers)

    def page(self, **params: int) -> list[dict]:
        answer = self.get("/api/v3/athlete/activities", **params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def everything(self, per_page: int = 200) -> list[dict]:
        """All pages until an empty one."""
        rows, number = [], 1
        while page := self.page(page=number, per_page=per_page):
            rows, number = rows + page, number + 1
        return rows


def test_pages_are_thirty_by_default_and_two_hundred_at_most(standin: Standin) -> None:
    """A larger wish is clamped, not refused."""
    reader = Reader(standin)
    assert len(reader.page()) == 30
    assert len(reader.page(per_page=500)) == 200


def test_the_newest_comes_first_and_the_last_page_is_empty(standin: Standin) -> None:
    """420 days of history, no row twice, none missing."""
    reader = Reader(standin)
    rows = reader.everything()
    starts = [row["start_date"] for row in rows]
    assert starts == sorted(starts, reverse=True)
    assert len({row["id"] for row in rows}) == len(rows) == len(standin.activities(STEADY))
    assert starts[0][:10] >= "2026-02-26"
    assert starts[-1][:10] <= "2025-01-08"
    assert reader.everything(per_page=70) == rows


def test_before_and_after_filter_by_start(standin: Standin) -> None:
    """Both bounds are exclusive and in epoch seconds."""
    reader = Reader(standin)
    rows = reader.page(per_page=5)
    edges = [int(datetime.fromisoformat(row["start_date"]).timestamp()) for row in rows]
    assert [row["id"] for row in reader.page(after=edges[3])] == [row["id"] for row in rows[:3]]
    middle = reader.page(before=edges[0], after=edges[4])
    assert [row["id"] for row in middle] == [row["id"] for row in rows[1:4]]


def test_the_future_appears_as_the_clock_moves(standin: Standin) -> None:
    """The timeline is drawn once; only time decides what is there."""
    reader = Reader(standin)
    before = reader.page(per_page=200)
    standin.advance(4 * 3600)
    assert reader.page(per_page=200) == before  # nobody runs at four in the morning
    standin.set_now("2026-03-08T00:00:00Z")
    reader = Reader(standin)
    later = reader.page(per_page=200)
    fresh = [row for row in later if row not in before]
    assert 4 <= len(fresh) <= 7
    assert all(row["start_date"] > before[0]["start_date"] for row in fresh)


def test_a_run_is_not_there_before_it_is_uploaded(standin: Standin) -> None:
    """Started is not enough."""
    reader = Reader(standin)
    row = standin.insert(STEADY, start_date="2026-02-28T20:00:00Z", visible_from="2026-03-01T00:10:00Z")
    assert row["id"] not in [seen["id"] for seen in reader.page()]
    assert reader.get(f"/api/v3/activities/{row['id']}").status_code == 404
    standin.advance(600)
    assert row["id"] in [seen["id"] for seen in reader.page()]
    assert reader.get(f"/api/v3/activities/{row['id']}").status_code == 200


def test_private_runs_need_read_all_and_leave_short_pages(standin: Standin) -> None:
    """With ``activity:read`` rows are filtered after paging: a page may be short and not the last."""
    whole = Reader(standin).everything()
    hidden = {row["id"] for row in whole if row["visibility"] == "only_me"}
    assert 1 <= len(hidden) <= len(whole) // 10
    reader = Reader(standin, ["read", "activity:read"])
    pages = [reader.page(page=number, per_page=100) for number in range(1, 6)]
    assert any(0 < len(page) < 100 for page in pages[:2])
    assert {row["id"] for page in pages for row in page} == {row["id"] for row in whole} - hidden
    assert reader.get(f"/api/v3/activities/{hidden.pop()}").status_code == 404


def test_short_pages_on_wish_lose_nothing(standin: Standin) -> None:
    """Pages of 50, 49, 47, 50 … that still hold every row once."""
    whole = Reader(standin).everything()
    standin.reset(short_pages=[0, 1, 3])
    reader = Reader(standin)
    sizes = [len(reader.page(page=number, per_page=50)) for number in (1, 2, 3, 4)]
    assert sizes == [50, 49, 47, 50]
    assert reader.everything(per_page=50) == whole


@pytest.mark.parametrize("path", ["/athlete", "/athlete/activities", "/athlete/zones"])
def test_the_second_host_needs_no_prefix(standin: Standin, path: str) -> None:
    """The new API host has no /api/v3."""
    reader = Reader(standin)
    assert reader.get(path).json() == reader.get(f"/api/v3{path}").json()


@pytest.mark.parametrize("params", [{"page": "x"}, {"page": 0}, {"per_page": 0}, {"after": "soon"}])
def test_nonsense_in_the_query_is_a_400(standin: Standin, params: dict[str, str | int]) -> None:
    """Not a 500."""
    assert Reader(standin).get("/api/v3/athlete/activities", **params).status_code == 400


@pytest.mark.parametrize(
    ("path", "scopes", "field"),
    [
        ("/athlete/activities", ["read"], "activity:read_permission"),  # connected without activities
        ("/activities/1", ["read", "profile:read_all"], "activity:read_permission"),  # detail too
        ("/athlete/zones", ["read", "activity:read_all"], "profile:read_all"),  # zones need the profile
    ],
)
def test_missing_scopes_are_401_with_their_own_body(
    standin: Standin, path: str, scopes: list[str], field: str
) -> None:
    """The second meaning of 401: asking again will not help."""
    answer = Reader(standin, scopes).get(f"/api/v3{path}")
    assert answer.status_code == 401
    assert answer.json()["errors"] == [{"resource": "AccessToken", "field": field, "code": "missing"}]


def test_the_profile_is_detailed_only_with_its_scope(standin: Standin) -> None:
    """Weight and shoes are not for everyone."""
    assert Reader(standin).get("/athlete").json()["resource_state"] == 3
    plain = Reader(standin, ["read"]).get("/athlete").json()
    assert plain["resource_state"] == 2
    assert "weight" not in plain


def test_an_edited_run_is_listed_as_edited(standin: Standin) -> None:
    """Later edits give no event at Strava; only a new reading shows them."""
    reader = Reader(standin)
    row = reader.page()[3]
    standin.edit(row["id"], distance=4321.0, sport_type="TrailRun")
    assert reader.page()[3] == row | {"distance": 4321.0, "sport_type": "TrailRun"}
    assert reader.get(f"/activities/{row['id']}").json()["distance"] == 4321.0


def test_a_run_moved_in_time_moves_in_the_list(standin: Standin) -> None:
    """The order follows the start as it is now."""
    reader = Reader(standin)
    row = reader.page()[0]
    standin.edit(row["id"], start_date="2026-01-01T07:00:00Z")
    assert row["id"] != reader.page()[0]["id"]
    assert row["id"] in [seen["id"] for seen in reader.page(per_page=200)]


def test_a_hidden_run_is_gone_for_those_without_read_all(standin: Standin) -> None:
    """Hiding is how athletes take something back."""
    reader = Reader(standin, ["read", "activity:read"])
    row = reader.page()[0]
    standin.hide(row["id"])
    assert row["id"] not in [seen["id"] for seen in reader.page()]


def test_a_deleted_run_is_gone(standin: Standin) -> None:
    """From the list and as a detail."""
    reader = Reader(standin)
    row = reader.page()[0]
    standin.delete(row["id"])
    assert row["id"] not in [seen["id"] for seen in reader.page()]
    assert reader.get(f"/activities/{row['id']}").status_code == 404


def test_an_inserted_run_shifts_the_pages(standin: Standin) -> None:
    """Page numbers walk over moving ground: the last row of page 1 comes again on page 2."""
    reader = Reader(standin)
    first = reader.page(page=1, per_page=10)
    standin.insert(STEADY, distance=5000.0)
    second = reader.page(page=2, per_page=10)
    assert second[0]["id"] == first[-1]["id"]


def test_an_athlete_sees_only_their_own(standin: Standin) -> None:
    """A token opens one athlete's activities, by list and by id."""
    row = Reader(standin, athlete=7000002).page()[0]
    assert Reader(standin).get(f"/activities/{row['id']}").status_code == 404


def test_rows_start_in_the_athletes_own_day(standin: Standin) -> None:
    """``start_date_local`` carries a false Z, ``utc_offset`` follows summer time, the label does not."""
    rows = Reader(standin, athlete=7000002).everything()  # New York
    offsets = set()
    for row in rows:
        start = datetime.fromisoformat(row["start_date"])
        local = datetime.fromisoformat(row["start_date_local"])
        assert local - start == timedelta(seconds=row["utc_offset"])
        assert row["timezone"] == "(GMT-05:00) America/New_York"
        assert local.replace(tzinfo=UTC).hour in range(6, 21)
        offsets.add(row["utc_offset"])
    assert offsets == {-14400.0, -18000.0}
