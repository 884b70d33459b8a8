"""The rules on single runs: what each must see before it speaks, and what keeps it silent."""

from dataclasses import replace
from datetime import time

import pytest

from service.analyse.assess import assess_nights
from service.analyse.diary import ROW, diary_of
from service.analyse.kilometres import kilometres_of
from service.domain.activity import Activity
from service.domain.finding import Cause, Channel, Level, State
from service.domain.history import Profile
from service.domain.record import to_json
from tests.analyse.people import CONSTANTS, answers, heart_rate, history, on, run, session
from tests.analyse.runs import detailed, usual

STEPS = 168.0
PACE, BEATS = 330.0, heart_rate(330.0)["average_hr"]
TIRED = answers(range(40), legs=4, soreness=5) + answers([68, 69], legs=1, soreness=1)


def verdict(sessions, said=(), day=70):
    return assess_nights(history(sessions, said), [on(day)], CONSTANTS)[0]


def rule(name, sessions, said=(), day=70):
    """The finding of that rule, or None."""
    return next((f for f in verdict(sessions, said, day).findings if f.rule == name), None)


def warm(day, hr=BEATS, c=28.0, **known):
    return detailed(day, hr=hr, temperature_c=c, **known)


COOL = usual(range(69), temperature_c=14.0)
HOT = warm(69, BEATS * 1.08)


def heat(sessions, said=(), day=70):
    return rule("heat_and_fluid_strain", sessions, said, day)


def test_a_warm_run_with_a_higher_heart_rate_is_heat_strain():
    """Environment and heart rate agree: likely, with its numbers, and the card of emergencies."""
    found = heat([*COOL, HOT])
    assert (found.cause, found.level, found.tier) == (Cause.HEAT_AND_FLUID, Level.LIKELY, "very_high")
    assert found.safety
    assert set(found.channels) == {Channel.ENVIRONMENT, Channel.HEART_RATE}
    shown = {e.what: e for e in found.evidence}
    assert shown["temperature"].value == 28.0
    assert shown["temperature"].baseline == 14.0
    assert shown["hr_in_heat"].value / shown["hr_in_heat"].baseline == pytest.approx(1.08, abs=0.01)
    assert {"humidity", "drinking", "self_report"} == set(found.unseen)


@pytest.mark.parametrize(
    ("tier", "sessions"),
    [
        ("very_high", [*COOL, warm(69, BEATS * 1.09, 31.0)]),
        (
            "high",
            [*COOL, *[warm(d, c=31.0) for d in (59, 61, 63, 65, 67)], warm(69, BEATS * 1.09)],
        ),  # used to it
        ("high", [*COOL, warm(69, BEATS * 1.09, 21.0)]),  # caution, one step harsher
        ("low", [*COOL, warm(69, BEATS * 1.09, 19.0)]),  # only the warmest of the own last weeks
        ("low", [*COOL, warm(69, BEATS * 1.045, 19.5)]),
    ],
)
def test_heat_tiers_know_who_is_used_to_warmth(tier, sessions):
    """A ladder of temperatures; one step up from caution on for who has hardly run in such warmth."""
    assert heat(sessions).tier == tier


@pytest.mark.parametrize(
    "sessions",
    [
        [*COOL, warm(69)],  # heart rate as always
        [*COOL, warm(69, BEATS * 1.03)],  # hardly higher
        [*COOL, warm(69, BEATS * 1.08, km=7)],  # too short
        [*COOL, warm(69, BEATS * 1.08, 14.0)],  # not warm at all
        [*COOL, warm(69, BEATS * 1.08, 17.0), *[warm(d, c=18.0) for d in range(30, 60, 3)]],  # not for them
        [*COOL, warm(69, BEATS * 1.08, trainer=True)],  # a treadmill
        [*COOL, warm(69, BEATS * 1.08, None)],  # no thermometer
        [*COOL, warm(69, BEATS * 1.08, spm=BEATS * 1.08)],  # the sensor may have counted steps
        [
            *usual(range(60, 69), temperature_c=14.0),
            *[run(d) for d in range(0, 60, 2)],
            HOT,
        ],  # too few like it
    ],
)
def test_without_strain_there_is_no_heat_finding(sessions):
    """A warm day by itself is no reason to speak."""
    assert heat(sessions) is None


def test_heat_is_weighed_with_the_answers():
    """Who says they feel fine is believed; who says not makes it surer."""
    fine, poor = (heat([*COOL, HOT], said) for said in (answers(range(70), legs=4, soreness=5), TIRED))
    assert fine.level in {None, Level.POSSIBLE}
    assert "self_report" in fine.ruled_out
    assert poor.level is Level.STRONG
    assert {"legs", "soreness"} <= {e.what for e in poor.evidence}


def test_a_mildly_higher_heart_rate_is_watched_not_written_about():
    """What a warm day costs by itself is one channel, and no safety matter."""
    found = verdict([*COOL, warm(69, BEATS * 1.047)])
    assert found.findings[0].rule == "heat_and_fluid_strain"
    assert not found.findings[0].safety
    assert found.state is State.WATCH


@pytest.mark.parametrize(
    ("tipped", "last"),
    [
        (True, warm(69, None, 31.0)),  # very warm, heart rate not seen
        (True, warm(69, None, 26.0, km=12, pace_s=[330.0] * 8 + [380.0] * 4)),  # warm, and slower late
        (False, warm(69, None, 21.0, km=9, pace_s=[300.0] * 6 + [350.0] * 3)),  # neither long nor warm enough
        (False, warm(69, BEATS, 31.0)),  # heart rate was seen and was as always
    ],
)
def test_without_a_heart_rate_a_hot_run_is_a_tip(tipped, last):
    """Without a level, below any threshold, after everything else but strength."""
    cool = [*COOL, *[warm(day, c=21.0) for day in range(57, 67, 2)]]
    found = rule("hot_run", [*cool, last])
    assert (found is not None) == tipped
    if found is not None:
        assert found.level is None
        assert found.score < CONSTANTS.fusion.report


def loose(day, drift=0.0, km=12, c=14.0):
    """An even run whose heart rate rises by a share in its second half."""
    return detailed(day, km=km, hr=[BEATS] * 7 + [BEATS * (1 + drift)] * (km - 7), temperature_c=c)


@pytest.mark.parametrize(
    ("strained", "before", "last"),
    [
        (True, [loose(day, 0.01) for day in range(1, 66, 8)], loose(69, 0.09, c=27.0)),
        (False, [loose(day, 0.08) for day in range(1, 66, 8)], loose(69, 0.07, c=27.0)),  # always does
        (False, [loose(day, 0.01) for day in range(1, 34, 8)][:3], loose(69, 0.09, c=27.0)),  # too few
    ],
)
def test_heart_rate_that_comes_loose_in_the_warmth_is_strain(strained, before, last):
    """Own decoupling on runs of like length; heart rate over the whole run says nothing here."""
    faster = [detailed(day, pace_s=280.0, hr=165.0, temperature_c=14.0) for day in range(0, 68, 3)]
    assert (heat([*faster, *before, last]) is not None) == strained


STEADY_STEPS = usual(range(60), device="watch", gear_id="g1")


def stepping(day, steps=STEPS * 0.95, **known):
    return detailed(day, hr=BEATS, spm=steps, **({"device": "watch", "gear_id": "g1"} | known))


SLOW_STEPS = [stepping(day) for day in (65, 67, 69)]


def test_fewer_steps_at_the_same_speed_are_possible_not_more():
    """One channel, watched; with heavy legs in the same days two, likely."""
    first = rule("fewer_steps", [*STEADY_STEPS, *SLOW_STEPS])
    assert (first.cause, first.level) == (Cause.RUNNING_FORM, Level.POSSIBLE)
    assert verdict([*STEADY_STEPS, *SLOW_STEPS]).state is State.WATCH
    assert first.evidence[0].value / first.evidence[0].baseline == pytest.approx(0.95, abs=0.01)
    assert "new_shoes" not in first.unseen
    told = rule("fewer_steps", [*STEADY_STEPS, *SLOW_STEPS], TIRED)
    assert told.level is Level.LIKELY
    fine = rule("fewer_steps", [*STEADY_STEPS, *SLOW_STEPS], answers(range(70), legs=4, soreness=5))
    assert fine.level is Level.POSSIBLE
    assert "self_report" in fine.ruled_out


@pytest.mark.parametrize(
    "recent",
    [
        [stepping(day, STEPS) for day in (65, 67, 69)],  # as always
        [stepping(day, STEPS * 1.05) for day in (65, 67, 69)],  # more steps are no reason
        [stepping(day, device="new") for day in (65, 67, 69)],  # another watch counts otherwise
        [stepping(day, sport="TrailRun") for day in (65, 67, 69)],  # trails change steps
        [stepping(day, trainer=True) for day in (65, 67, 69)],  # so do treadmills
        [stepping(day, climb_m=60.0) for day in (65, 67, 69)],  # and hills
        [stepping(day, None) for day in (65, 67, 69)],  # not seen
        [stepping(day, pace_s=600.0) for day in (65, 67, 69)],  # walking
    ],
)
def test_steps_that_have_a_reason_are_no_finding(recent):
    """Compared are road runs with the same watch at running speed."""
    assert rule("fewer_steps", [*STEADY_STEPS, *recent]) is None


def test_new_shoes_are_named():
    """They may explain it all."""
    worn = [stepping(day, gear_id="g2") for day in (65, 67, 69)]
    assert "new_shoes" in rule("fewer_steps", [*STEADY_STEPS, *worn]).unseen


def tiring(day, fade, **known):
    steps = [STEPS] * 8 + [STEPS * (1 + fade)] * 2
    return detailed(day, hr=BEATS, spm=steps, **({"device": "watch", "gear_id": "g1"} | known))


@pytest.mark.parametrize(
    ("faded", "last"),
    [
        (True, [tiring(65, -0.06), tiring(67, 0.0), tiring(69, -0.06)]),  # two of three
        (False, [tiring(65, 0.0), tiring(67, 0.0), tiring(69, -0.06)]),  # once
        (False, [tiring(65, -0.02), tiring(67, -0.02), tiring(69, -0.02)]),  # hardly
        (False, [tiring(65, -0.06, laps=()), tiring(67, -0.06, laps=()), tiring(69, -0.06, laps=())]),
    ],
)
def test_steps_that_fade_late_are_told_from_laps(faded, last):
    """In most of the last runs, deeper than the athlete's own usual."""
    found = rule("late_fade", [*STEADY_STEPS, *last])
    assert (found is not None) == faded
    if found is not None:
        assert "late_cadence" in {e.what for e in found.evidence}


def long_run(day, *, fade=0.10, rise=-0.01, at=time(9), km=18, **known):
    """A run whose last third is slower by a share and whose heart then beats otherwise by another."""
    third = km // 3
    paces = [330.0] * (km - third) + [330.0 / (1 - fade)] * third
    hearts = [150.0] * (km - third) + [150.0 * (1 + rise)] * third
    return detailed(day, km=km, pace_s=paces, hr=hearts, at=at, **known)


EARLIER = [long_run(day, at=time(6, 30)) for day in (50, 57)]
SHORT = [run(day) for day in range(0, 69, 3)]


@pytest.mark.parametrize(
    ("possible", "last"),
    [
        (True, long_run(69)),  # slower, and the heart no faster
        (False, long_run(69, rise=0.05)),  # the heart faster: heat or fluid
        (False, long_run(69, fade=0.03)),  # hardly slower
        (False, long_run(69, km=12)),  # not long
        (False, replace(long_run(69), splits=())),  # only its averages are known
        (False, long_run(69, trainer=True)),  # a treadmill
    ],
)
def test_long_runs_that_fade_are_a_question_about_eating(possible, last):
    """Possible at most, with what was seen and how many began before breakfast."""
    found = rule("fading_long_runs", [*SHORT, *EARLIER, last])
    assert (found is not None) == possible
    if found is not None:
        assert found.level is Level.POSSIBLE
        seen = {e.what: e.value for e in found.evidence}
        assert (seen["faded_long_runs"], seen["early_starts"]) == (3, 2)
        assert seen["late_slowing"] == pytest.approx(10, abs=0.2)
        assert verdict([*SHORT, *EARLIER, last]).state is not State.WARN


def test_one_fading_long_run_is_an_accident():
    """And a hidden start says nothing of breakfast."""
    assert rule("fading_long_runs", [*SHORT, long_run(69)]) is None
    unknown = [replace(each, start_hidden=True) for each in EARLIER]
    found = rule("fading_long_runs", [*SHORT, *unknown, long_run(69)])
    assert "early_starts" not in {e.what for e in found.evidence}


def test_heavy_legs_never_make_fuelling_more_than_possible():
    """Tired muscles look the same."""
    assert rule("fading_long_runs", [*SHORT, *EARLIER, long_run(69)], TIRED).level is Level.POSSIBLE


FLAT = usual(range(68), climb_m=2.0)


def downhill(day, metres=60.0, km=8, **known):
    return detailed(day, km=km, hr=BEATS, climb_m=[-metres] * (km - 2) + [0.0] * 2, **known)


def test_a_novel_descent_is_named_and_asks_for_easy_days():
    """Metres down beside the most of six weeks, until 72 hours after."""
    found = rule("descent", [*FLAT, downhill(69)])
    assert (found.cause, found.until) == (Cause.MUSCLE_FATIGUE, on(72))
    assert (found.evidence[0].what, found.evidence[0].value, found.evidence[0].baseline) == (
        "descent",
        360,
        0,
    )
    assert "rolling_hills" in found.unseen
    sore = rule("descent", [*FLAT, downhill(69)], TIRED)
    assert sore.level in {Level.LIKELY, Level.STRONG}
    assert verdict([*FLAT, downhill(69)], TIRED).state is State.WARN


@pytest.mark.parametrize(
    "sessions",
    [
        [*FLAT, downhill(69, 20.0)],  # not steep
        [*FLAT, downhill(69, 60.0, km=4)],  # 120 m are an ordinary hill
        [*FLAT, downhill(41), downhill(69)],  # the legs know it
        [*usual(range(68), climb_m=None), downhill(69)],  # nothing to compare with
        [*usual(range(68), climb_m=None), *usual(range(1, 24), climb_m=0.0), downhill(69)],  # too little
        [*FLAT, downhill(69, trainer=True)],  # a treadmill goes nowhere
    ],
)
def test_descents_that_are_ordinary_or_unknown_are_silent(sessions):
    """Own normal, and honest about what altitude is missing."""
    assert rule("descent", sessions) is None


def test_an_ordinary_descent_is_ruled_out_beside_other_findings():
    """And an unknown one stays unseen."""
    big = detailed(69, km=19, hr=BEATS, climb_m=1.0)
    seen, unseen = (rule("session_spike", [*FLAT, each]) for each in (big, replace(big, splits=())))
    assert "descent" in seen.ruled_out
    assert "descent" not in seen.unseen
    assert "descent" in unseen.unseen


def test_a_spike_downhill_stays_a_spike():
    """With the descent among its evidence."""
    found = verdict([*FLAT, downhill(69, km=21)]).findings[0]
    assert found.rule == "session_spike"
    assert "descent" in {e.what for e in found.evidence}
    assert "descent" not in found.unseen


QUICK = [292.0] * 2 + [285.0] * 4
"""Opens hardly slower than the work."""


def fast(day, paces=QUICK, **known):
    return detailed(day, km=len(paces), pace_s=paces, hr=170.0, **known)


@pytest.mark.parametrize(
    ("tipped", "sessions"),
    [
        (True, [fast(69)]),
        (False, [fast(69, [400.0] * 2 + [285.0] * 4)]),  # an easy beginning
        (False, [fast(69, [317.0] + [285.0] * 5)]),  # not so easy, but not cold
        (True, [fast(69, [317.0] + [285.0] * 5, temperature_c=2.0)]),  # in the cold sooner
        (False, [run(69, 2.0, at=time(16, 25)), fast(69)]),  # a warm-up recorded apart
        (False, [run(69, 2.0, at=time(16, 40)), fast(69)]),  # and one joined to it
        (False, [detailed(69, pace_s=330.0, hr=BEATS)]),  # easy runs are never nagged
        (False, [fast(69, trainer=True)]),
    ],
)
def test_a_fast_start_into_a_fast_session_is_a_tip(tipped, sessions):
    """Never a level, never a reason to watch."""
    base = [*usual(range(60)), fast(62, [400.0] * 3 + [280.0] * 5)]
    found = rule("straight_into_hard", [*base, *sessions])
    assert (found is not None) == tipped
    if found is not None:
        assert (found.level, found.channels) == (None, {})
        assert verdict([*base, *sessions]).state is not State.WARN


def stopping(day, at_km=2, seconds=90.0, **known):
    return detailed(day, hr=BEATS, stood_s=[seconds if n == at_km else 0.0 for n in range(10)], **known)


@pytest.mark.parametrize(
    ("asked", "last"),
    [
        (True, [stopping(day) for day in (61, 63, 65, 67, 69)]),
        (
            True,
            [stopping(61, seconds=0.0), *[stopping(day) for day in (63, 65, 67)], stopping(69, seconds=0.0)],
        ),
        (False, [stopping(day, seconds=30.0) for day in (61, 63, 65, 67, 69)]),  # traffic lights
        (False, [stopping(day, at_km=at) for day, at in ((61, 1), (63, 4), (65, 1), (67, 4), (69, 3))]),
        (False, [stopping(day, at_km=8) for day in (61, 63, 65, 67, 69)]),  # late in the run
        (False, [stopping(69)]),  # once
    ],
)
def test_runs_that_stop_at_about_the_same_point_are_a_question(asked, last):
    """In most of the last five, seen only between elapsed and moving time of splits."""
    found = rule("stop_pattern", [*usual(range(60)), *last])
    assert (found is not None) == asked
    if found is not None:
        assert found.level is None
        assert found.evidence[0].what == "stopped_runs"


def test_pauses_of_unknown_place_are_no_pattern():
    """Summaries say how long was stood, not when."""
    last = [replace(run(day), elapsed_s=run(day).moving_s + 120) for day in range(0, 70, 2)]
    assert rule("stop_pattern", last) is None
    undated = [
        replace(each, splits=tuple(replace(split, elapsed_s=None) for split in each.splits))
        for each in usual(range(70))
    ]
    assert rule("stop_pattern", undated) is None


def signals(sessions, day=70):
    return diary_of(history(sessions, profile=Profile(max_hr=190)), on(day), CONSTANTS)


def effort(day, pace_s, rpe=9.0, **known):
    return run(day, 10.0, pace_s=pace_s, perceived_exertion=rpe, **known)


@pytest.mark.parametrize(
    ("expected", "last"),
    [
        (-0.0476, effort(69, 315.0)),  # five per cent slower for a hard effort
        (None, effort(69, 315.0, rpe=5.0)),  # who did not try was not slower
        (None, run(69, 5.0, pace_s=315.0, perceived_exertion=9.0)),  # no run of that length
        (-0.0476, effort(69, 315.0, rpe=None, workout_type=1)),  # a race is an effort
    ],
)
def test_a_decline_of_hard_efforts_is_offered(expected, last):
    """Flat speed over the median of like hard runs, less one; on that day alone."""
    days = signals([*[effort(day, 300.0, rpe=7.0) for day in range(0, 60, 10)], last]).days
    found = days[ROW["performance"]]
    if expected is None:
        assert not (found == found).any()
    else:
        assert found[-1] == pytest.approx(expected, abs=1e-4)


def test_critical_speed_is_a_lower_bound_without_leaps_and_downhills():
    """A kilometre that is a fault of the position, or runs downhill, is not taken."""
    base = usual(range(60))
    own = signals(base).signals.speeds.critical_mps[-1]
    leap = detailed(66, pace_s=[330.0] * 9 + [150.0], hr=BEATS)
    falling = detailed(66, pace_s=250.0, hr=BEATS, climb_m=-25.0)
    for each in (leap, falling):
        assert signals([*base, each]).signals.speeds.critical_mps[-1] == pytest.approx(own)
    faster = detailed(66, pace_s=300.0, hr=BEATS)
    assert signals([*base, faster]).signals.speeds.critical_mps[-1] > own


def test_hard_kilometres_count_once_nearly_all_runs_have_splits():
    """By heart rate, or above critical speed without one; else only sessions that were hard as a whole."""
    beats = [BEATS] * 7 + [163.0] * 3
    intervals = detailed(69, pace_s=[330.0] * 7 + [290.0] * 3, hr=beats)
    known = signals([*usual(range(68)), intervals]).signals.speeds.hard_min
    assert known[-1] == pytest.approx(14.5)
    blind = detailed(69, pace_s=[330.0] * 9 + [200.0])
    plain = usual(range(68), hr=None)
    assert (
        signals([*plain, fast(50, [300.0] * 6, hr=None) if False else blind]).signals.speeds.hard_min[-1] >= 0
    )
    mixed = [*[run(day) for day in range(0, 68, 2)], *usual(range(51, 68))[:5], intervals]
    assert signals(mixed).signals.speeds.hard_min[-1] == 0
    rated = replace(intervals, perceived_exertion=8.0)
    assert signals([*usual(range(68)), rated]).signals.speeds.hard_min[-1] == pytest.approx(53.0, abs=0.2)


def test_splits_that_cannot_be_are_left_out():
    """Leaps, standing and the last metres; Strava's adjusted speed only within reason."""
    good = detailed(69, hr=BEATS)
    bad = tuple(
        replace(split, **change)
        for split, change in zip(
            good.splits,
            [{}, {"moving_s": 40}, {"moving_s": 5000}, {"distance_m": 30.0}, {"average_hr": 30.0},
             {"grade_adjusted_mps": 3.3}, {"grade_adjusted_mps": 9.0}, {}, {}, {}],
            strict=True,
        )
    )  # fmt: skip
    activity: Activity = replace(good, splits=bad)
    diary = signals([activity])
    table = kilometres_of(diary.sessions, diary.activities, CONSTANTS)
    assert list(table.place) == [0, 4, 5, 6, 7, 8, 9]
    assert list(table.hr != table.hr) == [False, True, False, False, False, False, False]
    assert table.flat_mps[[2, 3]] == pytest.approx([3.3, 1000 / 330])


@pytest.mark.parametrize(
    "spoilt",
    [
        detailed(1, km=6, hr=BEATS),  # too short
        detailed(1, km=14, pace_s=[300.0, 400.0] * 7, hr=BEATS),  # uneven
        detailed(1, km=14, hr=[BEATS] * 6 + [None] * 8),  # heart rate lost
        detailed(1, km=14, hr=BEATS, stood_s=[0.0, 300.0] + [0.0] * 12),  # a stop cools the heart
        detailed(1, km=14, hr=BEATS, climb_m=[10.0] * 7 + [-10.0] * 7),  # up, then down
    ],
)
def test_decoupling_has_its_preconditions(spoilt):
    """Else the two halves are not alike."""
    assert signals([spoilt]).signals.drift.decoupling[0] != signals([spoilt]).signals.drift.decoupling[0]
    even = signals([detailed(1, km=14, hr=BEATS)]).signals.drift.decoupling[0]
    assert even == pytest.approx(0.0, abs=1e-12)


def test_what_single_runs_could_not_show_is_unseen():
    """Named once a month has runs and none carries it; athletes of other sports are not bothered."""
    bare = set(verdict([run(day) for day in range(0, 70, 2)]).unseen)
    assert {"temperature", "cadence", "kilometres"} <= bare
    rich = set(verdict(usual(range(70), temperature_c=14.0)).unseen)
    assert not {"temperature", "cadence", "kilometres"} & rich
    football = verdict([session(day, sport="Soccer") for day in range(0, 70, 2)])
    assert not {"temperature", "cadence", "kilometres"} & set(football.unseen)


def test_no_rule_on_single_runs_speaks_without_a_history():
    """Nine of everything at once are too few."""
    wild = [warm(60 + n, BEATS * 1.1, 33.0, climb_m=-70.0, spm=150.0) for n in range(9)]
    assert verdict(wild).findings == ()


def test_a_night_sees_no_later_run_in_any_signal():
    """Everything from the night on cut away: not a digit moves."""
    dozens = [*COOL, HOT, *EARLIER, downhill(66), *[stopping(day, spm=150.0) for day in (71, 73, 75)]]
    past = history(dozens)
    for day in range(50, 76, 3):
        whole = assess_nights(past, [on(day), on(76)], CONSTANTS)[0]
        alone = assess_nights(past.before(on(day)), [on(day)], CONSTANTS)[0]
        assert to_json(whole) == to_json(alone)
