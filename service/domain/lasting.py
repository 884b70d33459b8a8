"""Complaints that have lasted too long to be training: whom to ask is then no question of ours."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from service.domain.history import CheckIn

LOW = 2


@dataclass(frozen=True, slots=True)
class Limit:
    """``item`` answered low every time, for more than so many days, in so many answers at least."""

    item: str
    days: int
    answers: int


LIMITS = (Limit("soreness", 7, 4), Limit("fatigue", 14, 6))
"""Soreness after training is over in a week (Cheung 2003), tiredness in two (Meeusen et al. 2013)."""


def lasting(checkins: Sequence[CheckIn], today: date) -> list[str]:
    """The items of which every answer up to ``today`` was low for longer than training explains. ``checkins``
    come oldest first; one better answer, or a week without any, and it begins anew."""
    return [limit.item for limit in LIMITS if _lasts(checkins, limit, today)]


def _lasts(checkins: Sequence[CheckIn], limit: Limit, today: date) -> bool:
    low: list[date] = []
    for each in checkins:
        value = getattr(each, limit.item)
        if value is None or each.date > today:
            continue
        broken = value > LOW or (low and each.date - low[-1] > timedelta(days=limit.days))
        low = [] if broken else low
        low += [each.date] if value <= LOW else []
    fresh = bool(low) and today - low[-1] <= timedelta(days=limit.days)
    return fresh and len(low) >= limit.answers and low[-1] - low[0] >= timedelta(days=limit.days)
