"""How long a circumstance lasts: races by their length, journeys by their hours, illness beyond its end."""

import pytest

from service.analyse.assess import assess_nights
from service.analyse.constants import Constants
from service.domain.finding import Assessment, Context
from service.domain.history import CheckIn, History
from tests.analyse.people import CONSTANTS, answers, heart_rate, history, on, run, steady


def verdict(past: History, night: int, constants: Constants = CONSTANTS) -> Assessment:
    return assess_nights(past, [on(night)], constants)[0]


@pytest.mark.parametrize(("km", "nights"), [(5.0, 4), (10.0, 4), (21.1, 7), (42.2, 14), (100.0, 21)])
def test_a_longer_race_is_felt_for_longer(km, nights):
    past = history([*steady(88), run(88, km, workout_type=1), *[run(d, 4.0) for d in range(90, 115, 3)]])
    assert Context.RACE in verdict(past, 88 + nights).contexts
    assert Context.RACE not in verdict(past, 88 + nights + 1).contexts


@pytest.mark.parametrize(
    ("km", "event"),
    [
        (33.0, False),  # twice the usual and more, below a marathon: a long run, and warned about
        (41.9, False),
        (42.2, True),
        (72.0, True),
    ],
)
def test_an_event_is_known_without_being_marked(km, event):
    """A marathon or more, several times anything of months: tired legs are expected and not written about."""
    past = [a for a in steady(120) if a.distance_m < 15_000]
    found = verdict(history([*past, run(119, km, pace_s=360)]), 120)
    assert (Context.RACE in found.contexts) == event
    assert found.leading is not None
    assert (found.leading.rule, found.leading.safety) == (
        ("race", False) if event else ("session_spike", True)
    )
    assert found.leading.evidence[0].what == "longest_run"


def test_a_marathon_of_who_runs_far_is_a_long_run():
    """Two and a half times nothing: as long a run two months ago makes it one of theirs."""
    far = [*steady(120), run(60, 30.0), run(119, 50.0)]
    assert Context.RACE not in verdict(history(far), 120).contexts


def test_a_first_run_is_no_event():
    """Several times nothing is not several times."""
    assert Context.RACE not in verdict(history([run(5, 44.0)]), 6).contexts


@pytest.mark.parametrize(("hours", "nights"), [(3, 4), (-6, 9), (8, 12), (-11, 12)])
def test_a_longer_journey_is_felt_for_longer(hours, nights):
    """A day and a half for every hour, twelve at most; staying there ends it, and so does nothing else."""
    there = [run(day, 8.0, utc_offset_s=3600 + hours * 3600) for day in range(88, 110, 2)]
    past = history([*steady(88), *there])
    assert Context.TRAVEL in verdict(past, 88 + nights).contexts
    assert Context.TRAVEL not in verdict(past, 88 + nights + 1).contexts


def test_summer_time_is_no_journey():
    there = [run(day, 8.0, utc_offset_s=7200) for day in range(88, 100, 2)]
    assert Context.TRAVEL not in verdict(history([*steady(88), *there]), 95).contexts


def test_after_an_illness_one_is_on_the_way_back_well_or_not():
    """The "no" lifts the red flag, not the two weeks."""
    past = history(steady(120), [CheckIn(on(88), ill=True), CheckIn(on(90), ill=False)])
    known = verdict(past, 95).contexts
    assert Context.ILLNESS not in known
    assert Context.RETURN_FROM_BREAK in known
    assert Context.RETURN_FROM_BREAK in verdict(past, 102).contexts
    assert Context.RETURN_FROM_BREAK not in verdict(past, 103).contexts


def hard_days(*celsius: float) -> History:
    """Hard days and sore mornings, the last runs at these temperatures."""
    hot = [run(90 - len(celsius) + n, 14.0, temperature_c=c) for n, c in enumerate(celsius)]
    past = [activity for activity in steady(88) if activity.training_day < on(90 - len(celsius))]
    said = answers(range(60), soreness=4, legs=3) + answers((87, 88, 89), soreness=1, legs=1)
    return history([*past, *hot], said)


@pytest.mark.parametrize(
    ("celsius", "told"),
    [
        ((12.0, 13.0, 14.0), True),
        ((12.0, 13.0, 26.0), True),  # one warm day is no spell
        ((12.0, 26.0, 27.0), False),
        ((12.0, 13.0, 31.0), False),  # great heat is one by itself
    ],
)
def test_in_a_hot_spell_tired_legs_are_watched_not_written_about(celsius, told):
    """Heat makes legs heavy, runs hard and hearts fast; only a race or a long run is more than that."""
    found = [f for f in verdict(hard_days(*celsius), 90).findings if f.rule == "hard_days"]
    assert found, "hard days are seen either way"
    assert (found[0].level is not None) == told


@pytest.mark.parametrize(("celsius", "level"), [(14.0, True), (31.0, False)])
def test_a_somewhat_longer_run_in_heat_is_not_written_about(celsius, level):
    """What the legs say in great heat is the weather's: only load is left, and one channel is not enough."""
    past = [a for a in steady(88) if a.distance_m < 15_000]
    longer = run(89, 1.35 * max(a.distance_m for a in past) / 1000, temperature_c=celsius)
    said = answers(range(60), soreness=4, legs=3) + answers((87, 88, 89), soreness=1, legs=1)
    found = next(f for f in verdict(history([*past, longer], said), 90).findings if f.rule == "session_spike")
    assert found.tier == "moderate"
    assert (found.level is not None) == level


def test_a_very_long_run_in_heat_still_is():
    """More than twice as long: the weather does not take that back."""
    past = [a for a in steady(88) if a.distance_m < 15_000]
    found = verdict(history([*past, run(89, 33.0, temperature_c=31.0)]), 90).leading
    assert found is not None
    assert (found.rule, found.tier, found.safety) == ("session_spike", "large", True)


def test_a_heart_rate_equal_to_the_steps_is_no_witness():
    """Honest heart rates on one line; one run whose sensor may have counted steps moves nothing."""
    past = [
        run(d, pace_s=300 + 10 * (d % 7), cadence_spm=180.0, **heart_rate(300 + 10 * (d % 7)))
        for d in range(0, 88, 2)
    ]
    beats = heart_rate(330)["average_hr"] * 1.05
    tired = answers((87, 88, 89), soreness=1, legs=1) + answers(range(60), soreness=4, legs=3)

    def witness(cadence: float) -> float:
        last = run(89, pace_s=330, average_hr=beats, max_hr=beats + 20, cadence_spm=cadence)
        found = verdict(history([*past, last], tired), 90).findings
        return {e.what: e.value for f in found for e in f.evidence}.get("hr_at_own_speed")

    assert witness(180.0) > 1  # the mean of three runs
    assert witness(beats + 2) == pytest.approx(0.0, abs=0.5)
