"""Load day by day, as judgement counts it, for pictures in mails and on pages."""

from datetime import date, datetime, timedelta

from service.analyse.constants import Constants
from service.analyse.diary import Columns, Diary, diary_of
from service.analyse.score import state_of
from service.domain.course import Day
from service.domain.history import History

SEASON_DAYS = 84
"""Twelve weeks: what fits on a phone and still shows where the training is going."""


def course_of(history: History, night: date, constants: Constants) -> list[Day]:
    """The twelve weeks before ``night``, oldest first, from the columns that the verdict is made from."""
    return course_in(diary_of(history, constants, night), night, constants, history.synced_at)


def course_in(
    diary: Diary, night: date, constants: Constants, synced_at: datetime | None, days: int = SEASON_DAYS
) -> list[Day]:
    """The ``days`` before ``night`` in a diary made for it.

    A day after the last reading of the source, at ``synced_at``, is unknown, not a day of rest.
    """
    columns = Columns.side_by_side([diary.windows([night])])
    load = columns["load"][-days:, 0]
    fitness = state_of(columns, constants).fitness[-days:, 0]
    read_until = synced_at.date() if synced_at else night
    found = []
    for ago, each, fit in zip(range(days, 0, -1), load.tolist(), fitness.tolist(), strict=True):
        day = night - timedelta(days=ago)
        known = each == each and day <= read_until  # NaN: before the first session
        found.append(Day(day, each if known else None, fit if known else None))
    return found
