"""Athletes of the stand-in with planted truths, judged night by night without a server between."""

from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from service.advise import catalogue
from service.analyse.assess import assess_nights
from service.analyse.diary import diary_of
from service.domain.finding import Assessment, Level
from service.domain.history import CheckIn, History
from service.jobs.replayed import decided
from service.strava.mapping import activity_from_json
from tests.analyse.people import CONSTANTS
from tests.strava_standin.answers import checkin
from tests.strava_standin.detail import detail
from tests.strava_standin.kinds import KINDS
from tests.strava_standin.rows import summary
from tests.strava_standin.runner import make_runner
from tests.strava_standin.timeline import sessions_between

ONSET = date(2026, 4, 30)
LIMITS = catalogue.load(Path(__file__).parents[2] / "config" / "advice.toml").restraint
ITEMS = ("legs", "fatigue", "sleep", "soreness", "mood")
OF_RUNS = frozenset(
    {"heat_and_fluid_strain", "fewer_steps", "late_fade", "fading_long_runs", "descent", "stop_pattern",
     "straight_into_hard", "hot_run"}
)  # fmt: skip


@lru_cache
def lived(kind: str, seed: int = 7, *, details: bool = True, answering: bool = True) -> History:
    runner = make_runner(list(KINDS).index(kind), KINDS[kind], seed)
    sessions = sessions_between(runner, ONSET - timedelta(150), ONSET + timedelta(60), ONSET)
    rows = ((session, summary(session)) for session in sessions)
    activities = [activity_from_json(detail(each, row) if details else row) for each, row in rows]
    days = [ONSET + timedelta(day) for day in range(-90, 60)] if answering else []
    said = [(day, checkin(runner, day, ONSET)) for day in days]
    answers = [CheckIn(day, **{n: getattr(each, n, None) for n in ITEMS}) for day, each in said if each]
    return History(tuple(activities), tuple(answers))


def nights(kind: str, first: int, last: int, **known: object) -> list[Assessment]:
    """The verdicts of the nights from the onset's day ``first`` to ``last``."""
    wanted = [ONSET + timedelta(day) for day in range(first, last + 1)]
    return assess_nights(lived(kind, **known), wanted, CONSTANTS)


def leading(verdicts: list[Assessment], rule: str) -> list[Assessment]:
    return [night for night in verdicts if any(f.rule == rule and f.level for f in night.findings)]


@pytest.mark.parametrize("details", [True, False])
@pytest.mark.parametrize("seed", [7, 8])
def test_a_hot_week_is_found_while_it_lasts(seed, details):
    """From summaries alone too; within five days, over within two of its end, and one mail at least."""
    verdicts = nights("hot_week", -20, 20, seed=seed, details=details)
    hot = [(night.night - ONSET).days for night in leading(verdicts, "heat_and_fluid_strain")]
    assert 0 < min(hot) <= 5
    assert max(hot) <= 12
    mails = [n.assessment.findings[0].rule for n in decided(verdicts, LIMITS) if n.decision.mail]
    assert "heat_and_fluid_strain" in mails


@pytest.mark.parametrize("seed", [7, 8])
def test_sinking_cadence_is_found_and_not_written_about_alone(seed):
    """Five and a half per cent over four weeks."""
    verdicts = nights("cadence_drift", -30, 45, seed=seed, answering=False)
    drifted = leading(verdicts, "fewer_steps")
    assert 0 < (drifted[0].night - ONSET).days <= 28
    assert {f.level for night in drifted for f in night.findings if f.rule == "fewer_steps"} == {
        Level.POSSIBLE
    }
    assert not [night for night in decided(verdicts, LIMITS) if night.decision.mail]


def test_a_sensor_that_counts_steps_loses_its_voice():
    """Of the planted recordings all, of the months before none."""
    past = lived("sensor_fault", seed=8).before(ONSET + timedelta(40))
    diary = diary_of(past, CONSTANTS, ONSET + timedelta(40))
    heart = {a.external_id: a.average_hr for a in past.activities}
    runs = np.flatnonzero(diary.sessions.is_run)
    lost = [
        int(diary.sessions.day[row]) - ONSET.toordinal()
        for row in runs
        if np.isnan(diary.sessions.average_hr[row]) and heart[diary.identities[row]]
    ]
    assert len(lost) >= 8
    assert all(0 <= day < 25 and day % 2 == 0 for day in lost)


def test_a_spike_stays_a_spike_beside_all_other_reasons():
    """The planted Sunday, its tier and its safety."""
    found = [
        f for night in nights("session_spike", 0, 8) for f in night.findings if f.rule == "session_spike"
    ]
    assert {(f.tier, f.safety) for f in found} == {("large", True)}


@pytest.mark.parametrize("kind", ["steady", "fitter", "no_strength", "break_and_return", "no_heart_rate"])
def test_who_deserves_no_mail_gets_none_from_single_runs(kind):
    """Whatever else they are told, none of these rules leads to a mail."""
    for answering in (True, False):
        verdicts = nights(kind, -60, 55, answering=answering)
        mails = [n.assessment.findings[0].rule for n in decided(verdicts, LIMITS) if n.decision.mail]
        assert not OF_RUNS & set(mails)
