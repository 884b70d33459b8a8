"""Advice is placed in time, and strength never inside the recovery window."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from service.advise.catalogue import Catalogue
from service.advise.choose import advise
from service.domain.advice import Advice
from service.domain.finding import Assessment, Cause, Context
from service.domain.history import Profile, StrengthHabit
from tests.verdicts import NIGHT, assessment, finding

CAUSES_AND_RULES = [
    (cause, rule) for cause in Cause for rule in ("", "session_spike", "descent", "stop_pattern")
]


def chosen(shipped: Catalogue, tonight: Assessment, profile: Profile | None = None) -> Advice:
    advice = advise(tonight, shipped, profile=profile or Profile())
    assert advice is not None
    return advice


@pytest.mark.parametrize(
    "tonight",
    [
        # nothing was found
        Assessment(NIGHT, assessment().state, 0.1, None, ()),
        # ill, or in pain: nothing about training may be suggested
        assessment(contexts=frozenset({Context.ILLNESS})),
        assessment(contexts=frozenset({Context.PAIN})),
    ],
)
def test_no_advice_where_none_may_be_given(shipped: Catalogue, tonight: Assessment) -> None:
    """Silence rather than a suggestion that might harm."""
    assert advise(tonight, shipped, profile=Profile()) is None


def test_no_advice_for_a_cause_the_catalogue_does_not_know(shipped: Catalogue) -> None:
    """A catalogue without the cause is no reason to fail."""
    empty = Catalogue((), shipped.blocks, shipped.sources, shipped.restraint, shipped.occasions)

    assert advise(assessment(), empty, profile=Profile()) is None


@pytest.mark.parametrize(("cause", "rule"), CAUSES_AND_RULES)
@pytest.mark.parametrize("until", [None, NIGHT - timedelta(days=3), NIGHT, NIGHT + timedelta(days=5)])
def test_everything_has_its_days_and_strength_waits(
    shipped: Catalogue, cause: Cause, rule: str, until: date | None
) -> None:
    """Nothing starts before the night, nothing ends before it starts, strength starts after recovery."""
    advice = chosen(shipped, assessment(finding(cause=cause, rule=rule, until=until)))

    assert advice.now.start == NIGHT
    assert cause is advice.cause
    for item in (advice.now, *advice.plan):
        assert item.start >= NIGHT
        assert item.until is None or item.until >= item.start
    if advice.strength:
        assert advice.strength.start > max(until or NIGHT, NIGHT)


def test_the_plan_is_told_in_days(shipped: Catalogue) -> None:
    """Long run on Sunday, verdict on Monday, legs expected to be tired until Wednesday."""
    advice = chosen(shipped, assessment(finding(rule="session_spike", until=NIGHT + timedelta(days=2))))
    spans = {
        item.title: (item.start.day, item.until and item.until.day) for item in (advice.now, *advice.plan)
    }

    assert spans == {
        "Give the long run its rest": (2, 2),
        "Short and easy runs": (3, 4),
        "Eat and sleep well": (2, 4),
        "Build the long run in smaller steps": (5, 1),
    }
    assert advice.strength is not None
    assert date(2026, 3, 5) == advice.strength.start


def test_what_would_start_after_its_end_is_left_out(shipped: Catalogue) -> None:
    """When the window ends today, "from tomorrow until it ends" is not a suggestion."""
    advice = chosen(shipped, assessment(finding(until=NIGHT)))

    assert "Easy and flat" not in [item.title for item in advice.plan]


WEEKLY = Profile(strength_habit=StrengthHabit.WEEKLY, injured_last_year=False)


@pytest.mark.parametrize(
    ("block", "profile", "weeks"),
    [
        # we know nothing: the lighter one
        ("Foundation", Profile(), 0),
        ("Foundation", Profile(strength_habit=StrengthHabit.NONE), 0),
        ("Foundation", Profile(strength_habit=StrengthHabit.SOMETIMES), 0),
        ("Foundation", Profile(), 5),
        # weekly strength work, told or on record
        ("Strength", WEEKLY, 0),
        ("Strength", Profile(), 6),
        ("Strength", Profile(injured_last_year=True), 12),
        # six weeks of it on record and a good year: hops
        ("Hops on top of strength", WEEKLY, 6),
        ("Hops on top of strength", Profile(injured_last_year=False), 6),
        # the first year of running goes before every habit
        ("Hips and core for the first year of running", replace(WEEKLY, running_since=NIGHT.year), 12),
        ("Hips and core for the first year of running", Profile(running_since=NIGHT.year - 1), 0),
        ("Foundation", Profile(running_since=NIGHT.year - 2), 0),
    ],
)
def test_strength_climbs_a_ladder(shipped: Catalogue, block: str, profile: Profile, weeks: int) -> None:
    """foundation → strength → hops; hips and core for novices."""
    advice = chosen(shipped, assessment(finding(cause=Cause.RUNNING_FORM), strength_weeks=weeks), profile)

    assert advice.strength is not None
    assert block == advice.strength.name


def test_persistent_tiredness_gets_no_strength_work(shipped: Catalogue) -> None:
    """After two weeks of it the advice is rest and a clinician, nothing else."""
    advice = chosen(shipped, assessment(finding(cause=Cause.OVERREACHING, rule="persistent_overreaching")))

    assert advice.strength is None
    assert "doctor" in advice.now.text


@pytest.mark.parametrize(
    ("grams", "birth_year"),
    [
        # unknown age
        (False, None),
        # seventeen, or eighteen only later this year
        (False, 2009),
        (False, 2008),
        # eighteen for certain
        (True, 2007),
    ],
)
def test_only_known_adults_get_amounts_to_eat(
    shipped: Catalogue, grams: bool, birth_year: int | None
) -> None:
    """No nutrition numbers for minors (IOC 2023)."""
    advice = chosen(shipped, assessment(finding(cause=Cause.FUELLING)), Profile(birth_year=birth_year))

    assert grams == any(" g of carbohydrate" in item.text for item in advice.plan)
