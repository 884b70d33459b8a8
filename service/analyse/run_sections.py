"""The sections of config/heuristics.toml for rules that read single runs, typed as in ``sections``."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Splits:
    """Which kilometres of a run are believed, and when a run is even enough to be cut in halves."""

    shortest_m: float
    slowest_mps: float
    fastest_mps: float
    leap: float
    grade_clip: float
    adjusted_trust: float
    settle_min: float
    steady_min: float
    steady_spread: float
    hr_coverage: float
    stopped_share: float
    net_grade: float


@dataclass(frozen=True, slots=True)
class Descent:
    """Downhill metres, the dose of soreness that heart rate cannot see."""

    grade: float
    dose_m: float
    above: float
    baseline_days: int
    runs_needed: int
    altitude_share: float
    strength: float
    speaks_for_days: int


@dataclass(frozen=True, slots=True)
class Speed:
    """Critical speed from training, a lower bound; and the decline of hard efforts."""

    window_days: int
    runs_needed: int
    short_m: float
    middle_m: float
    long_m: float
    downhill: float
    leap: float
    matched_distance: float
    matched_runs: int
    exclude_days: int
    effort_rpe: float
    hard_rpe: float
    drop: float


@dataclass(frozen=True, slots=True)
class Peaks:
    """The highest heart rate of hard runs."""

    hard_min: float
    base_days: int
    exclude_days: int
    runs_needed: int
    alike_c: float
    missing_bpm: float
    recent_days: int
    newest_runs: int
    low_runs: int


@dataclass(frozen=True, slots=True)
class Heat:
    """Heat and fluid strain after one warm run."""

    low_c: float
    caution_c: float
    high_c: float
    very_high_c: float
    acclimatised_runs: int
    acclimatised_days: int
    acclimatised_within_c: float
    own_share: float
    own_days: int
    own_runs: int
    own_lowest_c: float
    shortest_min: float
    cooler_c: float
    comparable_runs: int
    comparable_days: int
    comparable_speed: float
    comparable_minutes: float
    hr_excess: float
    spell_days: int
    z_needed: float
    z_alone: float
    spread_floor: float
    gap_days: int
    after_gap_days: int
    hr_excess_full: float
    decoupling: float
    decoupling_mads: float
    decoupling_runs: int
    decoupling_days: int
    decoupling_minutes: float
    slowing: float
    slowing_c: float
    slowing_min: float
    low_strength: float
    caution_strength: float
    high_strength: float
    speaks_for_days: int


@dataclass(frozen=True, slots=True)
class Form:
    """Steps a minute beside the athlete's own line over speed, and their loss late in runs."""

    baseline_days: int
    exclude_days: int
    runs_needed: int
    slowest_mps: float
    fastest_mps: float
    steepest_gain: float
    slope_low: float
    slope_high: float
    spread_floor: float
    recent_runs: int
    shift_needed: float
    z_needed: float
    z_full: float
    fade_min: float
    fade_needed: float
    fade_share: float
    fade_days: int
    fade_runs_needed: int
    faded_runs: int
    fade_strength: float
    speaks_for_days: int


@dataclass(frozen=True, slots=True)
class WarmUp:
    """A hard start into a fast session, and runs that pause at the same point."""

    within_min: float
    work_min: float
    of_critical: float
    above_usual: float
    usual_days: int
    usual_runs: int
    opening_min: float
    opening: float
    opening_cold: float
    cold_c: float
    alone_min: float
    stop_s: float
    stop_from_min: float
    stop_until_min: float
    stop_runs: int
    stop_of_runs: int
    stop_days: int
    stop_spread: float
    score: float
    speaks_for_days: int


@dataclass(frozen=True, slots=True)
class Fuelling:
    """Long runs that fade while the heart does not beat faster."""

    long_min: float
    fade: float
    hr_rise: float
    faded_runs: int
    of_runs: int
    within_days: int
    early_hour: float
    early_min: float
    strength: float
    speaks_for_days: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """Until when easy days help, and how much today leaves the balance as it is."""

    balanced: float
    easy_share: float
    horizon_days: int
