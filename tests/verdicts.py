"""Made-up verdicts for tests: a plain one to vary, and one for every cause and rule."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from service.domain.finding import Assessment, Cause, Channel, Context, Evidence, Finding, Level, State
from service.domain.night import MailKind, SentMail

NIGHT = date(2026, 3, 2)
"""A Monday."""


def finding(**changes: Any) -> Finding:
    """Two channels agree on tired muscles, "likely", after a long run on Sunday."""
    plain = Finding(
        cause=Cause.MUSCLE_FATIGUE,
        rule="last_sessions",
        level=Level.LIKELY,
        score=0.6,
        channels={Channel.LOAD: 0.8, Channel.SELF_REPORT: 0.6},
        evidence=(
            Evidence(
                "longest_run",
                24_150.0,
                "m",
                16_200.0,
                NIGHT - timedelta(days=1),
                NIGHT - timedelta(days=1),
                "12345678901",
            ),
        ),
        until=NIGHT + timedelta(days=2),
    )
    return replace(plain, **changes)


def assessment(*findings: Finding, night: date = NIGHT, **changes: Any) -> Assessment:
    """A night that warns of the given findings (of the plain one if none are given)."""
    found = findings or (finding(),)
    plain = Assessment(
        night=night,
        state=State.WARN,
        score=found[0].score,
        level=found[0].level,
        findings=found,
        fitness=52.0,
        fatigue=71.0,
        longest_safe_m=17_800.0,
        contexts=frozenset[Context](),
        rule_version="test",
    )
    return replace(plain, **changes)


def warned(days_ago: int, **changes: Any) -> SentMail:
    """A warning about the plain finding that was sent some days before ``NIGHT``."""
    plain = SentMail(
        night=NIGHT - timedelta(days=days_ago),
        kind=MailKind.WARNING,
        cause=Cause.MUSCLE_FATIGUE,
        rule="last_sessions",
        level=Level.LIKELY,
    )
    return replace(plain, **changes)
