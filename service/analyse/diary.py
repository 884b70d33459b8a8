"""An athlete's days as arrays, and the windows of days that a night may see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from operator import attrgetter

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from service.analyse.constants import Constants
from service.analyse.heart import HeartShift, exertion_shift, heart_rate_shift
from service.analyse.load import Loads, session_loads
from service.analyse.sessions import Family, Sessions, sessions_of
from service.analyse.signals import Signals, signals_of
from service.analyse.trend import before
from service.domain.activity import Activity
from service.domain.history import CheckIn, History

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

WINDOW_DAYS = 365
"""Days a night looks back on; with the loads' own look-back nothing older than twice that matters."""

TOLD_DAYS = 42
"""A night reads nothing older than this of what single runs tell; no more of it is computed."""

ANSWERS = ("legs", "fatigue", "sleep", "soreness", "mood", "ill", "pain")
ANSWERED = attrgetter(*ANSWERS)
FIELDS = (
    "load", "minutes", "sessions", "runs", "run_m", "longest_m", "hard_min", "strength", "race_m",
    "largest", "spike_base_m", "spike_runs", "largest_base", "largest_count",
    "hr_shift", "hr_noise", "hr_runs", "exertion_shift", "hr_seen", "quality", "utc_offset_s",
    "temperature_c", "heat", "heat_hr", "hot", "form", "descent", "fade", "straight", "stops", "performance",
    *ANSWERS,
)  # fmt: skip
ROW = {name: index for index, name in enumerate(FIELDS)}


@dataclass(frozen=True, slots=True)
class Diary:
    """``days`` has shape (fields, days) from ``first_day`` (ordinal) on; NaN = not observed.

    Load, minutes and counts are 0 on days of rest, and NaN before the first session. The fields of
    ``Signals.of_days`` are 0 where a run was seen and was quiet. ``performance`` is the flat speed of the
    day's hard effort over the median of like hard runs of 16 weeks, less one, NaN on days without one: a
    sign of the body's response (−0.02 and lower is a decline: Aubry 2015), from effort and speed alone.
    """

    history: History
    activities: tuple[Activity, ...]
    sessions: Sessions
    loads: Loads
    hearts: HeartShift
    signals: Signals
    first_day: int
    days: Floats

    def windows(self, nights: Sequence[date]) -> Floats:
        """(fields, WINDOW_DAYS, nights): the days before each night, yesterday last. A view where the
        nights are consecutive, so that a replay costs no memory."""
        first, last = nights[0].toordinal(), nights[-1].toordinal()
        padded = np.full((len(FIELDS), last - first + WINDOW_DAYS), np.nan)
        start = self.first_day - (first - WINDOW_DAYS)  # where the diary begins within the padded days
        source = self.days[:, max(0, -start) : max(0, padded.shape[1] - start)]
        padded[:, max(0, start) : max(0, start) + source.shape[1]] = source
        views = sliding_window_view(padded, WINDOW_DAYS, axis=1)
        if last - first + 1 != len(nights):
            views = views[:, [night.toordinal() - first for night in nights]]
        return views.transpose(0, 2, 1)


@dataclass(frozen=True, slots=True)
class Columns:
    """Windows of many (athlete, night) pairs side by side: each field has shape (days, columns)."""

    values: Floats

    @classmethod
    def side_by_side(cls, windows: Sequence[Floats]) -> "Columns":
        """The windows as one block in memory, two columns at least (a lone one stands twice): sums then
        run day by day in every column, and a verdict is the same to the last bit in any company."""
        block = np.concatenate(windows, axis=2)
        return cls(np.repeat(block, 2, axis=2) if block.shape[2] == 1 else np.ascontiguousarray(block))

    def __getitem__(self, name: str) -> Floats:
        found: Floats = self.values[ROW[name]]
        return found

    def __len__(self) -> int:
        return int(self.values.shape[2])


def diary_of(history: History, until: date, c: Constants, first_night: date | None = None) -> Diary:
    """The days of a history up to, not including, ``until``, for nights from ``first_night`` on (``until``
    if not given)."""
    activities = tuple(a for a in history.activities if a.training_day < until)
    sessions = sessions_of(activities, c.gates)
    answers = [each for each in history.checkins if each.date < until]
    loads = session_loads(sessions, history.profile, c)
    since = (first_night or until).toordinal() - TOLD_DAYS
    hearts = heart_rate_shift(sessions, loads, since, c)
    signals = signals_of(sessions, loads, activities, history.profile, since, c)
    starts = [int(sessions.day.min())] if len(sessions) else []
    starts += [min(each.date for each in answers).toordinal()] if answers else []
    first = min([*starts, until.toordinal()])
    days = np.full((len(FIELDS), until.toordinal() - first), np.nan)
    if len(sessions):
        _write_sessions(days, first, sessions, loads, c)
        _write_means(days, sessions.day - first, hearts, exertion_shift(sessions, loads, since, c))
        _write_signals(days, sessions.day - first, signals)
    _write_answers(days, first, answers)
    return Diary(history, activities, sessions, loads, hearts, signals, first, days)


def _write_sessions(days: Floats, first: int, sessions: Sessions, loads: Loads, c: Constants) -> None:
    at = sessions.day - first
    begun = int(at.min())
    run = sessions.is_run
    distance = np.where(run, sessions.distance_m, 0.0)

    def total(name: str, values: Floats) -> None:
        days[ROW[name], begun:] = np.bincount(at, weights=values, minlength=days.shape[1])[begun:]

    total("load", loads.load)
    total("minutes", sessions.minutes)
    total("sessions", np.ones(len(sessions)))
    total("runs", (run & (distance > 0)).astype(np.float64))
    total("run_m", distance)
    total("strength", (sessions.family == Family.STRENGTH).astype(np.float64))
    total("race_m", np.where(sessions.race, distance, 0.0))
    total("hr_seen", (~np.isnan(sessions.average_hr)).astype(np.float64))
    total("quality", loads.quality * loads.load)
    longest = ("longest_m", "spike_base_m", "spike_runs")
    largest = ("largest", "largest_base", "largest_count")
    _write_longest(days, at, longest, distance, run & (distance > 0), sessions, c)
    _write_longest(days, at, largest, loads.load, loads.load > 0, sessions, c)
    days[ROW["utc_offset_s"], at] = sessions.utc_offset_s
    outdoors = np.where(run & ~sessions.indoor, sessions.temperature_c, np.nan)
    np.fmax.at(days[ROW["temperature_c"]], at, outdoors)


def _write_longest(
    days: Floats, at: Ints, names: tuple[str, str, str],
    values: Floats, eligible: NDArray[np.bool_], sessions: Sessions, c: Constants,
) -> None:  # fmt: skip
    """The longest session of each day, the longest of the 30 × 24 h before it, and how many those were."""
    name, base_name, count_name = names
    base, count = before(sessions.start_s, values, c.spike.window_days, eligible)
    rows = np.flatnonzero(eligible)
    rows = rows[np.argsort(values[rows], kind="stable")]  # the longest of a day is written last
    days[ROW[name], int(at.min()) :] = 0.0
    days[ROW[name], at[rows]] = values[rows]
    days[ROW[base_name], at[rows]] = base[rows]
    days[ROW[count_name], at[rows]] = count[rows]


def _write_means(days: Floats, at: Ints, hearts: HeartShift, exertion: Floats) -> None:
    """Mean of the day's runs where any could be told."""
    pairs: Mapping[str, Floats] = {
        "hr_shift": hearts.shift,
        "hr_noise": hearts.noise,
        "hr_runs": hearts.runs,
        "exertion_shift": exertion,
    }
    for name, values in pairs.items():
        known = np.flatnonzero(~np.isnan(values))
        count = np.bincount(at[known], minlength=days.shape[1])
        summed = np.bincount(at[known], weights=values[known], minlength=days.shape[1])
        days[ROW[name]] = np.where(count > 0, summed / np.maximum(count, 1), np.nan)


def _write_signals(days: Floats, at: Ints, signals: Signals) -> None:
    """The strongest signal of each day; of hard efforts the best; minutes of hard kilometres."""
    for name, values in (*signals.of_days().items(), ("performance", signals.speeds.performance)):
        np.fmax.at(days[ROW[name]], at, values)
    hard = np.bincount(at, weights=signals.speeds.hard_min, minlength=days.shape[1])
    days[ROW["hard_min"], int(at.min()) :] = hard[int(at.min()) :]


def _write_answers(days: Floats, first: int, answers: Sequence[CheckIn]) -> None:
    at = np.array([each.date.toordinal() for each in answers], dtype=np.int64) - first
    told = np.array([ANSWERED(each) for each in answers], dtype=np.float64).reshape(-1, len(ANSWERS))
    for name, values in zip(ANSWERS, told.T, strict=True):
        known = ~np.isnan(values)  # None is what was not answered
        days[ROW[name], at[known]] = values[known]
