"""Easy days until, and the largest load of today: closed forms against the model walked day by day."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.analyse.assess import assess_nights
from service.analyse.forecast import after, days_until_balanced, forecast, largest_load
from service.analyse.trend import exponential_mean
from tests.analyse.people import CONSTANTS, history, on, run, steady

STATES = st.tuples(st.floats(1, 150), st.floats(0, 250))
BALANCED = CONSTANTS.forecast.balanced


def balance(fitness, fatigue):
    return (fitness - fatigue) / fitness


@given(st.floats(0, 200), st.floats(0, 200), st.integers(0, 40), st.sampled_from([7.0, 42.0]))
def test_the_closed_form_is_the_model(state, load, days, tau):
    """y(n) = L + (y − L) e^(−n/τ)."""
    walked = exponential_mean([load] * days, tau, state)[-1] if days else state
    assert after(state, load, days, tau) == pytest.approx(walked, abs=1e-9)


@given(STATES)
def test_the_largest_load_leaves_exactly_the_balance(states):
    """One day of it ends on the bound; with none allowed, rest itself is already beyond it."""
    fitness, fatigue = (np.array([each]) for each in states)
    load = float(largest_load(fitness, fatigue, CONSTANTS)[0])
    fit, tired = (
        float(exponential_mean([load], tau, state[0])[0]) for tau, state in ((42, fitness), (7, fatigue))
    )
    if load > 0:
        assert balance(fit, tired) == pytest.approx(BALANCED, abs=1e-6)
    else:
        assert balance(fit, tired) <= BALANCED + 1e-6


@given(STATES, st.booleans())
def test_days_until_balanced_are_the_fewest(states, easy):
    """The day before it was not balanced; on it, it is."""
    fitness, fatigue = states
    load = CONSTANTS.forecast.easy_share * fitness if easy else 0.0
    days = days_until_balanced(*(np.array([each]) for each in (fitness, fatigue, load)), CONSTANTS)[0]
    if np.isnan(days):
        return
    at = [balance(after(fitness, load, n, 42.0), after(fatigue, load, n, 7.0)) for n in (days, days - 1)]
    assert at[0] >= BALANCED - 1e-6
    assert days == 0 or at[1] < BALANCED


def test_rest_balances_no_later_than_easy_days():
    """And without fitness nothing is said."""
    fitness, fatigue = np.array([50.0, 50.0, 0.0]), np.array([90.0, 40.0, 10.0])
    found = forecast(fitness, fatigue, CONSTANTS)
    assert found.rest_days[0] < found.easy_days[0] <= CONSTANTS.forecast.horizon_days
    assert list(found.rest_days[1:2]) == [0]
    assert np.isnan([found.load[2], found.rest_days[2]]).all()


def test_a_verdict_says_until_when_easy_days_help():
    """After a hard block a date; in steady weeks none, and a load for today."""
    hard = [run(day, 20.0, average_hr=160.0, max_hr=185.0) for day in range(80, 90)]
    tired = assess_nights(history([*steady(80, with_hr=True), *hard]), [on(90)], CONSTANTS)[0]
    assert tired.balanced_load == 0.0
    assert on(90) < tired.balanced_after_rest < tired.balanced_after_easy < on(90 + 28)
    fresh = assess_nights(history([run(day) for day in range(91)]), [on(91)], CONSTANTS)[0]
    assert fresh.balanced_after_rest is None
    assert fresh.balanced_load > 0


def test_nothing_is_forecast_of_nobody():
    """No session, no load to recommend."""
    found = assess_nights(history([]), [on(5)], CONSTANTS)[0]
    assert (found.balanced_load, found.balanced_after_rest, found.balanced_after_easy) == (None, None, None)
