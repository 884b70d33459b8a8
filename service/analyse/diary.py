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
from service.domain.activity import Activity, Source
from service.domain.history import CheckIn, History

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

WINDOW_DAYS = 365
"""Days a night looks back on; with the loads' own look-back nothing older than twice that matters."""

TOLD_DAYS = 42
"""A night reads nothing older than this of what single runs tell; no more of it is computed."""

ANSWERS = ("legs", "fatigue", "sleep", "soreness", "mood", "ill", "pain")
ANSWERED = attrgetter(*ANSWERS)
COUNTED = (
    "load", "minutes", "sessions", "runs", "run_m", "longest_m", "hard_min", "strength", "race_m", "largest",
    "hr_seen", "quality",
)  # fmt: skip
"""Fields that are 0 on a day of rest; the others are not observed then."""
RECORDED = (
    *COUNTED,
    "spike_base_m", "spike_runs", "largest_base", "largest_count",
    "hr_shift", "hr_noise", "hr_runs", "exertion_shift", "utc_offset_s", "temperature_c",
    "heat", "heat_hr", "hot", "form", "descent", "fade", "straight", "stops", "performance",
    "beats_missing",
)  # fmt: skip
FIELDS = (*RECORDED, *ANSWERS)
ROW = {name: index for index, name in enumerate(FIELDS)}


@dataclass(frozen=True, slots=True)
class Days:
    """Values of consecutive days, (fields, days) from the day ``first`` (ordinal) on; NaN = not observed."""

    first: int
    values: Floats

    @property
    def end(self) -> int:
        """The day after the last."""
        return self.first + len(self)

    def __len__(self) -> int:
        return int(self.values.shape[1])

    def lately(self, row: int, night: date, days: int) -> dict[date, float]:
        """A field's values of the last days before ``night`` that are known and above 0, by date."""
        until = night.toordinal() - self.first
        begins = max(0, until - days)
        values = self.values[row, begins : max(0, until)].tolist()
        return {
            date.fromordinal(self.first + begins + n): value for n, value in enumerate(values) if value > 0
        }

    def known(self) -> list[date]:
        """The days on which any field was observed."""
        told = np.flatnonzero(~np.isnan(self.values).all(axis=0))
        return [date.fromordinal(self.first + day) for day in told.tolist()]

    def write(self, block: Floats, begins: int) -> None:
        """Into a block of days that begins on the day ``begins``, as far as it reaches."""
        start = self.first - begins
        source = self.values[:, max(0, -start) : max(0, block.shape[1] - start)]
        block[:, max(0, start) : max(0, start) + source.shape[1]] = source


@dataclass(frozen=True, slots=True)
class Diary:
    """An athlete's sessions as columns, what each tells, and both by day.

    ``identities`` are the sessions' ids at Strava, empty for those of an archive. ``days`` has the fields
    ``RECORDED`` from the first session on, ``answers`` the fields ``ANSWERS``. The fields of
    ``Signals.of_days`` are 0 where a run was seen and was quiet. ``performance`` is the flat speed of the
    day's hard effort over the median of like hard runs of 16 weeks, less one, NaN on days without one: a
    sign of the body's response (−0.02 and lower is a decline: Aubry 2015), from effort and speed alone.
    """

    sessions: Sessions
    loads: Loads
    signals: Signals
    identities: tuple[str, ...]
    days: Days
    answers: Days

    def runs_of(self, first: date, until: date) -> int:
        """Runs from the day ``first`` on to the day before ``until``, with a distance or without."""
        sessions = self.sessions
        lately = (sessions.day >= first.toordinal()) & (sessions.day < until.toordinal())
        return int((sessions.is_run & lately).sum())

    def longest_of(self, day: date) -> str | None:
        """The id of the session of that day which went furthest, or lasted longest; ``None`` without one."""
        rows = np.flatnonzero(self.sessions.day == day.toordinal())
        order = np.lexsort((self.sessions.moving_s[rows], self.sessions.distance_m[rows]))
        return (self.identities[int(rows[order[-1]])] or None) if len(rows) else None

    def windows(self, nights: Sequence[date]) -> Floats:
        """(fields, WINDOW_DAYS, nights): the days before each night, yesterday last; those after the last
        session are days of rest. A view where the nights are consecutive: a replay costs no memory."""
        first, last = nights[0].toordinal(), nights[-1].toordinal()
        begins = first - WINDOW_DAYS
        padded = np.full((len(FIELDS), last - begins), np.nan)
        if len(self.days):
            padded[: len(COUNTED), max(0, self.days.end - begins) :] = 0.0
        self.days.write(padded[: len(RECORDED)], begins)
        self.answers.write(padded[len(RECORDED) :], begins)
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


def diary_of(history: History, c: Constants, first_night: date) -> Diary:
    """Everything recorded and answered, for nights from ``first_night`` on. A night sees only the days
    before it, and what a session tells rests on its own past: what comes later changes no earlier night."""
    told = {each.date.toordinal(): each.exertion for each in history.checkins if each.exertion is not None}
    sessions = sessions_of(history.activities, c.gates, told)
    loads = session_loads(sessions, history.profile, c)
    since = first_night.toordinal() - TOLD_DAYS
    signals = signals_of(sessions, loads, history.activities, history.profile, since, c)
    identities = tuple(_identity(history.activities[part]) for part in sessions.part.tolist())
    days = _days_of(sessions, loads, signals, since, c)
    return Diary(sessions, loads, signals, identities, days, answers_of(history.checkins))


def _identity(activity: Activity) -> str:
    """By which Strava knows it. What an archive alone tells may not be there: no link leads to it."""
    return activity.external_id if activity.source is Source.STRAVA else ""


def _days_of(sessions: Sessions, loads: Loads, signals: Signals, since: int, c: Constants) -> Days:
    if not len(sessions):
        return Days(0, np.empty((len(RECORDED), 0)))
    first = int(sessions.day.min())
    at = sessions.day - first
    days = np.full((len(RECORDED), int(at.max()) + 1), np.nan)
    days[: len(COUNTED)] = 0.0
    _write_sessions(days, at, sessions, loads, c)
    hearts, exertion = heart_rate_shift(sessions, loads, since, c), exertion_shift(sessions, loads, since, c)
    _write_means(days, at, hearts, exertion)
    _write_signals(days, at, signals)
    return Days(first, days)


def _write_sessions(days: Floats, at: Ints, sessions: Sessions, loads: Loads, c: Constants) -> None:
    run = sessions.is_run
    distance = np.where(run, sessions.distance_m, 0.0)

    def total(name: str, values: Floats) -> None:
        days[ROW[name]] = np.bincount(at, weights=values)

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
    """The strongest signal of each day; of hard efforts the best, the highest heart too; hard minutes."""
    for name, values in (*signals.of_days().items(), ("performance", signals.speeds.performance)):
        np.fmax.at(days[ROW[name]], at, values)
    np.fmin.at(days[ROW["beats_missing"]], at, signals.beats_missing)
    days[ROW["hard_min"]] = np.bincount(at, weights=signals.speeds.hard_min)


def answers_of(checkins: Sequence[CheckIn]) -> Days:
    """What was answered, by day; ``None`` is what was not."""
    if not checkins:
        return Days(0, np.empty((len(ANSWERS), 0)))
    at = np.array([each.date.toordinal() for each in checkins], dtype=np.int64)
    told = np.array([ANSWERED(each) for each in checkins], dtype=np.float64).T
    first = int(at.min())
    days = np.full((len(ANSWERS), int(at.max()) - first + 1), np.nan)
    days[:, at - first] = told
    return Days(first, days)
