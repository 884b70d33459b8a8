"""The reasons that single runs give, night by night: heat, steps, fading long runs, descent, first minutes.

Load and answers come from muscle fatigue's own reading of the night, so that all reasons hear the same.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.analyse.constants import Constants
from service.analyse.diary import Columns
from service.analyse.fusion import CHANNELS, Fused, at_most, fuse
from service.analyse.recovery import MuscleFatigue
from service.analyse.window import last_known, lately
from service.domain.finding import Channel, Level

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Reasons:
    """One value a column. Each reason's fused verdict and whether it holds; ``…_ago``: how many days before
    the night its run was (1 = yesterday). ``answers`` is the strength of what the athlete said."""

    answers: Floats
    heat: Fused
    heat_holds: Flags
    heat_ago: Ints
    hot: Flags
    form: Fused
    form_holds: Flags
    fuelling: Fused
    fuelling_holds: Flags
    descent: Fused
    descent_holds: Flags
    descent_ago: Ints
    straight: Flags
    stops: Flags


def reasons_of(columns: Columns, fatigue: MuscleFatigue, c: Constants) -> Reasons:
    """Every reason of every column. Steps and fading are never more than possible unless the athlete
    agrees; an answer that disagrees is said, not counted, as both can be there without being felt."""
    answers, load, heart_rate = (
        fatigue.fused.strengths[CHANNELS.index(channel)]
        for channel in (Channel.SELF_REPORT, Channel.LOAD, Channel.HEART_RATE)
    )
    agreeing = np.where(np.nan_to_num(answers) >= c.fusion.agreeing, answers, np.nan)
    heat, heat_ago = _strongest(columns["heat"], c.heat.speaks_for_days)
    beats = lately(columns["heat_hr"], c.heat.speaks_for_days)[-heat_ago, np.arange(len(columns))]
    form = last_known(lately(columns["form"], c.form.speaks_for_days))
    fade = last_known(lately(columns["fade"], c.fuelling.speaks_for_days))
    down, down_ago = _strongest(columns["descent"], c.descent.speaks_for_days)
    n, enough = len(columns), fatigue.enough
    days = c.warm_up.speaks_for_days
    everywhere = np.ones(n, dtype=np.bool_)
    return Reasons(
        answers=answers,
        heat=fuse(c, n, environment=heat, heart_rate=beats, self_report=answers),
        heat_holds=enough & (heat > 0),
        heat_ago=heat_ago,
        hot=enough & (np.nan_to_num(lately(columns["hot"], c.heat.speaks_for_days)).max(axis=0) > 0),
        form=fuse(c, n, form=form, self_report=agreeing),
        form_holds=enough & (form > 0),
        fuelling=at_most(fuse(c, n, heart_rate=fade, self_report=agreeing), Level.POSSIBLE, everywhere),
        fuelling_holds=enough & (fade > 0),
        descent=fuse(c, n, load=np.fmax(load, down), self_report=answers, heart_rate=heart_rate),
        descent_holds=enough & (down > 0),
        descent_ago=down_ago,
        straight=enough & (np.nan_to_num(lately(columns["straight"], days)).max(axis=0) > 0),
        stops=enough & (np.nan_to_num(last_known(lately(columns["stops"], days))) > 0),
    )


def _strongest(values: Floats, days: int) -> tuple[Floats, Ints]:
    """The strongest value of the last days (NaN if none is known) and how many days ago it was; the newest
    of equals."""
    newest_first = lately(values, days)[::-1]
    ranked = np.where(np.isnan(newest_first), -1.0, newest_first)
    ago = np.argmax(ranked, axis=0)
    return newest_first[ago, np.arange(values.shape[1])], ago + 1
