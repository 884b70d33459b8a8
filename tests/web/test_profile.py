"""What the athlete tells of themselves: all of it may be left out, and none of it is guessed."""

import pytest

from service.domain.athlete import Units
from service.domain.history import Profile, Sex, StrengthHabit
from tests.web.conftest import Browser, Site

ANSWERS = {
    "answers": "1",
    "birth_year": " 1985 ",
    "max_hr": "188",
    "resting_hr": "48",
    "running_since": "2019",
    "sex": "male",
    "injured_last_year": "no",
    "strength_habit": "weekly",
    "units": "imperial",
}
TOLD = Profile(Sex.MALE, 1985, 188, 48, None, False, StrengthHabit.WEEKLY, 2019)


def kept(site: Site, browser: Browser) -> tuple[Profile, Units]:
    with site.store.transaction() as tx:
        athlete = tx.athletes.get(browser.athlete_id)
    assert athlete is not None
    return athlete.profile, athlete.units


def test_answers_are_kept_and_shown_again(site: Site) -> None:
    """Each where it belongs; the page comes back as it was filled in."""
    browser = site.athlete()
    answer = browser.submit("/profile", "/profile", **ANSWERS)
    assert (answer.status_code, answer.headers["location"]) == (303, "/profile?saved=1")
    assert kept(site, browser) == (TOLD, Units.IMPERIAL)
    text = browser.get("/profile?saved=1").text
    assert "Saved." in text
    assert text.count(" checked") == 4
    assert 'value="1985"' in text


def test_everything_may_be_left_out(site: Site) -> None:
    """An empty form makes every answer unknown, and what Strava said of the sex too if it is taken back."""
    browser = site.athlete()
    assert kept(site, browser)[0] == Profile(sex=Sex.FEMALE)
    browser.submit("/profile", "/profile", answers="1")
    assert (Profile(), Units.METRIC) == kept(site, browser)


def test_the_threshold_that_nobody_is_asked_for_stays(site: Site) -> None:
    """It comes from the zones."""
    browser = site.athlete()
    with site.store.transaction() as tx:
        tx.athletes.set_profile(browser.athlete_id, Profile(threshold_hr=171), Units.METRIC)
    browser.submit("/profile", "/profile", **ANSWERS)
    assert kept(site, browser)[0].threshold_hr == 171


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"birth_year": "85"}, "1926 to 2013"),  # two digits
        ({"birth_year": "2020"}, "1926 to 2013"),  # a child
        ({"birth_year": "19٨5"}, "1926 to 2013"),  # digits of another script
        ({"max_hr": "250"}, "120 to 230"),  # no heart
        ({"resting_hr": "-50"}, "28 to 110"),  # a sign
        ({"resting_hr": "62.5"}, "28 to 110"),  # half a beat
        ({"max_hr": "120", "resting_hr": "100"}, "too near together"),  # one of the two is wrong
    ],
)
def test_a_number_that_cannot_be_meant_comes_back(site: Site, wrong: dict[str, str], said: str) -> None:
    """With a word about it, everything else as it was typed, and nothing kept."""
    browser = site.athlete()
    answer = browser.submit("/profile", "/profile", **(ANSWERS | wrong))
    assert answer.status_code == 400
    assert said in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert next(iter(wrong.values())) in answer.text
    assert kept(site, browser)[0] == Profile(sex=Sex.FEMALE)


def test_the_first_visit_asks_all_on_one_screen(site: Site) -> None:
    """Address and answers in one form; either button keeps the answers."""
    browser = site.athlete()
    answer = browser.submit("/welcome", "/address", address="ola@example.org", **ANSWERS)
    assert (answer.status_code, answer.headers["location"]) == (303, "/status")
    assert kept(site, browser) == (TOLD, Units.IMPERIAL)
    answer = browser.submit("/welcome", "/profile", then="status", answers="1", units="metric")
    assert (answer.status_code, answer.headers["location"]) == (303, "/status")
    assert (Profile(), Units.METRIC) == kept(site, browser)


@pytest.mark.parametrize(
    "wrong",
    [
        {"address": "ola"},  # no address
        {"address": "ola@example.org", "max_hr": "900"},  # no number
    ],
)
def test_a_mistake_on_the_first_visit_costs_no_answer(site: Site, wrong: dict[str, str]) -> None:
    """The whole form comes back."""
    answer = site.athlete().submit("/welcome", "/address", **(ANSWERS | wrong))
    assert answer.status_code == 400
    assert 'value="48"' in answer.text
    assert f'value="{wrong["address"]}"' in answer.text
    assert answer.text.count(" checked") == 4


def test_a_new_address_alone_changes_no_answer(site: Site) -> None:
    """A form without these questions says nothing about them."""
    browser = site.athlete()
    browser.submit("/profile", "/profile", **ANSWERS)
    browser.submit("/welcome", "/address", address="ola@example.org")
    assert kept(site, browser) == (TOLD, Units.IMPERIAL)
