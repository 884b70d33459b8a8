"""From what the rules saw in a column to the findings of its night, strongest first."""

from dataclasses import dataclass
from datetime import timedelta
from math import ceil

import numpy as np
from numpy.typing import NDArray

from service.analyse.evidence import Witness
from service.analyse.fusion import LEVELS
from service.analyse.overreaching import Overreaching, Stage
from service.analyse.reasons import Reasons
from service.analyse.recovery import MuscleFatigue, Reason, Tier
from service.analyse.run_findings import run_findings, tips, with_descent
from service.domain.finding import Cause, Channel, Evidence, Finding

STAGE_RULES = {
    Stage.STRAIN: "strain",
    Stage.POSSIBLE: "possible_overreaching",
    Stage.PERSISTENT: "persistent_overreaching",
}


@dataclass(frozen=True, slots=True)
class Rules:
    """What every rule said of all columns."""

    enough: NDArray[np.bool_]
    fatigue: MuscleFatigue
    overreaching: Overreaching
    no_strength: NDArray[np.bool_]
    runs: Reasons


def findings_at(rules: Rules, witness: Witness) -> tuple[Finding, ...]:
    """The findings of one column: surest first, then strongest; tips after them and strength always last."""
    fatigue = with_descent(_muscle_fatigue(rules, witness), rules.runs, witness)
    found = [fatigue, _overreaching(rules, witness), *run_findings(rules.runs, witness)]
    kept = [finding for finding in found if finding is not None]
    last = (*tips(rules.runs, witness), *_strength(rules, witness))
    return (*sorted(kept, key=_rank, reverse=True), *last)


def _rank(finding: Finding) -> tuple[bool, int, float]:
    return finding.safety, -1 if finding.level is None else LEVELS.index(finding.level), finding.score


def _muscle_fatigue(rules: Rules, witness: Witness) -> Finding | None:
    verdict, column, c = rules.fatigue, witness.column, witness.c
    score = float(verdict.fused.score[column])
    if score < c.fusion.report:
        return None
    reason, tier = Reason(int(verdict.reason[column])), Tier(int(verdict.tier[column]))
    ago = int(verdict.days_ago[column])
    channels = verdict.fused.channels(column)
    return Finding(
        cause=Cause.MUSCLE_FATIGUE,
        rule=reason.name.lower(),
        tier=tier.name.lower() if tier is not Tier.NONE else None,
        level=verdict.fused.level_of(column),
        score=score,
        channels=channels,
        evidence=tuple(_fatigue_evidence(reason, ago, bool(verdict.weeks[column]), channels, witness)),
        unseen=(*_missing(channels, witness), "descent"),
        ruled_out=_quiet(channels, witness),
        safety=tier is Tier.LARGE,
        until=witness.day(ago) + timedelta(days=_lasts(tier, ago, witness)),
    )


def _low(witness: Witness) -> bool:
    """Whether the freshest answers are low by any measure, though they are no lower than usual."""
    limit = witness.c.answers.low_rating
    return any(each.value <= limit for each in witness.answers() if each.what in ("soreness", "legs"))


def _lasts(tier: Tier, ago: int, witness: Witness) -> int:
    """Days until a session is over: longer after one far beyond the usual, by its length."""
    days = witness.c.fatigue.lasts_days
    if tier is not Tier.LARGE:
        return days
    return max(days, ceil(float(witness.last("longest_m", ago)[0]) / witness.c.fatigue.large_m_per_day))


def _fatigue_evidence(
    reason: Reason, ago: int, hard_weeks: bool, channels: dict[Channel, float], witness: Witness
) -> list[Evidence]:
    """What the finding is named after first: a mail opens with it."""
    by_reason = {
        Reason.SESSION_SPIKE: lambda: witness.longest_run(ago),
        Reason.RACE: lambda: witness.race(ago),
        Reason.HARD_MINUTES: witness.hard_minutes,
        Reason.HARD_DAYS: witness.hard_days,
    }
    first = [by_reason[reason]()] if reason in by_reason else []
    weeks = [witness.two_weeks_load(), *witness.mornings()] if hard_weeks else []
    load = [*weeks, witness.week_load(), witness.balance()]
    own = _own_evidence(channels, witness)
    return [*own, *load] if reason is Reason.LOW_ANSWERS else [*first, *load, *own]


def _overreaching(rules: Rules, witness: Witness) -> Finding | None:
    verdict, column = rules.overreaching, witness.column
    stage = Stage(int(verdict.stage[column]))
    if stage is Stage.NONE:
        return None
    channels = verdict.fused.channels(column)
    told = stage is not Stage.STRAIN
    tried = witness.performance()
    load, own = [witness.balance(), witness.week_load()], _own_evidence(channels, witness)
    evidence = own + load if told else load + own  # strain may be days ago: the signs are what is new
    if verdict.less_high[column] > 0:
        evidence.append(witness.highest_hr(float(verdict.less_high[column])))
    return Finding(
        cause=Cause.OVERREACHING,
        rule=STAGE_RULES[stage],
        tier=None,
        level=verdict.fused.level_of(column) if told else None,
        score=float(verdict.fused.score[column]),
        channels=channels,
        evidence=(*evidence, *witness.exertion(), *tried),
        unseen=(*_missing(channels, witness), *(() if tried else ("performance",)), "sleep_and_illness"),
        ruled_out=_quiet(channels, witness),
    )


def _own_evidence(channels: dict[Channel, float], witness: Witness) -> list[Evidence]:
    said = witness.answers() if Channel.SELF_REPORT in channels else []
    return said + ([witness.heart_rate()] if Channel.HEART_RATE in channels else [])


def _missing(channels: dict[Channel, float], witness: Witness) -> tuple[str, ...]:
    """Channels that might have spoken and could not be seen, or seen and not read for want of a word."""
    wanted = (Channel.SELF_REPORT, Channel.LOAD, Channel.HEART_RATE)
    names = [channel.value for channel in wanted if channel not in channels]
    if "heart_rate" in names and not np.isnan(witness.state.hr_z[witness.column]):
        names[names.index("heart_rate")] = "heart_rate_alone"
    return tuple(names)


def _quiet(channels: dict[Channel, float], witness: Witness) -> tuple[str, ...]:
    """Channels that were seen and showed nothing unusual. A heart rate that moved, and no further than it
    scatters, is said to have done so."""
    names = [channel.value for channel, strength in channels.items() if strength == 0.0]
    if "self_report" in names and _low(witness):
        names[names.index("self_report")] = "self_report_low"
    moved = abs(float(witness.state.hr_shift[witness.column])) >= witness.c.heart_rate.shift_needed
    if moved and "heart_rate" in names:
        names[names.index("heart_rate")] = "heart_rate_scatter"
    return tuple(names)


def _strength(rules: Rules, witness: Witness) -> list[Finding]:
    if not rules.no_strength[witness.column]:
        return []
    return [
        Finding(
            cause=Cause.STRENGTH,
            rule="none_recorded",
            level=None,
            score=witness.c.strength.score,
            channels={},
            evidence=(witness.strength(),),
            unseen=("strength_elsewhere",),
        )
    ]
