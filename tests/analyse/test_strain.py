"""Two weeks against the own past: free of scale, deaf to skipped runs, silent without a past."""

from dataclasses import replace

import numpy as np
import pytest

from service.analyse.diary import Columns, diary_of
from service.analyse.score import state_of
from service.analyse.strain import strain_z
from tests.analyse.people import CONSTANTS, history, on, run, steady


def strain(past, day: int) -> float:
    columns = Columns.side_by_side([diary_of(past, CONSTANTS, on(day)).windows([on(day)])])
    return float(strain_z(columns, state_of(columns, CONSTANTS), CONSTANTS, 14)[-1, 0])


def longer(past, factor: float, since: int = 0):
    """Every run from a day on as many times longer, at the same speed."""
    grown = [
        replace(a, distance_m=a.distance_m * factor, moving_s=a.moving_s * factor)
        if a.training_day >= on(since)
        else a
        for a in past
    ]
    return history(grown)


def test_two_heavier_weeks_stand_far_above_ordinary_ones():
    """Sixty per cent more for two weeks, at an ordinary noise."""
    past = steady(200, seed=5)
    assert strain(longer(past, 1.0), 200) < 1.5
    assert strain(longer(past, 1.6, since=186), 200) > 2.5


def test_it_is_free_of_scale():
    """Who runs twice as far with the same pattern is judged the same (but for the floor of tiny loads)."""
    past = steady(200, seed=6)
    assert strain(longer(past, 2.0), 200) == pytest.approx(strain(longer(past, 1.0), 200), abs=0.2)


def test_a_skipped_easy_run_is_no_strain():
    """Less running never looks like more."""
    past = [run(day, 10.0) for day in range(0, 200, 2)]
    skipped = [a for a in past if a.training_day not in {on(190), on(194)}]
    assert strain(history(skipped), 200) < strain(history(past), 200) + 0.01


@pytest.mark.parametrize(
    ("past", "day"),
    [
        (steady(40), 41),  # six weeks: too few days before the two judged
        (steady(200)[:40] + steady(200)[-1:], 200),  # one run in two weeks
        ([], 200),  # nothing at all
    ],
)
def test_without_enough_past_it_is_unknown(past, day):
    """Not a number, and so no finding."""
    assert np.isnan(strain(history(past), day))
