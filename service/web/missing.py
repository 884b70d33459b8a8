"""What was not there to be seen in the last weeks, and what the athlete can do about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from service.domain.activity import Activity, longest_run
from service.domain.history import CheckIn

WEEKS = 8
LOOKED_AT = timedelta(weeks=WEEKS)
WORTH_A_WORD = 0.05
"""A share of runs below this changes no verdict."""


@dataclass(frozen=True, slots=True)
class Gap:
    """``what`` is missing, in figures; ``mend`` says how to improve it, if anyone can."""

    what: str
    mend: str


def gaps(activities: Sequence[Activity], checkins: Sequence[CheckIn]) -> list[Gap]:
    """From the sessions and answers of the last ``LOOKED_AT``, the most useful to mend first."""
    runs = [activity for activity in activities if activity.is_run]
    told = [longest_run(runs, each.date) for each in checkins if each.exertion is not None]
    found = []
    if not any(each.legs is not None or each.soreness is not None for each in checkins):
        found.append(
            Gap(
                f"No answer from you in {WEEKS} weeks.",
                "Tap how your legs feel after hard days: nothing else tells as much about the next morning.",
            )
        )
    if not runs:
        return [*found, Gap(f"No run in the last {WEEKS} weeks.", "")]
    for missing, what, mend in (
        (
            [run for run in runs if run.average_hr is None],
            "without a heart rate",
            "Wear a strap or watch that records it, and share it on Strava; until then pace stands in.",
        ),
        (
            [run for run in runs if not run.detailed],
            "known only as a whole, not by the kilometre",
            "Nothing to do: kilometres are read a few runs at a time as Strava lets us.",
        ),
        (
            [run for run in runs if run.perceived_exertion is None and run not in told],
            "without a perceived exertion",
            "Set it on Strava after a run, or tell us with a check-in: it replaces a guess.",
        ),
        (
            [run for run in runs if run.distance_m <= 0],
            "without a distance",
            "Add it on Strava: the long-run rule needs nothing but distances.",
        ),
        (
            [run for run in runs if run.manual],
            "typed in by hand",
            "They count, but only as time and distance.",
        ),
    ):
        if len(missing) / len(runs) >= WORTH_A_WORD:
            found.append(Gap(f"{_share(len(missing), len(runs))} {what}.", mend))
    return found


def _share(missing: int, of: int) -> str:
    """``9 % of your 44 runs of the last 8 weeks are``; all of them, or the only one, said so."""
    if of == 1:
        return f"Your only run of the last {WEEKS} weeks is"
    whose = f"All {of}" if missing == of else f"{100 * missing / of:.0f} % of your {of}"
    return f"{whose} runs of the last {WEEKS} weeks are"
