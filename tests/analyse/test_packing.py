"""A verdict from a packed diary is that from the sessions, to the last bit."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.analyse.assess import Slot, assess, assess_nights
from service.analyse.diary import answers_of, diary_of
from service.analyse.packing import pack, pack_answers, unpack
from service.domain.history import History
from tests.analyse.people import CONSTANTS
from tests.bench.nightly import detailed
from tests.bench.runners import Runner, on

DAYS = 460


def runner(seed: int, runs: int, days: int = DAYS) -> History:
    """With all that a watch and the athlete tell."""
    bare = Runner(seed, runs, days).history("answers")
    return History(tuple(detailed(run) for run in bare.activities), bare.checkins)


def repacked(history: History, nights, from_night):
    """The verdicts of ``nights`` from a diary that was packed for nights from ``from_night`` on."""
    packed = pack(diary_of(history, CONSTANTS, from_night), from_night, CONSTANTS)
    diary = unpack(packed, pack_answers(answers_of(history.checkins)))
    slots = [Slot(diary, night, history.profile, history.synced_at) for night in nights]
    return list(assess(slots, CONSTANTS))


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 7), st.integers(5, DAYS), st.integers(0, 40), st.integers(0, 9))
def test_packed_or_not_the_verdict_is_the_same(seed, runs, known, later, sooner):
    """However old the diary, and whatever it was packed for; days without a session are days of rest."""
    history = runner(seed, runs, known)
    nights = [on(known + back) for back in range(later, later + 7)]
    from_night = nights[0] - timedelta(days=sooner)
    assert repacked(history, nights, from_night) == assess_nights(history, nights, CONSTANTS)


def test_nights_before_the_last_session_see_nothing_of_it():
    """A diary packed today serves the nights that an outage left over."""
    history = runner(3, 5)
    nights = [on(DAYS - back) for back in range(30, 0, -3)]
    assert repacked(history, nights, nights[0]) == assess_nights(history, nights, CONSTANTS)


@pytest.mark.parametrize("history", [History(()), History((), runner(1, 3).checkins)])
def test_without_a_session_there_is_nothing_to_pack(history):
    """And the verdict is to learn."""
    (verdict,) = repacked(history, [on(400)], on(390))
    assert [verdict] == assess_nights(history, [on(400)], CONSTANTS)


def test_a_year_after_the_last_session_it_is_still_a_year_of_rest():
    """Unobserved before the first session, rest after the last."""
    history = runner(5, 4, 100)
    (verdict,) = repacked(history, [on(600)], on(594))
    assert [verdict] == assess_nights(history, [on(600)], CONSTANTS)
    assert verdict.fitness is not None
