"""The check-in: four taps for the legs, the rest if one likes."""

from datetime import UTC, date, datetime, timedelta

import pytest

from service.domain.history import CheckIn
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
    ],
)
def test_what_is_not_on_the_form_is_not_kept(site: Site, wrong: dict[str, str]) -> None:
    """One plain page, nothing stored."""
    browser = site.athlete()
    answer = browser.submit("/checkin", "/checkin", **wrong)
    assert answer.status_code == 400
    assert "That was not understood" in answer.text
    assert kept(site, browser) == []
