"""Mails for tests: one for every cause and rule, made with the shipped advice."""

from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from service.advise import catalogue
from service.advise.catalogue import Catalogue
from service.advise.choose import advise
from service.domain.athlete import Units
from service.domain.course import Day, LongRun
from service.domain.finding import Cause, Channel, Evidence, Finding, Level, State
from service.domain.history import Profile
from service.domain.message import Message
from service.notify import message
from service.notify.chart import Picture, picture
from service.notify.long_run import long_run
from service.notify.message import Links
from service.notify.question import question
from service.notify.week import Kept, Week, weekly
from tests.verdicts import NIGHT, assessment, finding

DAY = timedelta(days=1)
LINKS = Links(
    status_url="https://freshlegs.example.org/status",
    unsubscribe_url="https://freshlegs.example.org/unsubscribe/Zm9vYmFy",
    checkin_url="https://freshlegs.example.org/checkin?t=QUJD",
    mute_url="https://freshlegs.example.org/reply/2026-03-02?mute=1&t=REVG",
    reply_url="https://freshlegs.example.org/reply/2026-03-02?t=REVG",
)
COURSE = [
    Day(NIGHT - (84 - n) * DAY, [45.0, 0.0, 60.0, 80.0, 0.0, 38.0, 110.0][n % 7] + n / 3, 46 + n / 8)
    for n in range(84)
]
LOADS: list[tuple[date, float | None]] = [
    (NIGHT - (28 - back) * DAY, None if back == 9 else [45.0, 0.0, 60.0, 80.0, 0.0, 38.0, 190.0][back % 7])
    for back in range(28)
]
EVIDENCE = (
    Evidence("longest_run", 24_150.0, "m", 16_200.0, NIGHT - DAY, NIGHT - DAY, "12345678901"),
    Evidence("week_load", 412.0, "load", 297.0, NIGHT - 7 * DAY, NIGHT - DAY),
    Evidence("load_balance", -0.36, "ratio", 0.02, NIGHT - DAY, NIGHT - DAY),
    Evidence("legs", 2.0, "rating", 3.1, NIGHT - DAY, NIGHT - DAY),
    Evidence("soreness", 2.0, "rating", None, NIGHT - DAY, NIGHT - DAY),
    Evidence("hr_at_own_speed", 3.4, "%", 0.0, NIGHT - 5 * DAY, NIGHT - DAY),
    Evidence("hard_minutes", 154.0, "min", 41.0, NIGHT - 3 * DAY, NIGHT - DAY),
    Evidence("descent", 612.0, "m", 204.0, NIGHT - DAY, NIGHT - DAY),
    Evidence("temperature", 29.0, "°C", 18.0, NIGHT - DAY, NIGHT - DAY),
    Evidence("something_new", 7.25, "parsec", 1.0, NIGHT - DAY, NIGHT - DAY),
)


@cache
def shipped() -> Catalogue:
    return catalogue.load(Path(__file__).parents[2] / "config" / "advice.toml")


def rules() -> list[tuple[Cause, str]]:
    """Every pair of cause and rule that has words of its own, and the general one of each cause."""
    named = [(entry.cause, rule) for entry in shipped().entries for rule in entry.rules]
    return [*named, (Cause.MUSCLE_FATIGUE, "race"), *((cause, "any_other") for cause in Cause)]


def spike(**changes: object) -> Finding:
    """A run far longer than any of the month: safety, so with the card for emergencies."""
    plain = finding(
        rule="session_spike",
        tier="large",
        safety=True,
        channels={Channel.LOAD: 0.9, Channel.SELF_REPORT: 0.6, Channel.HEART_RATE: 0.0},
        evidence=EVIDENCE[:6],
        unseen=("descent",),
        ruled_out=("heart_rate",),
    )
    return finding(**{name: getattr(plain, name) for name in plain.__slots__} | changes)


def warning(
    found: Finding | None = None,
    *others: Finding,
    units: Units = Units.METRIC,
    links: Links = LINKS,
    loads: list[tuple[date, float | None]] | None = None,
    measured: str | None = None,
    chart: Picture | None = None,
    ahead: dict[str, object] | None = None,
) -> Message:
    """A warning as the service would write it."""
    tonight = assessment(found or spike(), *others, unseen=("precise_load",), **(ahead or {}))
    advice = advise(tonight, shipped(), profile=Profile(birth_year=1985))
    return message.warning(
        tonight,
        advice,
        links=links,
        units=units,
        loads=LOADS if loads is None else loads,
        measured=measured,
        picture=chart,
    )


@cache
def every_warning() -> dict[str, Message]:
    """Every cause and rule at every level, in both units, with and without the card for emergencies."""
    looks = (
        (None, Units.METRIC, True),
        (Level.POSSIBLE, Units.IMPERIAL, False),
        (Level.LIKELY, Units.METRIC, False),
        (Level.STRONG, Units.IMPERIAL, True),
    )
    return {
        f"{cause} {rule} {level} {units} {safety}": warning(
            spike(cause=cause, rule=rule, level=level, safety=safety, evidence=EVIDENCE),
            spike(cause=Cause.OVERREACHING, level=Level.POSSIBLE),
            units=units,
        )
        for cause, rule in rules()
        for level, units, safety in looks
    }


def a_week(**changes: Any) -> Week:
    """An ordinary week with one warning that was kept for the letter."""
    kept = assessment(spike())
    plain = Week(
        night=NIGHT,
        course=COURSE,
        runs=5,
        distance_m=52_300.0,
        nights={State.CLEAR: 5, State.WATCH: 1, State.WARN: 1},
        kept=(Kept(kept, advise(kept, shipped(), profile=Profile())),),
        ceiling_m=17_800.0,
        unseen=("heart_rate",),
    )
    return replace(plain, **changes)


def noted() -> tuple[Kept, ...]:
    """What only the letter tells, and never a warning."""
    rules = (
        (Cause.HEAT_AND_FLUID, "hot_run"),
        (Cause.WARM_UP, "straight_into_hard"),
        (Cause.WARM_UP, "stop_pattern"),
        (Cause.STRENGTH, "none_recorded"),
    )
    seen = [assessment(finding(cause=cause, rule=rule, level=None, until=None)) for cause, rule in rules]
    return tuple(Kept(each, advise(each, shipped(), profile=Profile())) for each in seen)


def letters(units: Units = Units.METRIC) -> dict[str, Message]:
    """The mails that are neither warnings nor answers to something just done."""
    planned = LongRun(NIGHT + DAY, 22_000.0, 17_800.0)
    return {
        "check_in": question(EVIDENCE[0], night=NIGHT, links=LINKS, units=units),
        "long_run": long_run(planned, night=NIGHT, links=LINKS, units=units),
        "weekly": weekly(a_week(), links=LINKS, units=units, picture=picture(COURSE)),
        "weekly_flagged": weekly(a_week(flagged=True, kept=(), ceiling_m=None), links=LINKS, units=units),
        "weekly_quiet": weekly(a_week(kept=(), noted=noted(), long_run=planned), links=LINKS, units=units),
    }


def service_mails() -> dict[str, Message]:
    """The mails that are not warnings."""
    return {
        "confirm_address": message.confirm_address("https://freshlegs.example.org/confirm?t=x", night=NIGHT),
        "reconnect": message.reconnect("https://freshlegs.example.org/", night=NIGHT, links=LINKS),
        "erased": message.erased(night=NIGHT),
        "imported": message.imported(
            message.Imported(647, 600, 47, 3), night=NIGHT, status_url="https://freshlegs.example.org/status"
        ),
    }
