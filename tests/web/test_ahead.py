"""The days ahead: the next long run, today's room, easy days until when."""

from dataclasses import replace
from datetime import timedelta

import pytest

from service.domain.athlete import Units
from service.domain.finding import Assessment, Context, State
from service.web.ahead import Ahead, ahead
from service.web.words import said
from tests.verdicts import NIGHT, assessment, finding

DAY = timedelta(days=1)
HEAVY = assessment(
    balanced_load=31.4, balanced_after_rest=NIGHT + 3 * DAY, balanced_after_easy=NIGHT + 5 * DAY
)


class Deps:
    """Only the words are asked for."""

    said = staticmethod(said)


def rows(judged: Assessment | None, units: Units = Units.METRIC, days_later: int = 0) -> dict[str, Ahead]:
    found = ahead(judged, units, NIGHT + days_later * DAY, Deps())
    return {row.name: row for row in found}


def test_three_figures_each_with_its_meaning() -> None:
    """The last easy day is the one before the morning of balance."""
    found = rows(HEAVY)
    assert {name: row.figure for name, row in found.items()} == {
        "Next long run": "up to 17800 m",
        "Today": "up to 31 load points",
        "Easy days until": "Friday 6 March",
    }
    assert "About half of your average day (52)" in found["Today"].why
    assert "With rest alone: Thursday 5 March." in found["Easy days until"].why


def test_a_day_with_room_for_nothing_is_a_day_of_rest() -> None:
    """Zero points are not an amount to train."""
    assert rows(replace(HEAVY, balanced_load=0.3))["Today"].figure == "rest"


@pytest.mark.parametrize(
    ("load", "says"), [(5, "A small part of"), (50, "About as much as"), (104, "2.0 times")]
)
def test_the_load_stands_beside_the_own_average(load: float, says: str) -> None:
    """Load points mean little alone."""
    assert says in rows(replace(HEAVY, balanced_load=load))["Today"].why


def test_who_is_balanced_needs_no_easy_days() -> None:
    """And none are counted where the end cannot be said."""
    assert "Easy days until" not in rows(replace(HEAVY, balanced_after_easy=None))
    assert "Easy days until" not in rows(replace(HEAVY, balanced_after_easy=NIGHT))


@pytest.mark.parametrize("flag", [Context.PAIN, Context.ILLNESS])
def test_pain_and_illness_end_all_figures(flag: Context) -> None:
    """Nothing to run by until it is over."""
    assert rows(replace(HEAVY, contexts=frozenset({flag}))) == {}


def test_while_learning_only_the_long_run_is_known() -> None:
    """Balance needs weeks."""
    assert set(rows(replace(HEAVY, state=State.LEARNING))) == {"Next long run"}
    assert rows(None) == {}


def test_an_old_verdict_says_nothing_of_today() -> None:
    """Sync has stopped, say."""
    assert "Today" in rows(HEAVY, days_later=1)
    assert "Today" not in rows(HEAVY, days_later=2)


def test_after_a_much_longer_run_no_longer_one_is_named() -> None:
    """A tenth more than a leap is no measure."""
    leap = finding(rule="session_spike")
    assert "Next long run" not in rows(replace(HEAVY, findings=(leap,)))
