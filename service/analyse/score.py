"""The score of a night: how much heavier than is normal for this person the legs are expected to be.

A closed form, the same every night: the weighted mean of components on 0..1, each of them a distance
from the athlete's own normal, over those components that could be seen. What could not be seen lowers
the confidence of a finding, not the score. Weights and the measurement they rest on: config/heuristics.toml.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.analyse.complaint import complains, said
from service.analyse.constants import Constants
from service.analyse.diary import Columns
from service.analyse.trend import exponential_means, seeded
from service.analyse.window import among_newest, last_known, lately, mean_known, ramp, share_at_most, weighted

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


LOAD_COMPONENTS = 4  # session, recent days, spike, balance: the first rows of ``components``


@dataclass(frozen=True, slots=True)
class State:
    """What the rules share: one value a column, or (days, columns) where said. Load in units of 100 an hour.

    ``fitness`` and ``fatigue`` (days, columns) are the states after each day of the window; ``usual`` is
    the median load of the athlete's training days; ``…_share`` where
    today stands among the own last weeks; ``answer`` the drop of the last answers below the own
    mean in own spreads, ``answer_3`` that of the three-day mean, ``answer_week`` that of a week of
    mornings; NaN = not seen. ``load_quality``: how far the load of the last weeks is believed, 0..1.
    """

    days_known: NDArray[np.int64]
    load: Floats
    fitness: Floats
    fatigue: Floats
    usual: Floats
    recent_share: Floats
    balance_share: Floats
    spike: Floats
    answer: Floats
    answer_3: Floats
    answer_week: Floats
    said: Floats
    complaint: Flags
    load_quality: Floats
    hr_shift: Floats
    hr_z: Floats


def state_of(columns: Columns, c: Constants) -> State:
    """Everything that more than one rule reads, for all columns at once."""
    raw = columns["load"]
    days_known = (~np.isnan(raw)).sum(axis=0)
    load, seed = seeded(raw, c.trend.seed_days)
    taus = (c.score.recent_tau_days, c.trend.fitness_days, c.trend.fatigue_days)
    recent, fitness, fatigue = exponential_means(load, taus, seed)
    balance = (fatigue - fitness) / np.maximum(fitness, c.score.balance_floor)
    answer, answer_3 = _answers(columns, c)
    mornings = _mornings(columns, c)
    strength = said(columns, _low_mornings(mornings[-c.answers.fresh_days :], c), c)
    shift, z = heart_rate_now(columns, c)
    return State(
        days_known=days_known,
        load=load,
        fitness=fitness,
        fatigue=fatigue,
        usual=_usual_training_day(raw, c),
        recent_share=share_at_most(np.where(np.isnan(raw), np.nan, recent), c.score.share_days),
        balance_share=share_at_most(np.where(np.isnan(raw), np.nan, balance), c.score.share_days),
        spike=_spike(columns, c),
        answer=answer,
        answer_3=answer_3,
        answer_week=_low_week(mornings, c),
        said=strength,
        complaint=complains(columns, strength, c),
        load_quality=_load_quality(columns, c),
        hr_shift=shift,
        hr_z=z,
    )


def components(state: State, c: Constants) -> tuple[Floats, Floats]:
    """Values (components, columns), NaN = not seen, and their weights."""
    s = c.score
    session = ramp(state.load[-1] / state.usual, 0.0, s.session_full)
    values = np.vstack([
        session,
        state.recent_share,
        ramp(state.spike, 0.0, s.spike_full),
        state.balance_share,
        ramp(state.answer, -s.answer_better, s.answer_worse),
        ramp(state.answer_3, -s.answer_better, s.answer_worse),
        np.where(state.complaint, ramp(np.abs(state.hr_z), 0.0, s.hr_full), np.nan),
    ])  # fmt: skip
    weights = np.array([
        s.weight_session, s.weight_recent, s.weight_spike, s.weight_balance,
        s.weight_last_answer, s.weight_three_days, s.weight_heart_rate,
    ])  # fmt: skip
    return values, weights


def load_pressure(state: State, c: Constants) -> Floats:
    """The components that speak of load alone, weighted as in the score."""
    values, weights = components(state, c)
    return weighted(values[:LOAD_COMPONENTS], weights[:LOAD_COMPONENTS, None])


def score_of(state: State, c: Constants) -> Floats:
    """Score of each column, 0..1; NaN before ``starts_day`` days are known."""
    values, weights = components(state, c)
    score = weighted(values, weights[:, None])
    return np.where(state.days_known >= c.score.starts_day, score, np.nan)


def _load_quality(columns: Columns, c: Constants) -> Floats:
    """Mean quality of the methods behind the load, by load; 0 without any."""
    load = np.nansum(columns["load"][-c.answers.told_days :], axis=0)
    return np.asarray(np.nansum(columns["quality"][-c.answers.told_days :], axis=0) / np.maximum(load, 1e-9))


def _usual_training_day(raw: Floats, c: Constants) -> Floats:
    """Median load of the training days lately; NaN while there are too few."""
    own = raw[-c.score.own_days :]
    trained = np.where(own > 0, own, np.nan)
    enough = np.flatnonzero((~np.isnan(trained)).sum(axis=0) >= c.score.training_days_needed)
    usual = np.full(raw.shape[1], np.nan)
    if len(enough):
        usual[enough] = np.nanmedian(trained[:, enough], axis=0)
    return usual


def _spike(columns: Columns, c: Constants) -> Floats:
    """Yesterday's longest run over the longest of the 30 days before it; of athletes with too few runs,
    the largest session's load instead. 0 on a day without, NaN while the base is unknown."""
    run = _ratio(columns["longest_m"][-1], columns["spike_base_m"][-1], columns["spike_runs"][-1], c)
    other = _ratio(columns["largest"][-1], columns["largest_base"][-1], columns["largest_count"][-1], c)
    runner = np.nansum(columns["runs"][-c.spike.window_days :], axis=0) >= c.spike.runs_needed
    return np.where(runner, run, other)


def _ratio(value: Floats, base: Floats, count: Floats, c: Constants) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(count >= c.spike.runs_needed, value / base, 0.0)
    return np.where(np.isnan(value), np.nan, np.where(value > 0, ratio, 0.0))


def _answers(columns: Columns, c: Constants) -> tuple[Floats, Floats]:
    """Drop below the own mean, in own spreads, of the freshest answers and of three days; over items."""
    a = c.answers
    items = (("soreness", a.weight_soreness), ("legs", a.weight_legs), ("fatigue", a.weight_fatigue))
    drops = [_drop(columns[name], c) for name, _ in items]
    weights = np.array([weight for _, weight in items])[:, None]
    last, three = (np.vstack([drop[which] for drop in drops]) for which in (0, 1))
    return weighted(last, weights), weighted(three, weights)


def _drop(values: Floats, c: Constants) -> tuple[Floats, Floats]:
    mean, spread = own_mean(values, c), own_spread(values, c)
    fresh = values[-c.answers.fresh_days :]
    return (mean - last_known(fresh)) / spread, (mean - mean_known(fresh)) / spread


def _mornings(columns: Columns, c: Constants) -> Floats:
    """Drop of each morning of a week below the own mean in own spreads, items of a morning together."""
    a = c.answers
    items = (("soreness", a.weight_soreness), ("legs", a.weight_legs), ("fatigue", a.weight_fatigue))
    asked = [(columns[name], weight) for name, weight in items if weight > 0]
    drops = np.stack([(own_mean(each, c) - each[-a.week_days :]) / own_spread(each, c) for each, _ in asked])
    return weighted(drops, np.array([weight for _, weight in asked])[:, None, None])


def _low_mornings(mornings: Floats, c: Constants) -> Floats:
    """Mean drop of these mornings with ``usual_mornings`` without a drop among them; so one answer says less
    than three that agree."""
    count = (~np.isnan(mornings)).sum(axis=0)
    shrunk = np.nan_to_num(mornings).sum(axis=0) / (count + c.answers.usual_mornings)
    return np.where(count > 0, shrunk, np.nan)


def _low_week(mornings: Floats, c: Constants) -> Floats:
    """The same of a week of mornings; NaN where too few of them were answered to be one."""
    enough = (~np.isnan(mornings)).sum(axis=0) >= c.answers.week_needed
    return np.where(enough, _low_mornings(mornings, c), np.nan)


def own_mean(values: Floats, c: Constants) -> Floats:
    """Mean of every answer the night may see; NaN until there are enough."""
    count = (~np.isnan(values)).sum(axis=0)
    return np.where(count >= c.answers.own_mean_needed, mean_known(values), np.nan)


def own_spread(values: Floats, c: Constants) -> Floats:
    """Standard deviation of the same answers, at least ``spread_floor``."""
    return np.maximum(np.sqrt(mean_known(np.square(values - own_mean(values, c)))), c.answers.spread_floor)


def heart_rate_now(columns: Columns, c: Constants, back: int = 0) -> tuple[Floats, Floats]:
    """Mean residual of the newest runs of the last days as a share of expected heart rate, and its z:
    mean / (noise · √(1/n recent + 1/n baseline)). ``back`` nights earlier if asked. NaN = not seen."""
    h = c.heart_rate
    shift = lately(columns["hr_shift"], h.recent_days, back)
    known = ~np.isnan(shift)
    newest = among_newest(known, h.recent_runs)
    count = newest.sum(axis=0)

    def mean(name: str) -> Floats:
        values = lately(columns[name], h.recent_days, back)
        return np.asarray(np.where(newest, values, 0.0).sum(axis=0) / np.maximum(count, 1))

    base = np.maximum(mean("hr_runs"), 1.0)
    noise = mean("hr_noise") * np.sqrt(1.0 / np.maximum(count, 1) + 1.0 / base)
    value = np.where(count > 0, mean("hr_shift"), np.nan)
    return value, np.where(count > 0, value / np.maximum(noise, 1e-9), np.nan)
