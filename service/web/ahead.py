"""What comes next: how far the next long run, how much today, and until when easy days help."""

from dataclasses import dataclass
from datetime import date, timedelta

from service.domain.athlete import Units
from service.domain.finding import Assessment, State
from service.web import words
from service.web.deps import WebDeps

TODAY_FOR = timedelta(days=1)
"""A verdict older than that speaks of another morning."""


@dataclass(frozen=True, slots=True)
class Ahead:
    """One figure for the days to come, with what it means."""

    name: str
    figure: str
    why: str


def ahead(assessment: Assessment | None, units: Units, today: date, deps: WebDeps) -> list[Ahead]:
    """Nothing while pain or illness is up, and no day's load while a normal is still being learnt."""
    if assessment is None or assessment.flagged:
        return []
    rows = [_long_run(assessment, units, deps)]
    if assessment.state is not State.LEARNING and today - assessment.night <= TODAY_FOR:
        rows += [_today(assessment), _easy_until(assessment)]
    return [row for row in rows if row is not None]


def _long_run(assessment: Assessment, units: Units, deps: WebDeps) -> Ahead | None:
    longest = assessment.longest_safe_m
    if not longest or _just_ran_far(assessment):
        return None
    return Ahead(
        "Next long run",
        f"up to {deps.said(longest, 'm', units, 'longest_run')}",
        "A tenth more than your longest run of the last 30 days. Among 5,205 runners, runs beyond that were "
        "followed by an overuse injury about one and a half times as often; most ended without any.",
    )


def _just_ran_far(assessment: Assessment) -> bool:
    """Right after a much longer run, a tenth more than it is no limit to speak of."""
    leading = assessment.leading
    return leading is not None and leading.rule == "session_spike" and leading.level is not None


def _today(assessment: Assessment) -> Ahead | None:
    load, usual = assessment.balanced_load, assessment.fitness
    if load is None or not usual:
        return None
    if round(load) == 0:
        return Ahead("Today", "rest", "Any training today moves you further from what you are used to.")
    return Ahead(
        "Today",
        f"up to {load:.0f} load points",
        f"{_times(load / usual)} your average day ({usual:.0f}). So much leaves what you did lately within "
        "a tenth of what you are used to. 100 points are one hour at your hardest.",
    )


def _times(share: float) -> str:
    if share < 0.75:
        return "About half of" if share > 0.35 else "A small part of"
    return "About as much as" if share < 1.25 else f"About {share:.1f} times"


def _easy_until(assessment: Assessment) -> Ahead | None:
    """``None``: balanced already, or further off than can be said."""
    easy, rest = assessment.balanced_after_easy, assessment.balanced_after_rest
    if easy is None or easy <= assessment.night:
        return None
    sooner = f" With rest alone: {words.day(rest)}." if rest is not None and rest < easy else ""
    return Ahead(
        "Easy days until",
        words.day(easy - timedelta(days=1)),
        "With half of your average load a day, what you did lately is then back within a tenth of what you "
        f"are used to.{sooner} Counted from load alone: your legs have the last word.",
    )
