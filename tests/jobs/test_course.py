"""Loads day by day, as they are drawn."""

from dataclasses import replace
from datetime import date, timedelta

from service.domain.history import History
from service.jobs.course import SEASON_DAYS, course_of
from service.jobs.history import read_history
from tests.apps import CONSTANTS, again, an_athlete, season_of_runs, with_runs

NIGHT = date(2026, 3, 1)
DAY = timedelta(days=1)


def test_every_day_before_the_night_is_there(app):
    """Oldest first, rest as 0, training above it, fitness beside it."""
    athlete = an_athlete(app)
    with_runs(app, athlete, season_of_runs(NIGHT - DAY))
    with app.store.transaction() as tx:
        history = read_history(tx, again(app, athlete), app.now())
    found = course_of(history, NIGHT, CONSTANTS)
    assert [day.date for day in found] == [NIGHT - n * DAY for n in range(SEASON_DAYS, 0, -1)]
    assert sorted({day.load > 0 for day in found}) == [False, True]
    assert all(day.fitness > 0 for day in found)


def test_what_was_not_observed_is_not_rest():
    """Before the first session, and after the last reading."""
    runs = season_of_runs(NIGHT - 10 * DAY, days=20)
    history = History(tuple(runs), synced_at=runs[-1].start)
    loads = {day.date: day.load for day in course_of(history, NIGHT, CONSTANTS)}
    assert loads[NIGHT - 60 * DAY] is None
    assert loads[NIGHT - 12 * DAY] is not None
    assert loads[NIGHT - DAY] is None
    assert course_of(replace(history, synced_at=None), NIGHT, CONSTANTS)[-1].load == 0
