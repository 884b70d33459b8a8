"""The verdict of a night: rules over columns of (athlete, night), findings where something was seen.

A replay of one athlete and a nightly batch of many are the same code: only the columns differ. Each
column holds days before its night and nothing else, so no verdict can know what came later.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

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
from service.analyse.score import score_of, state_of
from service.analyse.strength import no_strength_recorded
from service.domain.finding import Assessment, Finding, Learning, State
from service.domain.history import History

__all__ = ["HORIZON", "assess_batch", "assess_diary", "assess_nights", "load_constants"]

HORIZON = timedelta(days=2 * WINDOW_DAYS)
"""Nothing older than this before a night can change its verdict: a year, each day with a year behind it."""
CHUNK = 512  # columns at a time: bounds the memory of a batch of any size

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Slot:
    """One column's athlete and night."""

    diary: Diary
    night: date


def assess_nights(history: History, nights: Sequence[date], constants: Constants) -> list[Assessment]:
    """The verdicts of one athlete's nights, in the order asked, each from data before it alone."""
    if not nights:
        return []
    return assess_diary(diary_of(history, max(nights), constants, min(nights)), nights, constants)


def assess_diary(diary: Diary, nights: Sequence[date], constants: Constants) -> list[Assessment]:
    """The same from a ``diary`` made for nights from the first of ``nights`` to the last."""
    wanted = sorted(set(nights))
    found: dict[date, Assessment] = {}
    for start in range(0, len(wanted), CHUNK):
        chunk = wanted[start : start + CHUNK]
        columns = Columns.side_by_side([diary.windows(chunk)])
        judged = _judge(columns, [Slot(diary, night) for night in chunk], constants)
        found.update(zip(chunk, judged, strict=True))
    return [found[night] for night in nights]


def assess_batch(
    histories: Sequence[History], nights: Sequence[date], constants: Constants
) -> Iterator[Assessment]:
    """The verdict of one night for each of many athletes, in their order."""
    for start in range(0, len(histories), CHUNK):
        pairs = zip(histories[start : start + CHUNK], nights[start : start + CHUNK], strict=True)
        slots = [Slot(diary_of(history, night, constants), night) for history, night in pairs]
        columns = Columns.side_by_side([slot.diary.windows([slot.night]) for slot in slots])
        yield from _judge(columns, slots, constants)


def _judge(columns: Columns, slots: Sequence[Slot], c: Constants) -> list[Assessment]:
    state = state_of(columns, c)
    enough = enough_data(columns, state, c)
    hot = hot_spell(columns, c)
    fatigue = muscle_fatigue(columns, state, hot, c)
    rules = Rules(
        enough,
        fatigue,
        overreaching(columns, state, enough, hot, c),
        no_strength_recorded(columns, [slot.diary.history.profile for slot in slots], c),
        reasons_of(columns, fatigue, c),
    )
    ahead = forecast(state.fitness[-1], state.fatigue[-1], c)
    scores = score_of(state, c)
    contexts = contexts_of(columns, state, _sync_age(slots), c)
    ceiling = _longest_safe(columns, c)
    unseen = _unseen(columns, c)
    sessions = np.nansum(columns["sessions"], axis=0)
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


def _unseen(columns: Columns, c: Constants) -> dict[str, NDArray[np.bool_]]:
    """What could not be seen in the last weeks, by name."""
    days = c.answers.told_days
    runs = np.nansum(columns["runs"][-days:], axis=0) > 0
    answers = np.vstack([columns[name][-days:] for name in ("legs", "soreness", "fatigue")])
    load = np.nansum(columns["load"][-days:], axis=0)
    quality = np.nansum(columns["quality"][-days:], axis=0) / np.maximum(load, 1e-9)
    return {
        "check_in": np.isnan(answers).all(axis=0),
        "heart_rate": np.nansum(columns["hr_seen"][-days:], axis=0) == 0,
        "heart_rate_baseline": np.isnan(columns["hr_shift"][-days:]).all(axis=0),
        "distance": np.nansum(columns["run_m"][-days:], axis=0) == 0,
        "precise_load": (load > 0) & (quality < c.quality.pace),
        "temperature": runs & np.isnan(columns["heat"][-days:]).all(axis=0),
        "cadence": runs & np.isnan(columns["form"][-days:]).all(axis=0),
        "kilometres": runs & np.isnan(columns["straight"][-days:]).all(axis=0),
    }


def _sync_age(slots: Sequence[Slot]) -> Floats:
    ages = [
        np.nan if slot.diary.history.synced_at is None
        else float((slot.night - slot.diary.history.synced_at.date()).days)
        for slot in slots
    ]  # fmt: skip
    return np.array(ages)


def _morning(night: date, days: float) -> date | None:
    """The morning after so many days; ``None`` if there is nothing to wait for or no end in sight."""
    return night + timedelta(days=int(days)) if days > 0 else None


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
