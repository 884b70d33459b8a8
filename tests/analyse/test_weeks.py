"""Two fuller weeks beside a week of low mornings: both have to speak, and neither is enough."""

from dataclasses import replace

import pytest

from service.analyse.assess import assess_nights
from service.analyse.diary import Columns, diary_of
from service.analyse.score import state_of
from service.analyse.weeks import hard_weeks
from service.domain.finding import Channel, Level
from service.domain.history import CheckIn, History
from tests.analyse.people import CONSTANTS, answers, history, on, run, session

TODAY = 203
"""A Monday: the last day before it was that of the long run."""
USUAL = {"soreness": 4, "legs": 3}


def block(factor: float, said: list[CheckIn]) -> History:
    """Half a year of four runs a week, the last two weeks so many times as long; then what was said."""
    km = {1: 8.0, 3: 10.0, 4: 7.0, 6: 14.0}
    runs = [
        run(day, (km[day % 7] + day % 3) * (factor if day >= TODAY - 14 else 1.0))
        for day in range(TODAY)
        if day % 7 in km
    ]
    usual = [
        replace(each, soreness=4 + (n % 4 == 0), legs=3 + (n % 5 == 0))
        for n, each in enumerate(answers(range(TODAY - 7), **USUAL))
    ]
    return history(runs, [*usual, *said])


def low(days: int) -> list[CheckIn]:
    """So many low mornings, the newest last."""
    return answers(range(TODAY - days, TODAY), soreness=3, legs=2)


def strength(past: History) -> float:
    columns = Columns.side_by_side([diary_of(past, CONSTANTS, on(TODAY)).windows([on(TODAY)])])
    return float(hard_weeks(columns, state_of(columns, CONSTANTS), CONSTANTS)[0])


def test_two_fuller_weeks_and_a_week_of_low_mornings_speak_together():
    """Half as much again, and legs that stay low: hardly ever both by chance."""
    assert strength(block(1.5, low(7))) >= CONSTANTS.fusion.agreeing


@pytest.mark.parametrize(
    ("factor", "said"),
    [
        (1.0, low(7)),  # mornings without load
        (0.6, low(7)),  # an easier stretch
        (1.5, answers(range(TODAY - 7, TODAY), **USUAL)),  # load without a word of tired legs
        (1.5, []),  # load, and nobody was asked
        (1.5, low(1)),  # one poor night is no week
    ],
)
def test_either_alone_is_silent(factor, said):
    """Two channels must agree."""
    assert strength(block(factor, said)) == 0.0


def test_the_more_they_say_the_louder():
    """Monotone in the mornings, between nothing and all."""
    told = [strength(block(1.5, low(days))) for days in range(8)]
    assert told == sorted(told)
    assert 0.0 <= told[0] <= told[-1] <= 1.0


def test_they_are_told_with_their_numbers():
    """Named after the weeks, with fourteen days of load and a week of answers beside one's own."""
    past = block(1.5, low(7))
    easy = replace(past, activities=tuple(a for a in past.activities if a.training_day < on(TODAY - 1)))
    found = assess_nights(easy, [on(TODAY)], CONSTANTS)[0].leading
    assert found is not None
    assert found.rule == "hard_weeks"
    assert found.level is Level.LIKELY
    assert min(found.channels[Channel.LOAD], found.channels[Channel.SELF_REPORT]) >= CONSTANTS.fusion.agreeing
    seen = {each.what: each for each in found.evidence}
    weeks, mornings = seen["two_weeks_load"], seen["soreness_week"]
    assert (weeks.first_day, weeks.last_day) == (on(TODAY - 14), on(TODAY - 1))
    assert weeks.value > 1.2 * weeks.baseline
    assert mornings.value < mornings.baseline - 0.5
    assert "legs_week" in seen


def test_an_item_nobody_answers_is_not_shown():
    """Soreness alone is a week of mornings too."""
    past = block(1.5, low(7))
    sore = tuple(replace(each, legs=None) for each in past.checkins)
    found = assess_nights(replace(past, checkins=sore), [on(TODAY)], CONSTANTS)[0].findings[0]
    assert "soreness_week" in {each.what for each in found.evidence}
    assert "legs_week" not in {each.what for each in found.evidence}


def test_a_hard_day_of_hard_weeks_is_named_first_and_the_weeks_are_shown():
    """What the last days explain is named after them; nothing that counted is left unsaid."""
    past = block(1.5, low(7))
    found = assess_nights(past, [on(TODAY)], CONSTANTS)[0].findings[0]
    assert found.rule == "hard_days"
    assert {"two_weeks_load", "soreness_week"} <= {each.what for each in found.evidence}


def rated(effort: float) -> History:
    """A hard day, two sore mornings; runs of the last week felt so many points harder than runs like them."""
    runs = [
        run(day, 8.0 + day % 2, perceived_exertion=4.0 + effort * (day >= 104)) for day in range(0, 110, 2)
    ]
    football = [session(109, sport="Soccer", minutes=150, perceived_exertion=6.0)]
    usual = answers(range(103), soreness=4, legs=3)
    return history([*runs, *football], [*usual, *answers((108, 109), soreness=2, legs=2)])


def told(past: History) -> float:
    found = assess_nights(past, [on(110)], CONSTANTS)[0].findings[0]
    return found.channels[Channel.SELF_REPORT]


def test_runs_that_felt_as_always_speak_against_poor_mornings():
    """Two words of one athlete: mornings lead, easy runs take a third back, hard ones add nothing."""
    unrated = replace(
        rated(0.0),
        activities=tuple(replace(a, perceived_exertion=None) for a in rated(0.0).activities),
    )
    assert told(rated(0.0)) == pytest.approx((1 - CONSTANTS.effort.weight) * told(unrated))
    assert told(rated(0.0)) < told(rated(0.5)) < told(rated(1.5)) == told(unrated)
