"""Synthetic rows for the store's tests."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from service.domain.activity import Activity, Lap, Source, Split
from service.domain.finding import Assessment, Cause, Channel, Evidence, Finding, Level, State
from service.domain.message import Message
from service.domain.night import Decision, MailKind, Silence
from service.domain.packed import PackedSessions

NOW = datetime(2026, 3, 1, 6, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
TODAY = date(2026, 3, 1)
SCOPES = frozenset({"read", "activity:read_all"})


def run(number: int = 1, **changes: Any) -> Activity:
    """A run ``number`` days before NOW, as a list page tells it."""
    values: dict[str, Any] = {
        "source": Source.STRAVA,
        "external_id": str(number),
        "sport": "Run",
        "start": NOW - number * DAY,
        "utc_offset_s": 3600,
        "moving_s": 3600,
        "elapsed_s": 3700,
        "distance_m": 10_000.0,
        "average_hr": 141.5,
    }
    return Activity(**{**values, **changes})


def detailed(number: int = 1, **changes: Any) -> Activity:
    """The same run with everything that only the detail tells."""
    started = NOW - number * DAY
    detail = {
        "detailed": True,
        "perceived_exertion": 6.0,
        "device": "watch",
        "splits": (Split(1000.0, 360, 4.0, 140.0, 2.8), Split(1000.0, 355)),
        "laps": (Lap(started, 5000.0, 1800, 141.0, 172.0), Lap(started + HOUR / 2, 5000.0, 1800)),
    }
    return run(number, **{**detail, **changes})


def assessment(night: date = TODAY, *, warning: bool = False) -> Assessment:
    """A clear night, or one with a finding."""
    finding = Finding(
        cause=Cause.MUSCLE_FATIGUE,
        rule="session_spike",
        level=Level.LIKELY,
        score=0.8,
        channels={Channel.LOAD: 0.8, Channel.SELF_REPORT: 0.5},
        evidence=(Evidence("longest_run", 21000.0, "m", 14000.0, night - DAY, night - DAY, "1"),),
        tier="second",
    )
    return Assessment(
        night=night,
        state=State.WARN if warning else State.CLEAR,
        score=0.8 if warning else 0.1,
        level=Level.LIKELY if warning else None,
        findings=(finding,) if warning else (),
        rule_version="1",
    )


def packed(version: str = "1", from_night: date = TODAY) -> PackedSessions:
    """A packed diary; the store never looks into it."""
    return PackedSessions(version, from_night, TODAY - DAY, b"days", b"sessions", ("1", ""))


MAILED = Decision(MailKind.WARNING, None)
SILENT = Decision(None, Silence.NOTHING_FOUND)


def letter(kind: MailKind = MailKind.WARNING, night: date = TODAY) -> Message:
    """A short mail."""
    return Message(
        kind, night, "Heavy legs ahead", "Rest today.", "<p>Rest today.</p>", "https://x.test/u/1", b"png"
    )
