"""Findings of single runs: heat, steps, fading long runs, descent, first minutes."""

from dataclasses import replace
from datetime import timedelta

import numpy as np

from service.analyse.evidence import Witness
from service.analyse.heat import HeatTier
from service.analyse.reasons import Reasons
from service.analyse.run_evidence import RunWitness
from service.domain.finding import Cause, Channel, Evidence, Finding

LOUDER = frozenset({"race", "session_spike"})
"""Rules of muscle fatigue that say more of the same session than its descent."""


def run_findings(reasons: Reasons, witness: Witness) -> list[Finding]:
    """What the last runs of one column give reason to say, tips last."""
    column, c = witness.column, witness.c
    found = []
    if reasons.heat_holds[column]:
        found.append(_heat(reasons, witness))
    if reasons.form_holds[column]:
        found.append(_form(reasons, witness))
    if reasons.fuelling_holds[column]:
        found.append(_fuelling(reasons, witness))
    return [finding for finding in found if finding.score >= c.fusion.report]


def tips(reasons: Reasons, witness: Witness) -> list[Finding]:
    """What is never a reason to write, and rides along."""
    column, runs, c = witness.column, RunWitness(witness), witness.c
    signals, days = runs.signals, c.warm_up.speaks_for_days
    found = []
    if reasons.hot[column] and not reasons.heat_holds[column]:
        row = runs.newest(signals.heat.hot.astype(np.float64), c.heat.speaks_for_days)
        tier = _tier(runs.tier(row))
        found.append(_tip(Cause.HEAT_AND_FLUID, "hot_run", runs.heat(row), witness, tier, "heart_rate"))
    if reasons.stops[column]:
        stopped = runs.stops(runs.newest(signals.warm_up.stops, days))
        found.append(_tip(Cause.WARM_UP, "stop_pattern", stopped, witness, None, "why_stopped"))
    if reasons.straight[column]:
        opening = [runs.opening(runs.newest(signals.warm_up.straight, days))]
        found.append(_tip(Cause.WARM_UP, "straight_into_hard", opening, witness, None, "unrecorded_warm_up"))
    return found


def with_descent(finding: Finding | None, reasons: Reasons, witness: Witness) -> Finding | None:
    """Muscle fatigue after a descent the legs are not used to: named after it, unless a race or a spike
    says more; and what was seen of descents beside any other."""
    column, c = witness.column, witness.c
    if not reasons.descent_holds[column]:
        return _without_descent(finding, witness)
    runs, ago = RunWitness(witness), int(reasons.descent_ago[column])
    steep = runs.descent(runs.on(ago, runs.signals.descents.strength))
    if finding is not None and finding.rule in LOUDER:
        return replace(finding, evidence=(*finding.evidence, steep), unseen=_less(finding.unseen, "descent"))
    fused = reasons.descent
    if float(fused.score[column]) < c.fusion.report:
        return finding
    channels = fused.channels(column)
    own = [each for each in finding.evidence if each.what in _SAID] if finding else []
    return Finding(
        cause=Cause.MUSCLE_FATIGUE,
        rule="descent",
        level=fused.level_of(column),
        score=float(fused.score[column]),
        channels=channels,
        evidence=(steep, witness.week_load(), *own),
        unseen=_missing(reasons, witness, "rolling_hills"),
        ruled_out=_quiet(reasons, witness),
        until=witness.day(ago) + timedelta(days=c.descent.speaks_for_days),
    )


_SAID = frozenset({"soreness", "legs", "fatigue", "hr_at_own_speed"})


def _without_descent(finding: Finding | None, witness: Witness) -> Finding | None:
    """A descent that was looked at and was an ordinary one is ruled out, not unseen."""
    seen = ~np.isnan(witness.last("descent", witness.c.descent.speaks_for_days))
    if finding is None or not seen.any():
        return finding
    return replace(
        finding, unseen=_less(finding.unseen, "descent"), ruled_out=(*finding.ruled_out, "descent")
    )


def _heat(reasons: Reasons, witness: Witness) -> Finding:
    column, runs = witness.column, RunWitness(witness)
    row = runs.on(int(reasons.heat_ago[column]), runs.signals.heat.environment)
    tier, fused = runs.tier(row), reasons.heat
    level, channels = fused.level_of(column), fused.channels(column)
    warm = runs.signals.heat.plain[row] >= HeatTier.HIGH  # by the thermometer alone, used to it or not
    felt = channels.get(Channel.HEART_RATE, 0.0) >= witness.c.fusion.agreeing  # not the thermometer alone
    return Finding(
        cause=Cause.HEAT_AND_FLUID,
        rule="heat_and_fluid_strain",
        tier=_tier(tier),
        level=level,
        score=float(fused.score[column]),
        channels=channels,
        evidence=(*runs.heat(row), *_answered(reasons, witness)),
        unseen=_missing(reasons, witness, "humidity", "drinking"),
        ruled_out=_quiet(reasons, witness),
        safety=level is not None and bool(warm) and felt,
        until=witness.day(1) + timedelta(days=witness.c.heat.speaks_for_days),
    )


def _form(reasons: Reasons, witness: Witness) -> Finding:
    column, runs, fused = witness.column, RunWitness(witness), reasons.form
    row = runs.newest(runs.signals.form.strength, witness.c.form.speaks_for_days)
    shoes = ("new_shoes",) if runs.signals.form.new_shoes[row] else ()
    return Finding(
        cause=Cause.RUNNING_FORM,
        rule="late_fade" if runs.signals.form.faded[row] else "fewer_steps",
        level=fused.level_of(column),
        score=float(fused.score[column]),
        channels=fused.channels(column),
        evidence=(*runs.steps(row), *_answered(reasons, witness)),
        unseen=_missing(reasons, witness, *shoes, "surface"),
        ruled_out=_quiet(reasons, witness),
    )


def _fuelling(reasons: Reasons, witness: Witness) -> Finding:
    column, runs, fused = witness.column, RunWitness(witness), reasons.fuelling
    row = runs.newest(runs.signals.fuelling.strength, witness.c.fuelling.speaks_for_days)
    return Finding(
        cause=Cause.FUELLING,
        rule="fading_long_runs",
        level=fused.level_of(column),
        score=float(fused.score[column]),
        channels=fused.channels(column),
        evidence=(*runs.fading(row), *_answered(reasons, witness)),
        unseen=_missing(reasons, witness, "eating"),
        ruled_out=_quiet(reasons, witness),
    )


def _tip(
    cause: Cause, rule: str, evidence: list[Evidence], witness: Witness, tier: str | None, unseen: str
) -> Finding:
    """A finding without a level: nothing follows from it but a word of advice."""
    score = witness.c.warm_up.score
    return Finding(cause, rule, None, score, {}, tuple(evidence), unseen=(unseen,), tier=tier)


def _tier(tier: HeatTier) -> str | None:
    return None if tier is HeatTier.NONE else tier.name.lower()


def _answered(reasons: Reasons, witness: Witness) -> list[Evidence]:
    return [] if np.isnan(reasons.answers[witness.column]) else witness.answers()


def _missing(reasons: Reasons, witness: Witness, *own: str) -> tuple[str, ...]:
    return (*(("self_report",) if np.isnan(reasons.answers[witness.column]) else ()), *own)


def _quiet(reasons: Reasons, witness: Witness) -> tuple[str, ...]:
    return ("self_report",) if reasons.answers[witness.column] == 0.0 else ()


def _less(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    return tuple(each for each in names if each != name)
