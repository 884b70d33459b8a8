"""Every night of a history judged again, with the same judgement and the same restraint as the service.

No database, no network. Heavy imports are kept out: a person of two years is judged in about a second.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from service.advise import catalogue
from service.advise.restraint import Limits, Sendable, decide
from service.analyse.assess import assess_nights, load_constants
from service.domain.finding import Assessment
from service.domain.history import History
from service.domain.night import Decision, SentMail
from service.domain.record import to_json

CONFIG = Path(__file__).resolve().parents[2] / "config"
NIGHTS_BEFORE = 6
"""Earlier verdicts that restraint may look at, as in the nightly job."""
LATELY = 14
"""Earlier mails that restraint may look at; it asks about one week."""
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Replayed:
    """One night with its verdict and what restraint made of it."""

    assessment: Assessment
    decision: Decision


def replay(history: History, to: date | None = None) -> Iterator[Replayed]:
    """Every night from that after the first session to that after the last session or answer, or ``to``."""
    constants = load_constants(CONFIG / "heuristics.toml")
    limits = catalogue.load(CONFIG / "advice.toml").restraint
    assessments = assess_nights(history, nights_of(history, to), constants)
    return decided(assessments, limits)


def nights_of(history: History, to: date | None = None) -> list[date]:
    """The nights a history can be asked about."""
    days = [activity.training_day for activity in history.activities]
    last = max([*days, *(answer.date for answer in history.checkins)]) + DAY
    first = min(days) + DAY
    return [first + n * DAY for n in range(((to or last) - first).days + 1)]


def decided(assessments: Sequence[Assessment], limits: Limits) -> Iterator[Replayed]:
    """The verdicts with restraint's decisions, each knowing the mails before it."""
    sent: list[SentMail] = []
    for index, assessment in enumerate(assessments):
        recent = assessments[max(0, index - NIGHTS_BEFORE) : index]
        decision = decide(assessment, recent, sent[-LATELY:], sendable=Sendable.replay(), limits=limits)
        leading = assessment.leading
        if decision.kind is not None and leading is not None:
            sent.append(
                SentMail(
                    night=assessment.night,
                    kind=decision.kind,
                    cause=leading.cause,
                    rule=leading.rule,
                    level=leading.level,
                    tier=leading.tier,
                    safety=leading.safety,
                )
            )
        yield Replayed(assessment, decision)


def line(night: Replayed) -> dict[str, Any]:
    """The night as the JSON object that replay prints."""
    decision = night.decision
    return {
        **to_json(night.assessment),
        "mail": decision.mail,
        "kind": decision.kind.value if decision.kind else None,
        "silent_because": decision.silent_because.value if decision.silent_because else None,
    }
