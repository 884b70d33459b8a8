"""The question, the word before a long run, and the weekly letter."""

from dataclasses import replace
from datetime import timedelta

import pytest

from service.domain.course import LongRun
from service.domain.finding import Assessment, State
from service.notify.message import Links
from service.notify.question import question
from service.notify.week import Kept, weekly
from tests.notify.samples import COURSE, EVIDENCE, LINKS, a_week, letters
from tests.verdicts import NIGHT

BARE = Links("https://a.test/status", "https://a.test/u")


def said(text: str) -> str:
    return " ".join(text.split())


def test_a_question_is_one_tap_away_from_its_answer() -> None:
    """Four links, each of them a page that asks once more; the reason and the session stand with them."""
    text = said(letters()["check_in"].text)
    for value, name in enumerate(("Very heavy", "Heavy", "Normal", "Fresh"), start=1):
        assert f"{name}: https://freshlegs.example.org/checkin?t=QUJD&legs={value}" in text
    assert "View on Strava: https://www.strava.com/activities/12345678901" in text
    assert "Longest run, Sunday 1 March: 24.1 km; the longest of the 30 days before: 16.2 km." in text
    load = question(EVIDENCE[1], night=NIGHT, links=LINKS)
    assert "View on Strava" not in load.text


def test_a_tap_needs_a_page() -> None:
    """A caller's mistake is named; a link without a query is a link too."""
    with pytest.raises(ValueError, match="checkin_url"):
        question(EVIDENCE[0], night=NIGHT, links=BARE)
    plain = question(EVIDENCE[0], night=NIGHT, links=replace(BARE, checkin_url="https://a.test/c"))
    assert "https://a.test/c?legs=1" in plain.text


def test_the_letter_leads_with_what_was_kept_for_it() -> None:
    """The warning with its numbers and the one thing to do, before any figure of the week."""
    text = letters()["weekly"].text
    assert text.index("AFTER THAT LONG RUN") < text.index("THE NIGHTS") < text.index("YOUR LOAD")
    assert "Give the long run its rest" in text
    assert "View on Strava" in text


@pytest.mark.parametrize(
    ("changes", "opening"),
    [
        ({}, "5 runs, 52.3 km. Load of the last seven days: 520 load points; an average week"),  # ordinary
        ({"runs": 1, "distance_m": 5_000.0}, "1 run, 5.0 km."),  # one
        ({"runs": 0}, "No run was recorded this week. Load"),  # none
        ({"course": COURSE[-7:]}, "Load of the last seven days: 520 load points."),  # nothing to compare with
        ({"course": ()}, "0 load points."),  # nothing at all
    ],
)
def test_a_week_opens_with_its_figures(changes: dict, opening: str) -> None:
    """Said as they are, however few."""
    assert opening in said(weekly(a_week(**changes), links=LINKS).text)


def test_what_is_not_known_is_left_out_whole() -> None:
    """No empty heading."""
    nothing = Assessment(NIGHT, State.CLEAR, 0.1, None, ())
    week = a_week(
        kept=(Kept(nothing, None),),
        noted=(Kept(nothing, None),),
        nights={State.CLEAR: 0},
        ceiling_m=None,
        unseen=(),
        course=(),
    )
    text = weekly(week, links=BARE).text
    titles = ("THE NIGHTS", "YOUR LOAD", "LONG RUN", "COULD NOT SEE", "ONE TAP")
    assert [title for title in titles if title in text] == []


def test_a_kept_warning_without_advice_is_still_told() -> None:
    """A red flag silences advice, not the facts."""
    week = a_week()
    kept = replace(week.kept[0], advice=None)
    text = weekly(replace(week, kept=(kept,)), links=LINKS).text
    assert "24.1 km" in text
    assert "Give the long run its rest" not in text


def test_a_kept_warning_says_all_it_owes() -> None:
    """How sure and why, how often such warnings were right, what was not seen, limits; and beside danger
    where to get help at once."""
    week = a_week()
    kept = replace(week.kept[0], measured="Of 100 such warnings 77 were followed.")
    text = said(weekly(replace(week, kept=(kept,)), links=LINKS).text)
    for owed in ("likely, not certain", "Of 100 such warnings 77", "What we could not see", "5,205 runners"):
        assert owed in text
    assert "chest pain" in text.lower()
    calm = replace(kept.assessment.findings[0], safety=False)
    calmer = replace(kept, assessment=replace(kept.assessment, findings=(calm,)))
    assert "chest pain" not in weekly(replace(week, kept=(calmer,)), links=LINKS).text.lower()


def test_what_is_never_a_reason_to_write_is_told_in_the_letter() -> None:
    """With its one thing to do and the question it leaves."""
    text = said(letters()["weekly_quiet"].text).lower()
    for told in ("a warm run", "a gentler start", "one question", "squat", "move on when"):
        assert told in text


def test_the_letter_says_how_long_the_next_run_may_be() -> None:
    """The usual one beside the ceiling where it lies beyond, else the ceiling alone."""
    planned = LongRun(NIGHT, 22_000.0, 17_800.0)
    assert "On a Monday you usually run long: 22.0 km" in said(
        weekly(a_week(long_run=planned), links=LINKS).text
    )
    assert "Up to 17.8 km stays within" in weekly(a_week(), links=LINKS).text


def test_advice_whose_days_are_over_gives_way_to_what_still_holds() -> None:
    """A night of Monday in a letter of Thursday: nobody is told to rest on Monday."""
    week = a_week()
    thursday = week.night + timedelta(days=3)
    text = said(weekly(replace(week, night=thursday), links=LINKS).text)
    assert "Give the long run its rest" in said(weekly(week, links=LINKS).text)
    assert "Give the long run its rest" not in text
    assert "Those days are over." in text
    advice = week.kept[0].advice
    assert advice is not None
    standing = next(item for item in advice.plan if item.until is None or item.until >= thursday)
    assert standing.title in text
