"""Heat and fluid strain: a warm run with a higher heart rate, and what keeps the rule silent."""

import pytest

from service.domain.finding import Cause, Channel, Level, State
from tests.analyse.people import CONSTANTS, on, run
from tests.analyse.runs import detailed, usual
from tests.analyse.seventieth import BEATS, FINE, TIRED, rule, verdict


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
        ("low", [*COOL, warm(69, BEATS * 1.055, 19.5)]),
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
    fine, poor = (heat([*COOL, HOT], said) for said in (FINE, TIRED))
    assert fine.level in {None, Level.POSSIBLE}
    assert "self_report" in fine.ruled_out
    assert poor.level is Level.STRONG
    assert {"legs", "soreness"} <= {e.what for e in poor.evidence}


@pytest.mark.parametrize(
    ("seen", "warm_runs"),
    [
        (True, [warm(67, BEATS * 1.047), warm(69, BEATS * 1.047)]),  # twice
        (False, [warm(69, BEATS * 1.047)]),  # once is noise more often than strain
        (False, [warm(67, BEATS), warm(69, BEATS * 1.047)]),
    ],
)
def test_a_mildly_higher_heart_rate_is_watched_not_written_about(seen, warm_runs):
    """What a warm day costs by itself is one channel, and no safety matter; and it has to come again."""
    found = verdict([*COOL[:-1], *warm_runs])
    strain = [f for f in found.findings if f.rule == "heat_and_fluid_strain"]
    assert bool(strain) == seen
    assert not any(f.safety for f in strain)
    assert found.state is not State.WARN


def test_below_25_degrees_heat_is_written_about_only_with_a_word_of_the_athlete():
    """A thermometer on a warm wrist reads too high: it does not agree by itself, used to warmth or not."""
    last = warm(69, BEATS * 1.09, 22.0)
    alone, poor = (verdict([*COOL, last], said) for said in ((), TIRED))
    assert alone.findings[0].rule == "heat_and_fluid_strain"
    assert alone.state is State.WATCH
    assert poor.state is State.WARN
    assert verdict([*COOL, warm(69, BEATS * 1.09, 25.0)]).state is State.WARN


def test_after_days_away_a_higher_heart_rate_is_no_heat():
    """It is raised in any weather then."""
    kept = [activity for activity in COOL if activity.training_day < on(59)]
    assert heat([*kept, HOT]) is None
    assert heat([*kept, detailed(62, hr=BEATS), HOT]) is not None


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
