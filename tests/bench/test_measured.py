"""No rate stands on a page or in a mail that the last bench did not print; and the small sums behind them."""

import pytest

from tests.bench import calibrate, kept, page
from tests.bench.shares import Person, a_year, shares
from tests.bench.thresholds import THRESHOLDS, Tally, leave_one_out


def test_the_page_of_heuristics_says_what_was_measured():
    assert page.PAGE.read_text(encoding="utf-8") == page.written()


def test_the_calibration_is_what_was_measured():
    written = calibrate.written(kept.read("people"), kept.read("warnings"))
    assert calibrate.TARGET.read_text(encoding="utf-8") == written


def person(name, followed, *warnings):
    return Person(name, dict(enumerate(followed)), warnings)


def test_a_share_stands_beside_what_the_same_people_had_by_chance():
    """Each warning against its person's own base rate; unscored nights and unusable people do not count."""
    often = person("a", [True] * 10 + [False] * 10, (0, "heat", "likely"), (15, "heat", "strong"))
    seldom = person("b", [True] * 4 + [False] * 16, (1, "heat", "likely"), (99, "heat", "likely"))
    never = person("c", [False] * 20, (1, "heat", "likely"))
    rows = {(row["cause"], row["level"]): row for row in shares([often, seldom, never])}
    assert rows["heat", "likely"]["followed"] == 1.0
    assert rows["heat", "likely"]["by_chance"] == pytest.approx((0.5 + 0.2) / 2)
    assert rows["heat", "any"]["warnings"] == 3
    assert rows["heat", "any"]["people"] == 2
    assert rows["heat", "any"]["followed"] == pytest.approx(2 / 3, abs=0.001)
    assert rows["heat", "strong"]["followed"] == 0.0
    assert a_year([often]) == [pytest.approx(2 * 365.25 / 20)]


def test_a_threshold_that_only_one_person_likes_does_not_help_that_person():
    """Chosen by the others, it is another."""
    plain = [Tally(10, 5, 4.0, 2.0)] + [Tally(10, 4, 4.0, 2.0)] * (len(THRESHOLDS) - 1)
    odd = [Tally(40, 4, 16.0, 2.0)] + [Tally(40, 30, 16.0, 2.0)] * (len(THRESHOLDS) - 1)
    found = leave_one_out([plain, plain, odd])
    assert found["best_in_sample"] != THRESHOLDS[0]
    assert found["lift_left_out"] < found["lift_in_sample"]
