"""A verdict survives the way through JSON."""

import json
from datetime import date

import pytest

from service.domain.finding import (
    Assessment,
    Cause,
    Channel,
    Context,
    Evidence,
    Finding,
    Learning,
    Level,
    State,
)
from service.domain.record import from_json, to_json

DAY = date(2026, 5, 1)
FINDING = Finding(
    cause=Cause.MUSCLE_FATIGUE,
    rule="session_spike",
    level=Level.LIKELY,
    score=0.61,
    channels={Channel.LOAD: 0.9, Channel.SELF_REPORT: 0.5},
    evidence=(Evidence("longest_run", 21000.0, "m", 15000.0, DAY, DAY, "123"),),
    unseen=("heart_rate",),
    ruled_out=("race",),
    tier="moderate",
    safety=True,
    until=date(2026, 5, 4),
)
BARE = Finding(Cause.STRENGTH, "none_recorded", None, 0.1, {}, ())


@pytest.mark.parametrize(
    "assessment",
    [
        # everything there is to say
        Assessment(
            DAY, State.WARN, 0.7312, Level.LIKELY, (FINDING, BARE), None, 40.1, 55.2, 16500.0,
            frozenset({Context.RACE}), ("temperature",), "2026.11", 96.6, date(2026, 5, 3), date(2026, 5, 4),
        ),
        # a beginner's first night
        Assessment(DAY, State.LEARNING, None, None, (), Learning(7, 12, 20, 42)),
    ],
)  # fmt: skip
def test_a_verdict_survives_json(assessment):
    """What the store keeps is what was judged."""
    assert from_json(json.loads(json.dumps(to_json(assessment)))) == assessment


def test_a_record_of_an_earlier_release_is_still_read():
    """Fields that came later are unknown in it, not missing."""
    kept = to_json(Assessment(DAY, State.CLEAR, 0.1, None, ()))
    old = {name: value for name, value in kept.items() if not name.startswith("balanced")}
    assert from_json(old) == Assessment(DAY, State.CLEAR, 0.1, None, ())


def test_the_leading_finding_comes_first():
    """The mail speaks of the first finding; a clear night has none."""
    assert Assessment(DAY, State.WARN, 0.7, Level.LIKELY, (FINDING, BARE)).leading is FINDING
    assert Assessment(DAY, State.CLEAR, 0.1, None, ()).leading is None


def test_the_line_has_the_keys_that_replay_promises():
    """Other programs read these names."""
    line = to_json(Assessment(DAY, State.WARN, 0.7, Level.LIKELY, (FINDING,)))
    assert {"night", "state", "score", "level", "findings"} <= line.keys()
    finding = line["findings"][0]
    assert {"cause", "level", "score", "channels", "evidence", "unseen", "ruled_out"} <= finding.keys()
    assert {"what", "value", "unit", "baseline", "from", "to"} <= finding["evidence"][0].keys()
