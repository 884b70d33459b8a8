"""The numbers behind what single runs tell, each with its session and the own normal."""

import numpy as np
from numpy.typing import NDArray

from service.analyse.evidence import Witness
from service.analyse.heat import HeatTier
from service.domain.finding import Evidence

Floats = NDArray[np.float64]
MIDDLE_OF_DAYS = 60  # temperatures of about two months are what is usual now


class RunWitness:
    """Reads the runs of the last days before one night."""

    def __init__(self, witness: Witness) -> None:
        self.witness = witness
        self.signals = witness.diary.signals
        self.sessions = witness.diary.sessions
        night = witness.night.toordinal()
        self.ago = night - self.sessions.day

    def newest(self, values: Floats, days: int) -> int:
        """The newest session of the last days that has a value above nothing."""
        with np.errstate(invalid="ignore"):
            return int(np.flatnonzero((self.ago >= 1) & (self.ago <= days) & (values > 0))[-1])

    def on(self, ago: int, values: Floats) -> int:
        """The session of that day with the highest value."""
        rows = np.flatnonzero((self.ago == ago) & ~np.isnan(values))
        return int(rows[np.argmax(values[rows])])

    def tier(self, row: int) -> HeatTier:
        return HeatTier(int(self.signals.heat.tier[row]))

    def heat(self, row: int) -> list[Evidence]:
        """Temperature beside the middle of the last weeks, heart rate beside cooler runs like it, and what
        the run's end showed."""
        temperature = self.sessions.temperature_c
        lately = temperature[(self.ago >= self.ago[row]) & (self.ago < self.ago[row] + MIDDLE_OF_DAYS)]
        found = [self._seen("temperature", row, temperature[row], "°C", float(np.nanmedian(lately)))]
        excess = self.signals.heat.excess[row]
        if not np.isnan(excess):
            beats = float(self.sessions.average_hr[row])
            found.append(self._seen("hr_in_heat", row, beats, "bpm", beats / (1.0 + float(excess))))
        drift = self.signals.drift
        found += self._share("decoupling", row, drift.decoupling)
        return found + self._share("late_slowing", row, drift.slowed)

    def steps(self, row: int) -> list[Evidence]:
        """Cadence beside what is usual at that speed; its loss late in the run."""
        form, c = self.signals.form, self.witness.c
        usual = float(form.usual[row])
        value = usual * (1.0 + float(form.shift[row]))
        known = np.flatnonzero(~np.isnan(form.usual) & (self.ago >= self.ago[row]))[-c.form.recent_runs :]
        ago = int(self.ago[known[0]])
        found = [self.witness.seen("cadence", value, "spm", usual, ago, int(self.ago[row]))]
        return found + (self._share("late_cadence", row, form.fade) if form.faded[row] else [])

    def descent(self, row: int) -> Evidence:
        descents = self.signals.descents
        return self._seen("descent", row, descents.metres[row], "m", float(descents.most[row]))

    def fading(self, row: int) -> list[Evidence]:
        """The last third of the run, how many long runs faded so, and how many began before breakfast."""
        drift, fuelling = self.signals.drift, self.signals.fuelling
        found = self._share("late_slowing", row, drift.slowed) + self._share("late_hr", row, drift.hr_rise)
        found.append(self._seen("faded_long_runs", row, fuelling.faded[row], "runs", None))
        if fuelling.early[row] > 0:
            found.append(self._seen("early_starts", row, fuelling.early[row], "runs", None))
        return found

    def opening(self, row: int) -> Evidence:
        return self._seen("opening_speed", row, 100 * self.signals.warm_up.opening[row], "%", None)

    def stops(self, row: int) -> list[Evidence]:
        warm_up = self.signals.warm_up
        found = [self._seen("stopped_runs", row, warm_up.stops[row], "runs", None)]
        if not np.isnan(warm_up.stop_min[row]):
            found.append(self._seen("stop_after", row, warm_up.stop_min[row], "min", None))
        return found

    def _share(self, what: str, row: int, values: Floats) -> list[Evidence]:
        """A share as percent, where it is known."""
        return [] if np.isnan(values[row]) else [self._seen(what, row, 100 * values[row], "%", None)]

    def _seen(self, what: str, row: int, value: float, unit: str, baseline: float | None) -> Evidence:
        ago = int(self.ago[row])
        identity = self.witness.diary.identities[row] or None
        return self.witness.seen(what, float(value), unit, baseline, ago, ago, identity)
