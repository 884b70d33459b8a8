"""How far back an athlete's sessions have been read, in words for them."""

from datetime import datetime, timedelta

from service.domain.activity import RUNS, Activity
from service.domain.athlete import Athlete, AthleteState
from service.web import words

IN_DETAIL = timedelta(days=42)
"""Runs of these days are read with their splits and efforts."""


def read_so_far(athlete: Athlete, lately: list[Activity], now: datetime) -> str:
    """One sentence. ``lately`` are the athlete's sessions of at least the last 42 days."""
    if athlete.state is not AthleteState.CONNECTED or athlete.synced_at is None:
        return "Nothing yet."
    runs = [
        each for each in lately if each.sport in RUNS and not each.manual and each.start >= now - IN_DETAIL
    ]
    detailed = sum(each.detailed for each in runs)
    if athlete.listed_whole_at is None:
        back = "Your newest 200 sessions; older ones follow as Strava's limits allow."
    else:
        back = f"Everything that counts, last on {words.day(athlete.listed_whole_at.date())}."
    if detailed == len(runs):
        return f"{back} The runs of the last six weeks are read in detail."
    share = f"{detailed} of the {len(runs)} runs"
    return f"{back} In detail: {share} of the last six weeks; the others follow."
