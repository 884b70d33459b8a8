"""The numbers behind a finding, each beside the athlete's own normal and with its days."""

from datetime import date, timedelta
from statistics import median

import numpy as np
from numpy.typing import NDArray

from service.analyse.constants import Constants
from service.analyse.diary import Columns, Diary
from service.analyse.score import State
from service.domain.finding import Evidence

Floats = NDArray[np.float64]
DAY = timedelta(days=1)
CLEARLY = 1.1  # times a usual day: less would open a mail with next to nothing


class Witness:
    """Reads one column: what the rules saw of one athlete before one night."""

    def __init__(
        self, diary: Diary, night: date, columns: Columns, state: State, column: int, c: Constants
    ) -> None:
        self.diary, self.night, self.columns, self.state = diary, night, columns, state
        self.column, self.c = column, c

    def day(self, ago: int) -> date:
        """The training day ``ago`` days before the night; 1 = yesterday."""
        return self.night - ago * DAY

    def last(self, name: str, days: int) -> Floats:
        """The field's values of the last days, yesterday last."""
        found: Floats = self.columns[name][-days:, self.column]
        return found

    def longest_run(self, ago: int) -> Evidence:
        """The longest run of a day beside the longest of the 30 days before it."""
        value, base = (float(self.last(name, ago)[0]) for name in ("longest_m", "spike_base_m"))
        return self.seen(
            "longest_run", value, "m", _known(base), ago, ago, self._activity(ago, by_distance=True)
        )

    def race(self, ago: int) -> Evidence:
        """A race by its distance; an event that nobody marked as one as the long run it was."""
        distance = float(self.last("race_m", ago)[0])
        if distance == 0.0:
            return self.longest_run(ago)
        return self.seen("race", distance, "m", None, ago, ago, self._activity(ago, by_distance=True))

    def day_load(self) -> Evidence:
        """Yesterday's load beside the median of the training days lately."""
        usual = float(self.state.usual[self.column])
        value = float(self.state.load[-1, self.column])
        return self.seen("day_load", value, "load", _known(usual), 1, 1, self._activity(1, by_distance=False))

    def hard_days(self) -> Evidence:
        """Yesterday where it was clearly a hard day itself; else it or the last three days, beside the middle
        of three: what stands out more."""
        yesterday = self.day_load()
        if _times_usual(yesterday) >= CLEARLY:
            return yesterday
        load = self.state.load[-self.c.score.share_days :, self.column]
        three = np.convolve(load, np.ones(3), mode="valid")
        lately = self.seen("recent_load", float(three[-1]), "load", float(np.median(three)), 3, 1)
        return max(yesterday, lately, key=_times_usual)

    def hard_minutes(self) -> Evidence:
        days = self.c.fatigue.hard_days
        value = float(np.nansum(self.last("hard_min", days)))
        usual = float(np.nanmean(self.last("hard_min", self.c.fatigue.hard_window_days))) * days
        return self.seen("hard_minutes", value, "min", usual, days, 1)

    def week_load(self) -> Evidence:
        """Load of seven days beside an average week of the six before."""
        load = self.state.load[:, self.column]
        return self.seen("week_load", float(load[-7:].sum()), "load", float(7 * load[-49:-7].mean()), 7, 1)

    def two_weeks_load(self) -> Evidence:
        """Load of two weeks beside two average ones of the twelve before."""
        o = self.c.overreaching
        load = self.state.load[:, self.column]
        usual = float(load[-o.base_days - o.recent_days : -o.recent_days].mean()) * o.recent_days
        value = float(load[-o.recent_days :].sum())
        return self.seen("two_weeks_load", value, "load", usual, o.recent_days, 1)

    def mornings(self) -> list[Evidence]:
        """The mean answer of a week of mornings beside the own mean, item by item."""
        days = self.c.answers.week_days
        found = []
        for name in ("soreness", "legs"):
            values = self.columns[name][:, self.column]
            week = values[-days:]
            if not np.isnan(week).all():
                own, mean = float(np.nanmean(week)), float(np.nanmean(values))
                found.append(self.seen(f"{name}_week", own, "rating", mean, days, 1))
        return found

    def balance(self) -> Evidence:
        """Fitness minus fatigue over fitness this morning, beside its median of the last 90 days."""
        fitness, fatigue = (x[-90:, self.column] for x in (self.state.fitness, self.state.fatigue))
        ratio = (fitness - fatigue) / np.maximum(fitness, self.c.score.balance_floor)
        return self.seen("load_balance", float(ratio[-1]), "ratio", median(ratio.tolist()), 1, 1)

    def answers(self) -> list[Evidence]:
        """The freshest answer of each item beside the own mean, the one furthest below it first."""
        found = []
        for name in ("soreness", "legs", "fatigue"):
            values = self.columns[name][:, self.column]
            known = np.flatnonzero(~np.isnan(values))
            if len(known) and len(values) - known[-1] <= self.c.answers.fresh_days:
                ago = int(len(values) - known[-1])
                enough = len(known) >= self.c.answers.own_mean_needed
                mean = float(values[known].mean()) if enough else None
                found.append(self.seen(name, float(values[known[-1]]), "rating", mean, ago, ago))
        return sorted(found, key=lambda each: each.value / each.baseline if each.baseline else 1.0)

    def heart_rate(self) -> Evidence:
        """Heart rate of the last runs against the athlete's own line, in percent."""
        shift = float(self.state.hr_shift[self.column])
        days = self.c.heart_rate.recent_days
        return self.seen("hr_at_own_speed", 100 * shift, "%", 0.0, days, 1)

    def highest_hr(self, missing: float) -> Evidence:
        """By how much the highest heart rate of the last hard runs differs from the middle of them."""
        return self.seen("highest_hr_of_hard_runs", -missing, "bpm", 0.0, self.c.peaks.recent_days, 1)

    def exertion(self) -> list[Evidence]:
        """How much harder the last rated runs felt than runs like them; empty if not seen."""
        days = self.c.effort.recent_days
        felt = self.last("exertion_shift", days)
        if np.isnan(felt).all():
            return []
        return [self.seen("exertion_at_like_runs", float(np.nanmean(felt)), "points", 0.0, days, 1)]

    def performance(self) -> list[Evidence]:
        """Flat speed of the newest hard effort against hard efforts like it, in percent; empty if none."""
        values = self.last("performance", self.c.overreaching.strain_days)
        tried = np.flatnonzero(~np.isnan(values))
        if len(tried) == 0:
            return []
        ago = len(values) - int(tried[-1])
        run = self._activity(ago, by_distance=True)
        return [self.seen("performance", 100 * float(values[-ago]), "%", 0.0, ago, ago, run)]

    def strength(self) -> Evidence:
        days = self.c.strength.window_days
        return self.seen(
            "strength_sessions", float(np.nansum(self.last("strength", days))), "sessions", None, days, 1
        )

    def _activity(self, ago: int, *, by_distance: bool) -> str | None:
        sessions = self.diary.sessions
        rows = np.flatnonzero(sessions.day == self.day(ago).toordinal())
        if len(rows) == 0:
            return None
        size = np.where(sessions.is_run, sessions.distance_m, 0.0) if by_distance else self.diary.loads.load
        return self.diary.identities[int(rows[np.argmax(size[rows])])] or None

    def seen(
        self, what: str, value: float, unit: str, baseline: float | None, first_ago: int, last_ago: int,
        activity_id: str | None = None,
    ) -> Evidence:  # fmt: skip
        """One number with its days, counted back from the night."""
        return Evidence(what, value, unit, baseline, self.day(first_ago), self.day(last_ago), activity_id)


def _times_usual(evidence: Evidence) -> float:
    """How many times the own normal it is; 0 where that is not known."""
    return evidence.value / evidence.baseline if evidence.baseline else 0.0


def _known(value: float) -> float | None:
    return None if np.isnan(value) else value
