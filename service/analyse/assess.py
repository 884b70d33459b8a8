"""The verdict of a night: rules over columns of (athlete, night), findings where something was seen.

A replay of one athlete and a nightly batch of many are the same code: only the columns differ. Each
column holds days before its night and nothing else, so no verdict can know what came later.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from service.analyse.constants import Constants, load_constants
from service.analyse.context import contexts_of, hot_spell
from service.analyse.diary import WINDOW_DAYS, Columns, Diary, diary_of
from service.analyse.evidence import Witness
from service.analyse.findings import Rules, findings_at
from service.analyse.forecast import forecast
from service.analyse.overreaching import overreaching
from service.analyse.reasons import reasons_of
from service.analyse.recovery import enough_data, muscle_fatigue
from service.analyse.score import State as Seen
from service.analyse.score import score_of, state_of
from service.analyse.strength import no_strength_recorded, weeks_with_strength
from service.domain.finding import Assessment, Finding, Learning, State
from service.domain.history import History, Profile

__all__ = ["HORIZON", "Slot", "assess", "assess_nights", "load_constants"]

HORIZON = timedelta(days=2 * WINDOW_DAYS)
"""What a night is judged from: a year, each day with a year behind it. What is older moves a load by what an
athlete's own scale then owes to it, and no more."""
CHUNK = 512  # columns at a time: bounds the memory of a batch of any size

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Slot:
    """One column: an athlete's night. ``synced_at`` is when the sessions were last read from their source
    (``None`` = not a live source)."""

    diary: Diary
    night: date
    profile: Profile
    synced_at: datetime | None


def assess_nights(history: History, nights: Sequence[date], constants: Constants) -> list[Assessment]:
    """The verdicts of one athlete's nights, in the order asked, each from data before it alone."""
    if not nights:
        return []
    wanted = sorted(set(nights))
    diary = diary_of(history.before(wanted[-1]), constants, wanted[0])
    slots = [Slot(diary, night, history.profile, history.synced_at) for night in wanted]
    found = dict(zip(wanted, assess(slots, constants), strict=True))
    return [found[night] for night in nights]


def assess(slots: Sequence[Slot], constants: Constants) -> Iterator[Assessment]:
    """The verdict of each slot, in their order, whether they are one athlete's nights or many athletes'."""
    for start in range(0, len(slots), CHUNK):
        chunk = slots[start : start + CHUNK]
        each_diary = groupby(chunk, key=lambda slot: id(slot.diary))
        windows = [_windows(list(group)) for _, group in each_diary]
        yield from _judge(Columns.side_by_side(windows), chunk, constants)


def _windows(slots: Sequence[Slot]) -> Floats:
    return slots[0].diary.windows([slot.night for slot in slots])


def _judge(columns: Columns, slots: Sequence[Slot], c: Constants) -> list[Assessment]:
    state = state_of(columns, c)
    enough = enough_data(columns, state, c)
    hot = hot_spell(columns, c)
    fatigue = muscle_fatigue(columns, state, hot, c)
    rules = Rules(
        enough,
        fatigue,
        overreaching(columns, state, enough, hot, c),
        no_strength_recorded(columns, [slot.profile for slot in slots], c),
        reasons_of(columns, fatigue, c),
    )
    ahead = forecast(state.fitness[-1], state.fatigue[-1], c)
    scores = score_of(state, c)
    contexts = contexts_of(columns, state, _sync_age(slots), c)
    ceiling = _longest_safe(columns, c)
    unseen = _unseen(columns, state, c)
    sessions = np.nansum(columns["sessions"], axis=0)
    strength = weeks_with_strength(columns)
    verdicts = []
    for column, slot in enumerate(slots):
        witness = Witness(slot.diary, slot.night, columns, state, column, c)
        findings = findings_at(rules, witness) if enough[column] else ()
        known = bool(state.days_known[column])
        verdicts.append(
            Assessment(
                night=slot.night,
                state=_state(findings, c) if enough[column] else State.LEARNING,
                score=_number(scores[column]),
                level=findings[0].level if findings else None,
                findings=findings,
                learning=None if enough[column] else _learning(sessions[column], state.days_known[column], c),
                fitness=float(state.fitness[-1, column]) if known else None,
                fatigue=float(state.fatigue[-1, column]) if known else None,
                longest_safe_m=_number(ceiling[column]),
                contexts=frozenset(context for context, holds in contexts.items() if holds[column]),
                unseen=tuple(name for name, missing in unseen.items() if missing[column]),
                rule_version=c.rule_version,
                balanced_load=_number(ahead.load[column]) if known else None,
                balanced_after_rest=_morning(slot.night, ahead.rest_days[column]) if known else None,
                balanced_after_easy=_morning(slot.night, ahead.easy_days[column]) if known else None,
                strength_weeks=int(strength[column]),
            )
        )
    return verdicts


def _state(findings: Sequence[Finding], c: Constants) -> State:
    """Warn where the leading finding may be written about, watch where something is seen."""
    if not findings:
        return State.CLEAR
    leading = findings[0]
    agreeing = sum(strength >= c.fusion.agreeing for strength in leading.channels.values())
    if leading.level is not None and (leading.safety or agreeing > 1):
        return State.WARN
    return State.WATCH if leading.score >= c.fusion.report else State.CLEAR


def _learning(sessions: float, days: int, c: Constants) -> Learning:
    f = c.fatigue
    return Learning(
        seen=min(int(sessions), f.runs_needed),
        needed=f.runs_needed,
        days_seen=min(int(days), f.days_needed),
        days_needed=f.days_needed,
    )


def _longest_safe(columns: Columns, c: Constants) -> Floats:
    """The ceiling of the next run: 1.10 × the longest of the last 30 days; NaN after too few runs."""
    days = c.spike.window_days
    longest = np.nan_to_num(columns["longest_m"][-days:]).max(axis=0)
    runs = np.nansum(columns["runs"][-days:], axis=0)
    return np.where(runs >= c.spike.runs_needed, longest * c.spike.small_tenths / 10, np.nan)


def _unseen(columns: Columns, state: Seen, c: Constants) -> dict[str, NDArray[np.bool_]]:
    """What could not be seen in the last weeks, by name."""
    days = c.answers.told_days
    runs = np.nansum(columns["runs"][-days:], axis=0) > 0
    answers = np.vstack([columns[name][-days:] for name in ("legs", "soreness", "fatigue")])
    return {
        "check_in": np.isnan(answers).all(axis=0),
        "heart_rate": np.nansum(columns["hr_seen"][-days:], axis=0) == 0,
        "heart_rate_baseline": np.isnan(columns["hr_shift"][-days:]).all(axis=0),
        "distance": np.nansum(columns["run_m"][-days:], axis=0) == 0,
        "precise_load": (state.load_quality > 0) & (state.load_quality < c.quality.pace),
        "temperature": runs & np.isnan(columns["heat"][-days:]).all(axis=0),
        "cadence": runs & np.isnan(columns["form"][-days:]).all(axis=0),
        "kilometres": runs & np.isnan(columns["straight"][-days:]).all(axis=0),
    }


def _sync_age(slots: Sequence[Slot]) -> Floats:
    ages = [
        np.nan if slot.synced_at is None else float((slot.night - slot.synced_at.date()).days)
        for slot in slots
    ]
    return np.array(ages)


def _morning(night: date, days: float) -> date | None:
    """The morning after so many days; ``None`` if there is nothing to wait for or no end in sight."""
    return night + timedelta(days=int(days)) if days > 0 else None


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
