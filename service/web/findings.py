"""Findings as pages show them: numbers beside the own normal, how sure, what was not seen."""

from collections.abc import Mapping
from typing import Any

from service.domain.athlete import Units
from service.domain.finding import Assessment, Evidence, Finding, Level
from service.web import words
from service.web.deps import WebDeps

PIPS: Mapping[Level | None, int] = {None: 0, Level.POSSIBLE: 1, Level.LIKELY: 2, Level.STRONG: 3}


def shown(finding: Finding, units: Units, deps: WebDeps) -> dict[str, Any]:
    """What ``parts/finding.html`` needs; ``measured`` is for whoever asks how often it was right."""
    return {
        "id": f"{finding.cause.value}-{finding.rule}",
        "title": words.CAUSES[finding.cause],
        "level": finding.level,
        "pips": PIPS[finding.level],
        "how_sure": words.how_sure(finding),
        "measured": "",
        "evidence": [_evidence(evidence, units, deps) for evidence in finding.evidence],
        "unseen": " ".join(deps.phrases.unseen(name) for name in finding.unseen),
        "ruled_out": " ".join(deps.phrases.ruled_out(name) for name in finding.ruled_out),
    }


def one_line(evidence: Evidence, units: Units, deps: WebDeps) -> str:
    """``Longest run: 24.2 km, usually 17.3 km (Tue 10 Mar)``."""
    each = _evidence(evidence, units, deps)
    usual = f", usually {each['baseline']}" if each["baseline"] else ""
    return f"{each['what']}: {each['value']}{usual} ({each['days']})"


def unseen(assessment: Assessment, deps: WebDeps) -> list[str]:
    """What was not observed at all; what a finding says of itself stands there."""
    said = {name for finding in assessment.findings for name in finding.unseen}
    return [deps.phrases.unseen(name) for name in assessment.unseen if name not in said]


def _evidence(evidence: Evidence, units: Units, deps: WebDeps) -> dict[str, str]:
    baseline, unit, what = evidence.baseline, evidence.unit, evidence.what
    return {
        "what": deps.phrases.evidence(what),
        "days": words.span(evidence.first_day, evidence.last_day),
        "value": deps.said(evidence.value, unit, units, what),
        "baseline": "" if baseline is None else deps.said(baseline, unit, units, what),
        "change": words.change(evidence.value, unit, baseline),
        "strava_url": _strava_url(evidence.activity_id),
    }


def _strava_url(activity_id: str | None) -> str:
    """Only Strava's own numbers become a link; an activity from an archive has none there."""
    is_number = activity_id is not None and activity_id.isascii() and activity_id.isdigit()
    return f"https://www.strava.com/activities/{activity_id}" if is_number else ""
