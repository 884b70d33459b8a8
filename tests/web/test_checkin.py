"""The check-in: four taps for the legs, the rest if one likes."""

from datetime import UTC, date, datetime, timedelta

import pytest

from service.domain.activity import Activity, Source
from service.domain.history import CheckIn
from service.domain.night import Decision, Silence
from tests.verdicts import assessment, finding
from tests.web.conftest import Browser, Site

ANSWERS = {
    "legs": "2",
    "fatigue": "3",
    "sleep": "4",
    "soreness": "1",
    "mood": "5",
    "ill": "no",
    "pain": "yes",
}


def kept(site: Site, browser: Browser) -> list[CheckIn]:
    with site.store.transaction() as tx:
        return tx.checkins.of(browser.athlete_id, date(2026, 1, 1))


def test_legs_are_enough(site: Site) -> None:
    """What is not answered stays unknown: not answered is not fine."""
    browser = site.athlete()
    answer = browser.submit("/checkin", "/checkin", legs="2", fatigue="", ill="")
    assert (answer.status_code, answer.headers["location"]) == (303, "/checkin?saved=1")
    assert [CheckIn(date(2026, 3, 12), legs=2)] == kept(site, browser)
    assert "Noted, thank you" in browser.get("/checkin?saved=1").text


def test_all_answers_are_kept(site: Site) -> None:
    """Each where it belongs."""
    browser = site.athlete()
    browser.submit("/checkin", "/checkin", **ANSWERS)
    expected = CheckIn(
        date(2026, 3, 12), legs=2, fatigue=3, sleep=4, soreness=1, mood=5, ill=False, pain=True
    )
    assert [expected] == kept(site, browser)


@pytest.mark.parametrize("told", ["ill", "pain"])
def test_illness_and_pain_are_answered_with_whom_to_ask(site: Site, told: str) -> None:
    """When to call for help and when to see a doctor; and until it is taken back every page says so."""
    browser = site.athlete()
    where = browser.submit("/checkin", "/checkin", legs="2", **{told: "yes"}).headers["location"]
    assert where == "/checkin?saved=1&flag=1"
    page = browser.get(where).text
    assert "112 in Europe" in page
    assert "Until you tell us it is over" in page
    assert "112 in Europe" not in browser.get("/checkin").text
    assert "Is it over?" in browser.get("/status").text
    site.clock.at += timedelta(days=1)
    assert "Until you say below that it is over" in browser.get("/checkin").text
    browser.submit("/checkin", "/checkin", legs="3", **{told: "no"})
    assert "Until you say below" not in browser.get("/checkin").text
    assert "Is it over?" not in browser.get("/status").text


@pytest.mark.parametrize("told", ["ill", "pain"])
def test_from_then_on_no_page_says_how_far_to_run(site: Site, told: str) -> None:
    """The verdict was made before; what it leaves room for is not said any more."""
    browser = site.athlete()
    with site.store.transaction() as tx:
        verdict = assessment(finding(), night=date(2026, 3, 12))
        tx.nights.record(
            browser.athlete_id, verdict.night, verdict, Decision(None, Silence.COOLDOWN), site.clock.at, "d"
        )
    before = browser.get("/status").text
    assert "Next long run" in before
    assert "Tired muscles: until" in before
    browser.submit("/checkin", "/checkin", legs="2", **{told: "yes"})
    page = browser.get("/status").text
    assert "Next long run" not in page
    assert "Tired muscles: until" not in page
    assert "waits until you say that it is over" in page
    assert "Tired muscles: until" not in browser.get("/nights/2026-03-12").text
    assert "Longest run" in page  # what was seen stays seen


def test_the_last_answer_of_a_day_counts(site: Site) -> None:
    """It may be changed all day; what is left out stays as it was, and the page shows what was said."""
    browser = site.athlete()
    browser.submit("/checkin", "/checkin", legs="1", ill="yes")
    browser.submit("/checkin", "/checkin", legs="4")
    assert [CheckIn(date(2026, 3, 12), legs=4, ill=True)] == kept(site, browser)
    assert browser.get("/checkin").text.count(" checked") == 2


@pytest.mark.parametrize(
    ("zone", "now", "day"),
    [
        ("Europe/Oslo", datetime(2026, 3, 12, 7, tzinfo=UTC), date(2026, 3, 12)),  # morning
        (
            "Europe/Oslo",
            datetime(2026, 3, 12, 0, 30, tzinfo=UTC),
            date(2026, 3, 11),
        ),  # half past one: not slept yet
        (
            "Pacific/Auckland",
            datetime(2026, 3, 12, 20, tzinfo=UTC),
            date(2026, 3, 13),
        ),  # already tomorrow there
        (
            "America/Los_Angeles",
            datetime(2026, 3, 12, 3, tzinfo=UTC),
            date(2026, 3, 11),
        ),  # still yesterday there
    ],
)
def test_the_day_is_the_athletes(site: Site, zone: str, now: datetime, day: date) -> None:
    """A training day begins at 04:30 where the athlete is."""
    browser = site.athlete()
    with site.store.transaction() as tx:
        tx.athletes.synced(browser.athlete_id, now, zone=zone, next_sync_at=now + timedelta(days=1))
    site.clock.at = now
    browser.submit("/checkin", "/checkin", legs="3")
    assert [day] == [answer.date for answer in kept(site, browser)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"legs": ""},  # the one question that counts
        {"legs": "0"},  # below the scale
        {"legs": "5"},  # above: legs have four steps
        {"legs": "2.5"},  # between
        {"legs": "9" * 400},  # a number beyond all
        {"legs": "2\x00"},  # NUL
        {"legs": "2", "mood": "6"},  # above the scale
        {"legs": "2", "sleep": "well"},  # a word
        {"legs": "2", "ill": "maybe"},  # neither yes nor no
        {"legs": "2", "exertion": "11", "ran": "2026-03-11"},  # beyond all one has
        {"legs": "2", "exertion": "7", "ran": "the 11th"},  # no day
    ],
)
def test_what_is_not_on_the_form_is_not_kept(site: Site, wrong: dict[str, str]) -> None:
    """One plain page, nothing stored."""
    browser = site.athlete()
    answer = browser.submit("/checkin", "/checkin", **wrong)
    assert answer.status_code == 400
    assert "That was not understood" in answer.text
    assert kept(site, browser) == []


NINE = datetime(2026, 3, 12, 9, tzinfo=UTC)


def ran(site: Site, browser: Browser, *starts: str, sport: str = "Run", rated: float | None = None) -> None:
    """Sessions that began at these times, each longer than the one before."""
    runs = [
        Activity(
            source=Source.STRAVA,
            external_id=f"run-{start}",
            sport=sport,
            start=datetime.fromisoformat(start).replace(tzinfo=UTC),
            utc_offset_s=0,
            moving_s=3600 + index,
            elapsed_s=3700,
            distance_m=10_000.0,
            perceived_exertion=rated,
        )
        for index, start in enumerate(starts)
    ]
    with site.store.transaction() as tx:
        tx.activities.upsert(browser.athlete_id, runs, site.clock.at)


@pytest.mark.parametrize(
    ("starts", "sport", "rated", "asked"),
    [
        (["2026-03-11T17:00"], "TrailRun", None, True),
        (["2026-03-12T03:00"], "Run", None, True),  # before half past four it is still yesterday
        (["2026-03-12T06:00"], "Run", None, False),  # a longer one may come today
        (["2026-03-10T17:00"], "Run", None, False),  # too long ago
        (["2026-03-11T17:00"], "Run", 4.0, False),  # Strava knows
        (["2026-03-11T17:00"], "Ride", None, False),  # of runs alone
        ([], "Run", None, False),
    ],
)
def test_effort_is_asked_where_strava_has_none(
    site: Site, starts: list[str], sport: str, rated: float | None, asked: bool
) -> None:
    """Of yesterday's longest run: nothing that comes later can take its place."""
    site.clock.at = NINE
    browser = site.athlete()
    ran(site, browser, *starts, sport=sport, rated=rated)
    assert ("How hard was yesterday’s run?" in browser.get("/checkin").text) is asked


def test_effort_is_kept_with_the_day_it_was_of(site: Site) -> None:
    """Beside what was answered on that day; the legs are of this morning. The page shows it again."""
    site.clock.at = NINE
    browser = site.athlete()
    browser.submit("/checkin", "/checkin", legs="3")
    site.clock.at += timedelta(days=1)
    ran(site, browser, "2026-03-12T17:00")
    browser.submit("/checkin", "/checkin", legs="2", exertion="7", ran="2026-03-12")
    days = [CheckIn(date(2026, 3, 12), legs=3, exertion=7), CheckIn(date(2026, 3, 13), legs=2)]
    assert kept(site, browser) == days
    assert 'name="exertion" value="7" checked' in browser.get("/checkin").text


def test_a_form_of_yesterday_may_be_sent(site: Site) -> None:
    """It asked about the day before that."""
    site.clock.at = NINE
    browser = site.athlete()
    ran(site, browser, "2026-03-10T17:00")
    browser.submit("/checkin", "/checkin", legs="2", exertion="7", ran="2026-03-10")
    assert CheckIn(date(2026, 3, 10), exertion=7) in kept(site, browser)


@pytest.mark.parametrize("day", ["2026-03-09", "2026-03-11", "2026-03-12", "2026-03-13", ""])
def test_effort_of_any_other_day_is_not_kept(site: Site, day: str) -> None:
    """Days the form never asks about, a day without a run, and none; the legs are kept."""
    site.clock.at = NINE
    browser = site.athlete()
    ran(site, browser, "2026-03-09T17:00", "2026-03-12T06:00")
    assert browser.submit("/checkin", "/checkin", legs="2", exertion="7", ran=day).status_code == 303
    assert kept(site, browser) == [CheckIn(date(2026, 3, 12), legs=2)]
