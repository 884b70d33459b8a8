"""A verdict as JSON: the line ``replay`` prints and the column the store keeps are the same shape."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from service.domain.finding import (
    Assessment,
    Cause,
    Channel,
    Context,
    Evidence,
    Finding,
    Learning,
    Level,
    State,
)

JsonObject = dict[str, Any]


def to_json(assessment: Assessment) -> JsonObject:
    """The verdict as plain JSON values, keys as the issue of the replay format names them."""
    return {
        "night": assessment.night.isoformat(),
        "state": assessment.state.value,
        "score": _rounded(assessment.score),
        "level": assessment.level.value if assessment.level else None,
        "findings": [_finding_to_json(finding) for finding in assessment.findings],
        "learning": _learning_to_json(assessment.learning),
        "fitness": _rounded(assessment.fitness),
        "fatigue": _rounded(assessment.fatigue),
        "longest_safe_m": _rounded(assessment.longest_safe_m),
        "contexts": sorted(context.value for context in assessment.contexts),
        "unseen": list(assessment.unseen),
        "rule_version": assessment.rule_version,
        "balanced_load": _rounded(assessment.balanced_load),
        "balanced_after_rest": _day(assessment.balanced_after_rest),
        "balanced_after_easy": _day(assessment.balanced_after_easy),
        "strength_weeks": assessment.strength_weeks,
    }


def from_json(record: Mapping[str, Any]) -> Assessment:
    """The inverse of ``to_json`` (numbers to four decimals). Records of before a field was known lack it."""
    return Assessment(
        night=date.fromisoformat(record["night"]),
        state=State(record["state"]),
        score=record["score"],
        level=Level(record["level"]) if record["level"] else None,
        findings=tuple(_finding_from_json(finding) for finding in record["findings"]),
        learning=Learning(**record["learning"]) if record["learning"] else None,
        fitness=record["fitness"],
        fatigue=record["fatigue"],
        longest_safe_m=record["longest_safe_m"],
        contexts=frozenset(Context(context) for context in record["contexts"]),
        unseen=tuple(record["unseen"]),
        rule_version=record["rule_version"],
        balanced_load=record.get("balanced_load"),
        balanced_after_rest=_date(record.get("balanced_after_rest")),
        balanced_after_easy=_date(record.get("balanced_after_easy")),
        strength_weeks=record.get("strength_weeks", 0),
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), 4)


def _day(value: date | None) -> str | None:
    return value.isoformat() if value else None


def _date(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None


def _learning_to_json(learning: Learning | None) -> JsonObject | None:
    if learning is None:
        return None
    return {
        "seen": learning.seen,
        "needed": learning.needed,
        "days_seen": learning.days_seen,
        "days_needed": learning.days_needed,
    }


def _finding_to_json(finding: Finding) -> JsonObject:
    return {
        "cause": finding.cause.value,
        "rule": finding.rule,
        "tier": finding.tier,
        "level": finding.level.value if finding.level else None,
        "score": _rounded(finding.score),
        "channels": {channel.value: _rounded(strength) for channel, strength in finding.channels.items()},
        "evidence": [_evidence_to_json(evidence) for evidence in finding.evidence],
        "unseen": list(finding.unseen),
        "ruled_out": list(finding.ruled_out),
        "safety": finding.safety,
        "until": _day(finding.until),
    }


def _finding_from_json(record: Mapping[str, Any]) -> Finding:
    return Finding(
        cause=Cause(record["cause"]),
        rule=record["rule"],
        tier=record["tier"],
        level=Level(record["level"]) if record["level"] else None,
        score=record["score"],
        channels={Channel(channel): strength for channel, strength in record["channels"].items()},
        evidence=tuple(_evidence_from_json(evidence) for evidence in record["evidence"]),
        unseen=tuple(record["unseen"]),
        ruled_out=tuple(record["ruled_out"]),
        safety=record["safety"],
        until=_date(record["until"]),
    )


def _evidence_to_json(evidence: Evidence) -> JsonObject:
    return {
        "what": evidence.what,
        "value": _rounded(evidence.value),
        "unit": evidence.unit,
        "baseline": _rounded(evidence.baseline),
        "from": evidence.first_day.isoformat(),
        "to": evidence.last_day.isoformat(),
        "activity_id": evidence.activity_id,
    }


def _evidence_from_json(record: Mapping[str, Any]) -> Evidence:
    return Evidence(
        what=record["what"],
        value=record["value"],
        unit=record["unit"],
        baseline=record["baseline"],
        first_day=date.fromisoformat(record["from"]),
        last_day=date.fromisoformat(record["to"]),
        activity_id=record["activity_id"],
    )
