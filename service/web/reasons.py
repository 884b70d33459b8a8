"""The seven reasons side by side: what each says now, and when it last said something."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from service.domain.athlete import Athlete
from service.domain.finding import Assessment, Cause, Finding, State
from service.store.nights import JudgedNight
from service.web import words
from service.web.deps import WebDeps
from service.web.findings import PIPS, one_line

ORDER = (
    Cause.MUSCLE_FATIGUE,
    Cause.OVERREACHING,
    Cause.HEAT_AND_FLUID,
    Cause.RUNNING_FORM,
    Cause.FUELLING,
    Cause.WARM_UP,
    Cause.STRENGTH,
)


@dataclass(frozen=True, slots=True)
class Reason:
    """One row. ``tone`` is a class of the stylesheet; ``night`` is the one to read on; ``advice`` is said
    only of what is noted and never a reason to write: a warning says its own."""

    title: str
    state: str
    tone: str
    pips: int
    evidence: str
    night: date | None
    advice: str = ""


def reasons(nights: Sequence[JudgedNight], athlete: Athlete, deps: WebDeps) -> list[Reason]:
    """One row for each cause, from nights that come newest first."""
    return [_reason(cause, nights, athlete, deps) for cause in ORDER]


def _reason(cause: Cause, nights: Sequence[JudgedNight], athlete: Athlete, deps: WebDeps) -> Reason:
    title = words.CAUSES[cause]
    if not deps.judges(cause):
        return Reason(title, "No rule looks at this yet", "none", 0, "", None)
    if not nights or nights[0].assessment.state is State.LEARNING:
        return Reason(title, "Still learning your normal", "none", 0, "", None)
    now = _finding(nights[0], cause)
    if now is not None:
        state = words.LEVELS[now.level] if now.level else "Only noted"
        evidence = one_line(now.evidence[0], athlete.units, deps) if now.evidence else ""
        tone = "warn" if now.level and nights[0].assessment.state is State.WARN else "watch"
        advice = "" if now.level else _advice(replace(nights[0].assessment, findings=(now,)), athlete, deps)
        return Reason(title, state, tone, PIPS[now.level], evidence, nights[0].night, advice)
    for night in nights[1:]:
        before = _finding(night, cause)
        if before is not None and before.level is not None:
            seen = f"Last seen on {words.short_day(night.night)}, {words.LEVELS[before.level].lower()}"
            return Reason(title, "Nothing unusual", "clear", 0, seen, night.night)
    return Reason(title, "Nothing unusual", "clear", 0, "", None)


def _advice(noted: Assessment, athlete: Athlete, deps: WebDeps) -> str:
    advice = deps.advise(noted, athlete.profile)
    return f"{advice.now.text} {advice.question}" if advice else ""


def _finding(night: JudgedNight, cause: Cause) -> Finding | None:
    return next((found for found in night.assessment.findings if found.cause is cause), None)
