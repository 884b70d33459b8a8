"""What single runs tell beyond their load: heat, steps, descent, fading, first minutes, decline.

Each signal is one value a session, told from its own past. Days carry them on (``diary``), so that a night
reads the last days of each: NaN = could not be seen, 0 = seen and quiet, above = how strongly it speaks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.analyse.constants import Constants
from service.analyse.descent import Descents, descents_of
from service.analyse.drift import Drift, drift_of
from service.analyse.form import Form, form_of
from service.analyse.fuelling import Fuelling, fuelling_of
from service.analyse.heat import HeatStrain, heat_strain
from service.analyse.kilometres import kilometres_of
from service.analyse.load import Loads
from service.analyse.peaks import beats_missing
from service.analyse.sessions import Sessions
from service.analyse.speed import Speeds, speeds_of
from service.analyse.warm_up import WarmUp, warm_up_of
from service.domain.activity import Activity
from service.domain.history import Profile

Floats = NDArray[np.float64]

KILOMETRES_DAYS = 180
"""No rule looks further behind a signal than this for splits."""


@dataclass(frozen=True, slots=True)
class Signals:
    """Everything the rules on single runs say, one row a session each."""

    drift: Drift
    speeds: Speeds
    beats_missing: Floats
    descents: Descents
    heat: HeatStrain
    form: Form
    warm_up: WarmUp
    fuelling: Fuelling

    def of_days(self) -> Mapping[str, Floats]:
        """The values that days carry, by field; a day takes the strongest of its sessions."""
        return {
            "heat": self.heat.environment,
            "heat_hr": np.where(self.heat.environment > 0, self.heat.heart_rate, np.nan),
            "hot": np.where(self.heat.hot, 1.0, np.nan),
            "form": self.form.strength,
            "descent": self.descents.strength,
            "fade": self.fuelling.strength,
            "straight": self.warm_up.straight,
            "stops": self.warm_up.stops,
        }


def signals_of(
    sessions: Sessions, loads: Loads, activities: Sequence[Activity], profile: Profile, since: int,
    c: Constants,
) -> Signals:  # fmt: skip
    """Signals of the runs from the day ``since`` (ordinal) on."""
    kilometres = kilometres_of(sessions, activities, since - KILOMETRES_DAYS, c)
    drift = drift_of(kilometres, sessions, c)
    speeds = speeds_of(kilometres, sessions, loads, profile, since, c)
    own = [activities[int(part)] for part in sessions.part]
    started = np.array([activity.start.timestamp() for activity in own])
    hidden = np.array([activity.start_hidden for activity in own], dtype=np.bool_)
    return Signals(
        drift,
        speeds,
        beats_missing(sessions, speeds.hard_min, since, c),
        descents_of(kilometres, sessions, since, c),
        heat_strain(sessions, loads, drift, since, c),
        form_of(sessions, activities, since, c),
        warm_up_of(kilometres, sessions, loads, speeds.critical_mps, started, since, c),
        fuelling_of(sessions, drift, hidden, since, c),
    )
