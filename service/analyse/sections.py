"""The sections of config/heuristics.toml, typed: one class a section, one field a constant."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Gates:
    """What counts as a session, and which sessions are one."""

    merge_gap_min: float
    double_start_s: float
    double_overlap: float
    slowest_run_mps: float
    fastest_run_mps: float
    record_falls: float
    own_leap: float
    own_runs: int
    own_days: int
    lowest_hr: float
    highest_hr: float
    lock_bpm: float
    lock_excess: float
    lock_excess_alone: float
    lock_per_warm_c: float
    lock_warm_c: float
    lock_like_speed: float
    lock_like_runs: int
    lock_like_days: int
    lock_days: int
    lock_laps: int
    lock_share: float
    lock_correlation: float


@dataclass(frozen=True, slots=True)
class Load:
    """The cascade of load methods; 100 = one hour at threshold."""

    lookback_days: int
    banister_b_male: float
    banister_b_female: float
    resting_hr: float
    hr_max_without_age: float
    hr_max_at_birth: float
    hr_max_per_year: float
    hr_max_trust: float
    hr_max_sessions: int
    hr_max_efforts: int
    effort_min: float
    threshold_of_max: float
    rpe_at_threshold: float
    scale_sessions: int
    threshold_days: int
    threshold_shortest_min: float
    threshold_longest_min: float
    threshold_margin: float
    relative_effort_scale: float
    usual_sessions: int
    usual_per_hour: float
    hard_rpe: float
    hard_of_threshold: float


@dataclass(frozen=True, slots=True)
class Quality:
    """How far each method is believed, 0..1."""

    average_hr: float
    session_rpe: float
    pace: float
    relative_effort: float
    minutes: float
    formula_hr_max: float


@dataclass(frozen=True, slots=True)
class Sports:
    """How much of a session's load the legs take."""

    run: float
    ride: float
    strength: float
    swim: float
    walk: float
    other: float


@dataclass(frozen=True, slots=True)
class Trend:
    """Fitness and fatigue."""

    fitness_days: float
    fatigue_days: float
    seed_days: int


@dataclass(frozen=True, slots=True)
class Spike:
    """The single-session spike."""

    window_days: int
    runs_needed: int
    small_tenths: int
    moderate_tenths: int
    large_tenths: int
    speaks_for_days: int


@dataclass(frozen=True, slots=True)
class HeartRate:
    """Heart rate at the athlete's own speed."""

    baseline_days: int
    exclude_days: int
    runs_needed: int
    span_days: int
    speed_iqr_mps: float
    shortest_min: float
    steepest_gain: float
    lowest_of_max: float
    highest_of_max: float
    warm_c: float
    noise_floor: float
    recent_days: int
    recent_runs: int
    z_needed: float
    shift_needed: float


@dataclass(frozen=True, slots=True)
class Effort:
    """Perceived exertion of a run beside runs like it."""

    baseline_days: int
    speed_tolerance: float
    duration_tolerance: float
    runs_needed: int
    shift_needed: float
    shifted_runs: int
    recent_days: int
    full: float
    weight: float


@dataclass(frozen=True, slots=True)
class Answers:
    """What the athlete says in the morning."""

    fresh_days: int
    low_rating: float
    low_below_mean: float
    own_mean_needed: int
    usual_mornings: float
    week_days: int
    week_needed: int
    spread_floor: float
    weight_soreness: float
    weight_legs: float
    weight_fatigue: float
    told_days: int


@dataclass(frozen=True, slots=True)
class Score:
    """The closed form of ``score``; see service/analyse/score.py."""

    starts_day: int
    recent_tau_days: float
    share_days: int
    own_days: int
    training_days_needed: int
    session_full: float
    spike_full: float
    balance_floor: float
    answer_better: float
    answer_worse: float
    hr_full: float
    weight_session: float
    weight_recent: float
    weight_spike: float
    weight_balance: float
    weight_last_answer: float
    weight_three_days: float
    weight_heart_rate: float


@dataclass(frozen=True, slots=True)
class Fatigue:
    """Muscle fatigue after one session or a few hard days."""

    runs_needed: int
    days_needed: int
    race_m: float
    race_days: int
    hard_days: int
    hard_share: float
    hard_window_days: int
    hard_strength: float
    small_spike: float
    low_answer: float
    load_from: float
    load_full: float
    answer_from: float
    answer_full: float
    week_spread: float
    weeks_each: float
    weeks_from: float
    weeks_full: float
    lasts_days: int
    large_m_per_day: float


@dataclass(frozen=True, slots=True)
class Overreaching:
    """Under-recovery in stages."""

    balance: float
    balance_mornings: int
    balance_full: float
    strain_z: float
    recent_days: int
    recent_needed: int
    base_days: int
    base_needed: int
    own_days: int
    log_spread_floor: float
    exertion_strength: float
    performance_strength: float
    strain_days: int
    answers: int
    low_answers: int
    answers_within_days: int
    signs_needed: int
    persistent_days: int
    resting_balance: float


@dataclass(frozen=True, slots=True)
class Strength:
    """Strength work recorded."""

    window_days: int
    runs_needed: int
    score: float


@dataclass(frozen=True, slots=True)
class Fusion:
    """How channels become one score and a level."""

    self_report: float
    load: float
    heart_rate: float
    form: float
    environment: float
    cap_without_self_report: float
    cap_one_channel: float
    possible: float
    likely: float
    strong: float
    report: float
    agreeing: float
    least_quality: float


@dataclass(frozen=True, slots=True)
class Contexts:
    """Circumstances in which a load figure means something else."""

    race_days: int
    race_m_per_day: float
    race_longest_days: int
    event_m: float
    event_tenths: int
    event_days: int
    break_days: int
    after_break_days: int
    after_illness_days: int
    taper_first_week: float
    taper_last_week: float
    taper_base_days: int
    taper_runs: int
    travel_h: float
    travel_days: int
    travel_days_per_h: float
    travel_longest_days: int
    hot_days: int
    hot_within_days: int
    very_hot_within_days: int
    red_flag_days: int
    late_sync_days: int
