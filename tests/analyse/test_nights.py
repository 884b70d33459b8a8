"""Promises about whole verdicts: honest in time, blind to order, patient while learning."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.analyse.assess import HORIZON, Slot, assess, assess_nights
from service.analyse.diary import diary_of
from service.domain.finding import Cause, Channel, Context, Level, State
from service.domain.history import CheckIn, History, Profile, StrengthHabit
from service.domain.record import to_json
from tests.analyse.people import CONSTANTS, answers, heart_rate, history, on, run, session, steady

RATED = {"perceived_exertion": 6.0}


def verdict(past: History, day: int):
    return assess_nights(past, [on(day)], CONSTANTS)[0]


def made_up(seed: int, days: int = 120) -> History:
    """Runs with and without heart rate, football, rides, strength, answers on some days."""
    dice = Random(seed)
    sessions = steady(days, seed=seed, with_hr=seed % 2 == 0)
    sports = ("Soccer", "Ride", "WeightTraining", "Quidditch", "VirtualRun")
    for day in range(0, days, 3):
        known = RATED if dice.random() < 0.5 else {}
        sessions.append(session(day, sport=dice.choice(sports), minutes=dice.uniform(20, 100), **known))
    said = [
        CheckIn(on(day), legs=dice.randint(1, 4), soreness=dice.randint(1, 5), fatigue=dice.randint(1, 5))
        for day in range(days)
        if dice.random() < 0.6
    ]
    return history(sessions, said)


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_a_night_sees_nothing_of_its_own_day_or_later(seed):
    """Everything from the night on is cut away: not a digit of the verdict moves."""
    past = made_up(seed)
    nights = [on(day) for day in range(30, 121, 7)]
    for night, whole in zip(nights, assess_nights(past, nights, CONSTANTS), strict=True):
        assert to_json(assess_nights(past.before(night), [night], CONSTANTS)[0]) == to_json(whole)


def test_a_replay_and_a_nightly_batch_say_the_same():
    """One code over columns, whether they are one athlete's nights or many athletes' one."""
    people = [made_up(seed) for seed in (1, 2, 3)]
    nights = [on(100), on(90), on(121)]
    slots = [
        Slot(diary_of(past, CONSTANTS, night), night, past.profile, past.synced_at)
        for past, night in zip(people, nights, strict=True)
    ]
    batch = list(assess(slots, CONSTANTS))
    assert batch == [
        assess_nights(past, [on(80), night], CONSTANTS)[1] for past, night in zip(people, nights, strict=True)
    ]


def test_the_order_of_sessions_and_nights_does_not_matter():
    """Shuffled input and shuffled nights give the same verdicts."""
    past = made_up(5)
    mixed = list(past.activities)
    Random(1).shuffle(mixed)
    nights = [on(100), on(60), on(101)]
    forth = assess_nights(past, nights, CONSTANTS)
    back = assess_nights(replace(past, activities=tuple(mixed)), nights[::-1], CONSTANTS)
    assert forth == back[::-1]


def test_the_same_input_gives_the_same_verdict():
    """No clock, no chance."""
    assert verdict(made_up(6), 110) == verdict(made_up(6), 110)


def test_what_lies_beyond_the_horizon_changes_nothing():
    """A service that keeps two years says what a replay of ten years says."""
    old = steady(500, seed=9, with_hr=True)
    recent = steady(800, seed=3, with_hr=True)[-200:]
    ancient = [replace(a, start=a.start - HORIZON, external_id=f"old-{a.external_id}") for a in old]
    assert verdict(history([*ancient, *recent]), 800) == verdict(history(recent), 800)


def test_no_nights_asked_no_verdicts_given():
    """An empty question has an empty answer."""
    assert assess_nights(made_up(1), [], CONSTANTS) == []
    assert list(assess([], CONSTANTS)) == []


def test_an_empty_history_is_learning():
    """Nothing known is said as such: no score, no finding, no number."""
    found = verdict(history([]), 50)
    assert found.state is State.LEARNING
    assert (found.score, found.fitness, found.findings) == (None, None, ())
    assert found.learning is not None
    assert (found.learning.seen, found.learning.days_seen) == (0, 0)


def test_learning_counts_sessions_and_days():
    """ "7 of 10 sessions" is a result."""
    found = verdict(history([run(day) for day in range(0, 21, 3)]), 21)
    assert found.state is State.LEARNING
    assert found.learning is not None
    assert (found.learning.seen, found.learning.needed) == (7, 10)
    assert (found.learning.days_seen, found.learning.days_needed) == (21, 42)


def test_the_score_begins_on_the_twenty_eighth_day():
    """Defined on every night from then on, and within 0..1."""
    past = made_up(1)
    found = assess_nights(past, [on(day) for day in range(1, 121)], CONSTANTS)
    first = min(a.training_day for a in past.activities)
    scores = {(a.night - first).days: a.score for a in found}
    assert all((score is None) == (day < 28) for day, score in scores.items())
    assert all(0.0 <= score <= 1.0 for score in scores.values() if score is not None)


@given(st.lists(st.tuples(st.integers(0, 40), st.floats(1.0, 60.0)), max_size=9))
@settings(max_examples=30, deadline=None)
def test_no_rule_fires_below_the_minimum_of_data(runs):
    """Whatever nine runs of six weeks look like, they are too few."""
    sessions = [run(day, km, external_id=str(n)) for n, (day, km) in enumerate(runs)]
    assert verdict(history(sessions), 41).findings == ()


def test_another_sport_never_makes_a_session_spike():
    """A long ride beside steady runs is load, not a long run."""
    past = steady(90)
    ride = session(89, sport="Ride", minutes=400, distance_m=120_000.0)
    rules = {f.rule for f in verdict(history([*past, ride]), 90).findings}
    assert "session_spike" not in rules


def spiked(km: float) -> History:
    return history([a for a in steady(89) if a.distance_m < 15_000] + [run(89, km)])


def test_a_much_longer_run_warns_at_once():
    """More than twice the longest of 30 days: one channel suffices, with its numbers and its run."""
    found = verdict(spiked(32.0), 90)
    assert found.state is State.WARN
    leading = found.leading
    assert leading is not None
    assert (leading.cause, leading.rule, leading.tier) == (Cause.MUSCLE_FATIGUE, "session_spike", "large")
    assert leading.safety
    assert leading.level is Level.POSSIBLE
    assert leading.until == on(95)  # 32 km: a day for every six
    assert leading.evidence[0].what == "longest_run"
    assert leading.evidence[0].value == pytest.approx(32_000)
    assert leading.evidence[0].baseline is not None
    assert leading.evidence[0].baseline < 15_000
    assert leading.evidence[0].activity_id == "89-1700-Run"
    assert "self_report" in leading.unseen


def test_an_answer_given_before_a_very_long_run_cannot_take_its_warning_back():
    """More than twice the longest of 30 days is written about on one channel alone."""
    calm = answers([80, 82, 84, 86], soreness=4, legs=3, fatigue=4)
    found = verdict(replace(spiked(36.0), checkins=tuple(calm)), 90)
    assert (found.state, found.leading.tier, found.leading.level) == (State.WARN, "large", Level.POSSIBLE)


def test_a_somewhat_longer_run_is_watched():
    """One channel alone is never more than possible."""
    found = verdict(spiked(15.0 * 1.2), 90)
    assert found.state is State.WATCH
    assert found.findings[0].tier in {"small", "moderate"}
    assert set(found.findings[0].channels) == {Channel.LOAD}


def test_after_a_break_the_base_is_unknown_and_said():
    """A first run after three weeks is a return, not a ratio."""
    past = [a for a in steady(90) if a.training_day < on(60)] + [run(84, 20.0)]
    found = verdict(history(past), 86)
    assert Context.RETURN_FROM_BREAK in found.contexts
    assert all(f.rule != "session_spike" for f in found.findings)
    assert found.longest_safe_m is None


def test_the_ceiling_of_the_next_run_is_told_beforehand():
    """1.10 × the longest run of the last 30 days."""
    found = verdict(history([run(day, 10.0 if day % 10 else 14.0) for day in range(1, 60, 3)]), 60)
    assert found.longest_safe_m == pytest.approx(1.1 * 14_000)


def hard_days() -> History:
    """Usual football every other day, two long days, tired mornings after them."""
    hard = [
        session(88, sport="Soccer", minutes=150, **RATED),
        session(89, sport="Soccer", minutes=160, **RATED),
    ]
    usual = [session(day, sport="Soccer", minutes=70, **RATED) for day in range(0, 88, 2)]
    said = answers(range(88), soreness=4, fatigue=4) + answers([88, 89, 90], soreness=2, fatigue=2)
    return history([*usual, *hard], said)


def test_sore_answers_after_hard_days_are_likely():
    """Two channels agree: the load of the last days and what the athlete says."""
    found = verdict(hard_days(), 90)
    assert found.state is State.WARN
    assert found.level is Level.LIKELY
    assert found.findings[0].rule == "hard_days"
    assert {e.what for e in found.findings[0].evidence} >= {"day_load", "week_load", "soreness", "fatigue"}


def test_after_a_day_of_rest_the_hard_days_are_shown_not_the_rest():
    """A load of nought would be no evidence of hard days."""
    past = hard_days()
    two = tuple(each for each in past.checkins if not on(84) <= each.date <= on(88))  # mornings are no week
    leading = verdict(replace(past, checkins=two), 91).findings[0]
    assert leading.rule == "hard_days"
    shown = leading.evidence[0]
    assert (shown.what, shown.first_day, shown.last_day) == ("recent_load", on(88), on(90))
    assert shown.baseline is not None
    assert shown.value > 2 * shown.baseline


def test_a_day_hardly_harder_opens_no_mail():
    """Where yesterday was all but usual, the days before it are what stood out."""
    past = hard_days()
    spread = [each for each in past.activities if each.training_day != on(89)]
    almost = session(89, sport="Soccer", minutes=72, **RATED)
    leading = verdict(replace(past, activities=(*spread, almost)), 90).findings[0]
    assert leading.rule == "hard_days"
    assert (leading.evidence[0].what, leading.evidence[0].first_day) == ("recent_load", on(87))


def test_low_answers_alone_warn_of_nothing():
    """Poor legs in a steady time: seen, not written about."""
    said = answers(range(85), soreness=4, fatigue=4, legs=3) + answers([85, 86, 87, 88], soreness=1, legs=1)
    assert verdict(history(steady(86), said), 89).state is not State.WARN


def test_before_an_own_mean_a_low_answer_is_taken_as_it_is():
    """Three answers are no mean; very sore is very sore."""
    said = answers([87, 88], soreness=1, legs=1)
    found = verdict(spiked(18.0), 90)
    told = verdict(replace(spiked(18.0), checkins=tuple(said)), 90)
    assert Channel.SELF_REPORT not in found.findings[0].channels
    assert told.findings[0].channels[Channel.SELF_REPORT] == CONSTANTS.fatigue.low_answer
    fine = verdict(replace(spiked(18.0), checkins=tuple(answers([88], soreness=5, legs=4))), 90)
    assert fine.findings[0].channels[Channel.SELF_REPORT] == 0.0
    assert "self_report" in fine.findings[0].ruled_out


def overloaded(shift: float, exertion: float, said: int) -> History:
    """Twelve weeks on one's own line, then two weeks of 80 % more at a moved heart rate."""
    dice = Random(4)
    sessions = []
    for day in range(98):
        if day % 7 not in {0, 1, 3, 4, 6}:
            continue
        late = day >= 84
        pace = dice.uniform(300, 360)
        rated = 4.0 + (exertion if late else 0.0)
        beats = heart_rate(pace, (shift if late else 1.0) * dice.gauss(1.0, 0.008))
        sessions.append(
            run(day, 9.0 * (1.8 if late else 1.0), pace_s=pace, perceived_exertion=rated, **beats)
        )
    return history(
        sessions, answers(range(84), fatigue=4, legs=3) + answers(range(84, 98), fatigue=said, legs=3)
    )


def test_lower_heart_rate_with_tired_answers_is_possible_overreaching():
    """Le Meur 2013: the overreached runner's heart rate falls too."""
    found = verdict(overloaded(0.93, 2.0, 2), 98)
    rules = {f.rule: f for f in found.findings}
    assert "possible_overreaching" in rules
    strained = rules["possible_overreaching"]
    assert strained.level in {Level.LIKELY, Level.STRONG}
    assert {"hr_at_own_speed", "fatigue", "load_balance"} <= {e.what for e in strained.evidence}
    assert next(e.value for e in strained.evidence if e.what == "hr_at_own_speed") < -3


def test_lower_heart_rate_with_fresh_answers_is_fitter():
    """The decisive pair: same heart rate, same load, fresh legs; no warning of overreaching."""
    found = verdict(overloaded(0.93, -0.5, 5), 98)
    assert all(f.rule not in {"possible_overreaching", "persistent_overreaching"} for f in found.findings)


@pytest.mark.parametrize("shift", [0.92, 1.08])
def test_without_any_word_of_the_athlete_it_is_watched_and_asked(shift):
    """Load and heart rate agree, nobody was asked: nothing that could be mailed."""
    quiet = overloaded(shift, 0.0, 4)
    unrated = tuple(replace(a, perceived_exertion=None) for a in quiet.activities)
    found = verdict(History(unrated), 98)
    strained = next(f for f in found.findings if f.cause is Cause.OVERREACHING)
    assert (strained.rule, strained.level) == ("strain", None)
    assert Channel.HEART_RATE not in strained.channels
    assert "heart_rate_alone" in strained.unseen
    assert found.state is not State.WARN


@pytest.mark.parametrize("exertion", [-1.0, 0.0])
@pytest.mark.parametrize("shift", [0.93, 1.07])
def test_a_heart_rate_that_moved_beside_no_complaint_is_no_channel(shift, exertion):
    """The matrix of heart rate and feeling: fresh legs make a lower one fitness and a higher one weather."""
    for found in assess_nights(overloaded(shift, exertion, 5), [on(d) for d in range(86, 99)], CONSTANTS):
        assert all(f.channels.get(Channel.HEART_RATE, 0.0) == 0.0 for f in found.findings)


def test_a_heart_rate_that_moved_beside_harder_runs_is_one():
    """Perceived exertion is a word too: no morning answer is needed."""
    past = overloaded(0.93, 2.0, 4)
    usual = {on(94), on(97)}  # runs of the usual length, to be compared
    shorter = [replace(a, moving_s=a.moving_s / 1.8, distance_m=9000.0) for a in past.activities]
    pairs = zip(past.activities, shorter, strict=True)
    found = verdict(history([b if a.training_day in usual else a for a, b in pairs]), 98)
    strained = next(f for f in found.findings if f.cause is Cause.OVERREACHING)
    assert strained.rule == "possible_overreaching"
    assert strained.channels[Channel.HEART_RATE] >= 0.5


def test_tired_answers_that_rest_does_not_mend_are_persistent():
    """Two weeks of signs and an easy week: time to ask someone."""
    hard = overloaded(0.93, 2.0, 2)
    easy = [
        run(day, 4.0, pace_s=330, perceived_exertion=7.0, **heart_rate(330, 0.93))
        for day in (99, 101, 103, 105)
    ]
    said = answers(range(98, 108), fatigue=2, legs=2)
    past = history([*hard.activities, *easy], [*hard.checkins, *said])
    rules = {
        f.rule
        for night in assess_nights(past, [on(d) for d in range(99, 109)], CONSTANTS)
        for f in night.findings
    }
    assert "possible_overreaching" in rules


@pytest.mark.parametrize(
    ("context", "past"),
    [
        (Context.RACE, history([*steady(88), run(88, 21.1, workout_type=1)])),
        (Context.ILLNESS, history(steady(90), [CheckIn(on(87), ill=True)])),
        (Context.PAIN, history(steady(90), [CheckIn(on(87), pain=True), CheckIn(on(88), ill=False)])),
        (Context.TRAVEL, history([*steady(88), run(88, 8.0, utc_offset_s=-18_000)])),
        (Context.LATE_SYNC, history(steady(90), synced_at=datetime(2025, 3, 31, tzinfo=UTC))),
        (
            Context.TAPER,
            history([*steady(76), run(77, 8), run(79, 8), run(82, 8), run(85, 5), run(88, 4)]),
        ),
    ],
)
def test_circumstances_are_named(context, past):
    """Each stands beside the verdict and only where it holds."""
    assert context in verdict(past, 90).contexts
    assert context not in verdict(history(steady(90)), 90).contexts


def test_a_red_flag_can_be_taken_back():
    """A later no ends it."""
    said = [CheckIn(on(86), pain=True), CheckIn(on(88), pain=False)]
    assert Context.PAIN not in verdict(history(steady(90), said), 90).contexts


def test_missing_strength_work_is_taught_never_warned_of():
    """Last in the list, without a level; silent once the athlete says they do some elsewhere."""
    found = verdict(history(steady(90)), 90)
    assert found.findings[-1].cause is Cause.STRENGTH
    assert found.findings[-1].level is None
    for habit in (StrengthHabit.SOMETIMES, StrengthHabit.WEEKLY):
        told = verdict(history(steady(90), profile=Profile(strength_habit=habit)), 90)
        assert all(f.cause is not Cause.STRENGTH for f in told.findings)
    lifted = verdict(history([*steady(90), session(70, sport="WeightTraining")]), 90)
    assert all(f.cause is not Cause.STRENGTH for f in lifted.findings)


@pytest.mark.parametrize("with_hr", [False, True])
def test_a_steady_runner_is_hardly_ever_warned(with_hr):
    """A year of ordinary weeks: less than one warned night a month."""
    past = history(steady(365, seed=11, with_hr=with_hr))
    nights = assess_nights(past, [on(day) for day in range(60, 366)], CONSTANTS)
    assert sum(night.state is State.WARN for night in nights) <= 10


def test_a_race_and_hard_minutes_are_named_as_such():
    """The loudest observation of load names the rule."""
    raced = verdict(history([*steady(88), run(88, 21.1, workout_type=1)]), 90)
    assert raced.findings[0].rule == "race"
    assert raced.findings[0].evidence[0].what == "race"
    easy = [run(day, 8.0, perceived_exertion=3.0) for day in range(0, 88, 2)]
    hard = verdict(history([*easy, run(89, 8.2, perceived_exertion=9.0)]), 90)
    assert hard.findings[0].rule == "hard_minutes"
    assert hard.findings[0].evidence[0].what == "hard_minutes"


def test_low_answers_without_load_are_named_as_such():
    """No session is blamed for what only the athlete reported."""
    said = answers(range(85), soreness=4) + answers(range(85, 93), soreness=1)
    found = verdict(history([a for a in steady(90) if a.training_day < on(84)], said), 92)
    leading = found.leading
    assert leading is not None
    assert leading.rule == "low_answers"
    assert leading.evidence[0].what in ("soreness", "legs")  # a mail opens with what it is named after
    assert leading.channels[Channel.LOAD] == 0.0
    assert found.state is not State.WARN


def test_unseen_names_what_could_not_be_seen():
    """Silence of a channel is said, not taken for health."""
    football = history([session(day, sport="Soccer", **RATED) for day in range(0, 90, 2)])
    assert set(verdict(football, 90).unseen) == {"check_in", "heart_rate", "heart_rate_baseline", "distance"}
    bare = history([session(day, sport="Soccer") for day in range(0, 90, 2)])
    assert "precise_load" in verdict(bare, 90).unseen


def test_a_late_sync_is_counted_from_the_night():
    """Data read yesterday are fresh."""
    fresh = history(
        steady(90), synced_at=datetime.combine(on(90) - timedelta(days=1), datetime.min.time(), UTC)
    )
    assert Context.LATE_SYNC not in verdict(fresh, 90).contexts


def test_weeks_with_strength_work_are_counted_once_each():
    """Of the last twelve; two sessions in a week are one week of it."""
    lifts = [session(day, sport="WeightTraining", minutes=40) for day in (1, 60, 61, 75, 97)]
    assert verdict(history([*steady(99), *lifts]), 100).strength_weeks == 3
    assert verdict(history(steady(99)), 100).strength_weeks == 0
