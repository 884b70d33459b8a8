"""How a run changed on its way: heart rate against speed in its halves, and its last third."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from service.analyse.constants import Constants
from service.analyse.kilometres import Kilometres
from service.analyse.sessions import Sessions

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Drift:
    """One row a session, NaN where it cannot be told. ``decoupling`` is positive where the second half
    cost more beats a metre; ``slowed`` (positive = slower) and ``hr_rise`` are those of the last third
    against the two before it, as shares."""

    decoupling: Floats
    slowed: Floats
    hr_rise: Floats


def decoupling(
    first_mps: ArrayLike, first_hr: ArrayLike, second_mps: ArrayLike, second_hr: ArrayLike
) -> Floats:
    """Loss of speed a beat from the first half to the second, as a share of the first: positive where the
    heart beats faster for the same speed. Ratio of means, not mean of ratios."""
    v1, h1, v2, h2 = (np.asarray(x, dtype=np.float64) for x in (first_mps, first_hr, second_mps, second_hr))
    return np.asarray(1.0 - (v2 / h2) / (v1 / h1))


def drift_of(kilometres: Kilometres, sessions: Sessions, c: Constants) -> Drift:
    """Decoupling of the even runs, and the last third of all that have splits."""
    last = kilometres.middle >= 2 / 3
    speed_late, speed_early = (kilometres.mean(kilometres.flat_mps, part) for part in (last, ~last))
    hr_late, hr_early = (kilometres.mean(kilometres.hr, part) for part in (last, ~last))
    return Drift(
        decoupling=np.where(_even(kilometres, sessions, c), _halves(kilometres, c), np.nan),
        slowed=1.0 - speed_late / speed_early,
        hr_rise=hr_late / hr_early - 1.0,
    )


def _parts(kilometres: Kilometres, c: Constants) -> tuple[Flags, Flags]:
    """The splits of the two halves of the time after settling."""
    settle = c.splits.settle_min * 60
    middle = kilometres.began_s + kilometres.seconds / 2
    settled = kilometres.began_s + 1e-9 >= settle
    half = settle + (kilometres.whole_s - settle) / 2
    return settled & (middle < half), settled & (middle >= half)


def _halves(kilometres: Kilometres, c: Constants) -> Floats:
    first, second = _parts(kilometres, c)
    v1, v2 = (kilometres.mean(kilometres.flat_mps, part) for part in (first, second))
    h1, h2 = (kilometres.mean(kilometres.hr, part) for part in (first, second))
    return decoupling(v1, h1, v2, h2)


def _even(kilometres: Kilometres, sessions: Sessions, c: Constants) -> Flags:
    """Long and steady enough, heart rate all along, hardly a stop, and no slope between the halves."""
    s, km = c.splits, kilometres
    first, second = _parts(km, c)
    both = first | second
    seconds = km.total(km.seconds, both)
    mean = km.mean(km.flat_mps, both)
    spread = np.sqrt(np.maximum(km.mean(np.square(km.flat_mps), both) - np.square(mean), 0.0))
    covered = km.total(np.where(np.isnan(km.hr), 0.0, km.seconds), both)
    grades = [
        km.total(km.climb_m, part) / np.maximum(km.total(km.metres, part), 1.0) for part in (first, second)
    ]
    stopped = sessions.elapsed_s - sessions.moving_s
    with np.errstate(invalid="ignore"):
        return np.asarray(
            (seconds >= s.steady_min * 60)
            & (spread <= s.steady_spread * mean)
            & (covered >= s.hr_coverage * seconds)
            & (stopped < s.stopped_share * sessions.elapsed_s)
            & (np.abs(grades[1] - grades[0]) <= s.net_grade)
        )
