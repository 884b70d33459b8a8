"""How independent channels become one strength and one level."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.analyse.constants import Constants
from service.domain.finding import Channel, Level

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CHANNELS = (Channel.SELF_REPORT, Channel.LOAD, Channel.HEART_RATE, Channel.FORM, Channel.ENVIRONMENT)
LEVELS = (Level.POSSIBLE, Level.LIKELY, Level.STRONG)
NO_LEVEL = -1


@dataclass(frozen=True, slots=True)
class Fused:
    """``strengths`` (channels, columns), NaN = the channel could not be seen; ``score`` and ``level``
    (index into ``LEVELS``, −1 = none) one a column."""

    strengths: Floats
    score: Floats
    level: Ints

    def channels(self, column: int) -> dict[Channel, float]:
        """The channels that could be seen, and how strongly each speaks."""
        found = self.strengths[:, column]
        return {
            channel: float(found[row]) for row, channel in enumerate(CHANNELS) if not np.isnan(found[row])
        }

    def level_of(self, column: int) -> Level | None:
        index = int(self.level[column])
        return None if index == NO_LEVEL else LEVELS[index]


def fuse(
    c: Constants, columns: int, *, self_report: Floats | None = None, load: Floats | None = None,
    heart_rate: Floats | None = None, form: Floats | None = None, environment: Floats | None = None,
) -> Fused:  # fmt: skip
    """Weighted mean over the channels that could be seen; capped where the athlete has not said anything
    and where only one channel speaks. A level needs agreeing channels, not only a score."""
    f = c.fusion
    nothing = np.full(columns, np.nan)
    given = (self_report, load, heart_rate, form, environment)
    strengths = np.vstack([nothing if each is None else each for each in given])
    weights = np.array([f.self_report, f.load, f.heart_rate, f.form, f.environment])[:, None]
    seen = ~np.isnan(strengths)
    total = np.maximum((weights * seen).sum(axis=0), 1e-9)
    score = (weights * np.where(seen, strengths, 0.0)).sum(axis=0) / total
    score = np.where(seen[0], score, np.minimum(score, f.cap_without_self_report))
    score = np.where(seen.sum(axis=0) > 1, score, np.minimum(score, f.cap_one_channel))
    agreeing = (np.where(seen, strengths, 0.0) >= f.agreeing).sum(axis=0)
    spoken = np.where(seen[0], strengths[0], 0.0) >= f.agreeing
    level = np.where(score >= f.possible, 0, NO_LEVEL)
    level = np.where((score >= f.likely) & (agreeing >= 2), 1, level)
    level = np.where((score >= f.strong) & (agreeing >= 3) & spoken, 2, level)
    return Fused(strengths, score, level.astype(np.int64))


def at_most(fused: Fused, level: Level, where: NDArray[np.bool_]) -> Fused:
    """The same, no surer than ``level`` in the columns ``where``."""
    capped = np.where(where, np.minimum(fused.level, LEVELS.index(level)), fused.level)
    return Fused(fused.strengths, fused.score, capped.astype(np.int64))


def at_least(fused: Fused, level: Level, where: NDArray[np.bool_]) -> Fused:
    """The same, no less sure than ``level`` in the columns ``where``."""
    raised = np.where(where, np.maximum(fused.level, LEVELS.index(level)), fused.level)
    return Fused(fused.strengths, fused.score, raised.astype(np.int64))


def silent(fused: Fused, where: NDArray[np.bool_]) -> Fused:
    """The same, seen but without a level in the columns ``where``."""
    return Fused(fused.strengths, fused.score, np.where(where, NO_LEVEL, fused.level).astype(np.int64))


def surprise(z: Floats) -> Floats:
    """Strength of a deviation of z spreads: nothing at one, all at three."""
    return np.clip((np.abs(z) - 1.0) / 2.0, 0.0, 1.0)
