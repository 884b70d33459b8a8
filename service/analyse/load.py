"""What a session cost, on one scale: 100 = one hour at threshold.

A cascade of methods by what was observed, each with a quality; method and quality are kept beside the
value. The athlete's parameters are those in force on the day of the session: they rest on that day and
the ``lookback_days`` before it, so no later session changes an earlier load.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from service.analyse.constants import Constants
from service.analyse.highest_hr import highest_hr
from service.analyse.sessions import Family, Sessions
from service.analyse.terrain import flat_speed
from service.analyse.trailing import highest, median, trailing
from service.domain.history import Profile, Sex

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Method(IntEnum):
    """How a load was found, best first."""

    AVERAGE_HR = 0
    SESSION_RPE = 1
    PACE = 2
    RELATIVE_EFFORT = 3
    MINUTES = 4


@dataclass(frozen=True, slots=True)
class Loads:
    """One row a session: load on the legs, how it was found, how far it is believed, and what was hard.
    ``zones``: whether threshold heart rate is known well enough to say what is hard by it; ``usual_mps`` the
    median flat speed of the season, NaN with too few runs."""

    load: Floats
    method: Ints
    quality: Floats
    hard_min: Floats
    hr_max: Floats
    zones: NDArray[np.bool_]
    flat_mps: Floats
    usual_mps: Floats


def reserve(hr: ArrayLike, resting: ArrayLike, highest_hr: ArrayLike) -> Floats:
    """Fraction of the heart-rate reserve, clipped to 0..1. Karvonen 1957."""
    beats = np.asarray(hr, dtype=np.float64)
    rest, top = np.asarray(resting, dtype=np.float64), np.asarray(highest_hr, dtype=np.float64)
    return np.clip((beats - rest) / (top - rest), 0.0, 1.0)


def banister_trimp(minutes: ArrayLike, fraction: ArrayLike, b: float, a: float = 1.0) -> Floats:
    """Minutes · x · a · e^(b·x). Banister 1991; Morton et al. 1990 (b 1.92 for men, 1.67 for women)."""
    x = np.asarray(fraction, dtype=np.float64)
    return np.asarray(minutes, dtype=np.float64) * x * a * np.exp(b * x)


def heart_rate_load(minutes: ArrayLike, fraction: ArrayLike, at_threshold: ArrayLike, b: float) -> Floats:
    """Banister's impulse over that of an hour at threshold, × 100; the constant a cancels."""
    return 100.0 * banister_trimp(minutes, fraction, b) / banister_trimp(60.0, at_threshold, b)


def session_rpe(minutes: ArrayLike, exertion: ArrayLike) -> Floats:
    """Minutes × exertion on a scale of ten. Foster et al. 2001."""
    return np.asarray(minutes, dtype=np.float64) * np.asarray(exertion, dtype=np.float64)


def pace_load(seconds: ArrayLike, intensity: ArrayLike) -> Floats:
    """100 · hours · intensity², intensity = flat speed over threshold speed (or power over threshold)."""
    return np.asarray(seconds, dtype=np.float64) / 36.0 * np.square(np.asarray(intensity, dtype=np.float64))


def edwards_trimp(minutes_in_zones: ArrayLike) -> float:
    """Minutes in 50–60 … 90–100 % of maximal heart rate × 1 … 5. Edwards 1993."""
    return float(np.dot(np.asarray(minutes_in_zones, dtype=np.float64), np.arange(1, 6)))


def lucia_trimp(minutes_in_zones: ArrayLike) -> float:
    """Minutes below, between and above the two thresholds × 1, 2, 3. Lucía et al. 2003."""
    return float(np.dot(np.asarray(minutes_in_zones, dtype=np.float64), np.arange(1, 4)))


def session_loads(sessions: Sessions, profile: Profile, c: Constants) -> Loads:
    """Load of each session by the best method that its observations allow."""
    flat = flat_speed(sessions.speed_mps, sessions.distance_m, sessions.gain_m)
    flat = np.where(sessions.is_run & (sessions.distance_m > 0), flat, np.nan)
    usual_mps = _usual_speed(sessions, flat, c)
    highest_beats = highest_hr(sessions, usual_mps, flat, profile, c)
    hr_max = highest_beats.beats
    resting = profile.resting_hr or c.load.resting_hr
    threshold_hr = profile.threshold_hr or c.load.threshold_of_max * hr_max
    b = c.load.banister_b_female if profile.sex is Sex.FEMALE else c.load.banister_b_male
    fraction = reserve(sessions.average_hr, resting, hr_max)
    at_threshold = reserve(threshold_hr, resting, hr_max)

    beats = heart_rate_load(sessions.minutes, fraction, at_threshold, b)
    rated = _rated(sessions, beats, c)
    paced = _paced(sessions, flat, c)
    effort = _scaled(sessions, sessions.relative_effort, beats, c.load.relative_effort_scale, c)
    found = np.vstack([beats, rated, paced, effort])
    usual = _usual(sessions, _first_known(found), c)
    load = _first_known(np.vstack([found, usual]))
    method = np.argmax(~np.isnan(np.vstack([found, usual])), axis=0)
    quality = _quality(c)[method]
    guessed = (method == Method.AVERAGE_HR) & ~highest_beats.known
    quality = np.where(guessed, quality * c.quality.formula_hr_max, quality)
    zones = highest_beats.known | (profile.threshold_hr is not None)
    hard = _hard(sessions, np.where(zones, threshold_hr, np.inf), c)
    return Loads(load * _legs(sessions, c), method, quality, hard, hr_max, zones, flat, usual_mps)


def _quality(c: Constants) -> Floats:
    q = c.quality
    return np.array([q.average_hr, q.session_rpe, q.pace, q.relative_effort, q.minutes])


def _legs(sessions: Sessions, c: Constants) -> Floats:
    s = c.sports
    return np.array([s.run, s.ride, s.strength, s.swim, s.walk, s.other])[sessions.family]


def _first_known(rows: Floats) -> Floats:
    """The first row's value that is known, column by column."""
    index = np.argmax(~np.isnan(rows), axis=0)
    found: Floats = rows[index, np.arange(rows.shape[1])]
    return found


def _usual_speed(sessions: Sessions, flat: Floats, c: Constants) -> Floats:
    w = c.warm_up
    outdoors = np.where(sessions.indoor, np.nan, flat)
    return trailing(sessions.day, outdoors, w.usual_days, w.usual_runs, median)


def _rated(sessions: Sessions, beats: Floats, c: Constants) -> Floats:
    """Session RPE on the common scale."""
    raw = session_rpe(sessions.minutes, sessions.perceived_exertion)
    return _scaled(sessions, raw, beats, 100.0 / (60.0 * c.load.rpe_at_threshold), c)


def _scaled(sessions: Sessions, raw: Floats, beats: Floats, default: float, c: Constants) -> Floats:
    """``raw`` times the athlete's own median of heart-rate load over it, the default until it is known."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where((raw > 0) & (beats > 0), beats / raw, np.nan)
    own = trailing(sessions.day, ratio, c.load.lookback_days, c.load.scale_sessions, median)
    return raw * np.where(np.isnan(own), default, own)


def _paced(sessions: Sessions, flat: Floats, c: Constants) -> Floats:
    """Load from flat speed over threshold speed; unknown as long as no run of the last months could show it.

    An ordinary run is rarely all-out, so its speed is a lower bound and is raised by a margin.
    """
    minutes = sessions.minutes
    shows = (minutes >= c.load.threshold_shortest_min) & (minutes <= c.load.threshold_longest_min)
    best = trailing(sessions.day, np.where(shows & ~sessions.indoor, flat, np.nan),
                    c.load.threshold_days, c.load.usual_sessions, highest)  # fmt: skip
    return pace_load(sessions.moving_s, flat / (best * c.load.threshold_margin))


def _usual(sessions: Sessions, found: Floats, c: Constants) -> Floats:
    """Minutes times the athlete's own median load a minute in that kind of sport."""
    rate = np.full(len(sessions), c.load.usual_per_hour / 60)
    for family in Family:
        rows = np.flatnonzero(sessions.family == family)
        own = trailing(sessions.day[rows], found[rows] / sessions.minutes[rows],
                       c.load.lookback_days, c.load.usual_sessions, median)  # fmt: skip
        rate[rows] = np.where(np.isnan(own), rate[rows], own)
    return rate * sessions.minutes


def _hard(sessions: Sessions, threshold_hr: Floats | float, c: Constants) -> Floats:
    """Minutes of sessions that were hard as a whole: by exertion, by heart rate, or a race."""
    hard = sessions.perceived_exertion >= c.load.hard_rpe
    hard |= sessions.average_hr >= c.load.hard_of_threshold * np.asarray(threshold_hr)
    return np.where(hard | sessions.race, sessions.minutes, 0.0)
