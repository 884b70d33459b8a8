"""The words of the domain as people read them. Kind, never a grade; "you are safe" is never said."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from service.domain.athlete import Units
from service.domain.finding import Assessment, Cause, Channel, Context, Finding, Level, State
from service.domain.night import Silence
from service.domain.text import listed

USUAL_WINDOW = timedelta(days=2)
"""How long heavy legs may last where the finding names no day."""
AMOUNTS = frozenset({"m", "km", "s", "min", "h", "load", "load/day"})
MANY = 3
"""From here on "4 times" says more than "+300 %"."""
AGREEING = 0.5
"""A channel at this strength counts as one that agrees (science note §13: c·q ≥ 0.5)."""

CAUSES: Mapping[Cause, str] = {
    Cause.MUSCLE_FATIGUE: "Tired muscles",
    Cause.WARM_UP: "The first minutes of your runs",
    Cause.HEAT_AND_FLUID: "Heat and fluids",
    Cause.RUNNING_FORM: "Running form",
    Cause.STRENGTH: "Strength work",
    Cause.OVERREACHING: "Recovery over the last weeks",
    Cause.FUELLING: "Eating around long runs",
}

LEVELS: Mapping[Level, str] = {Level.POSSIBLE: "Possible", Level.LIKELY: "Likely", Level.STRONG: "Strong"}

STATES: Mapping[State, str] = {
    State.LEARNING: "learning",
    State.CLEAR: "nothing stood out",
    State.WATCH: "worth watching",
    State.WARN: "warning",
}

RED_FLAGS: Mapping[Context, str] = {
    Context.ILLNESS: "that you feel ill",
    Context.PAIN: "of a pain that changes how you run",
}
"""After "you told us"."""

CHANNELS: Mapping[Channel, str] = {
    Channel.LOAD: "training load",
    Channel.HEART_RATE: "heart rate",
    Channel.FORM: "running form",
    Channel.ENVIRONMENT: "the heat",
    Channel.SELF_REPORT: "how you said you feel",
}

SILENCES: Mapping[Silence, str] = {
    Silence.LEARNING: "no mail: still learning your normal",
    Silence.NOTHING_FOUND: "no mail: nothing to say",
    Silence.BELOW_THRESHOLD: "no mail: not strong enough to write about",
    Silence.ONE_CHANNEL: "no mail: only one kind of observation, and we wait for two",
    Silence.NOT_YET_CONFIRMED: "no mail yet: seen on one night, and we wait for a second",
    Silence.COOLDOWN: "no mail: we wrote about this a few days ago",
    Silence.WEEKLY_CAP: "no mail: two mails a week are enough",
    Silence.CONTEXT: "no mail: a race, a break, an illness or a journey explains it",
    Silence.LATE_SYNC: "no mail: the runs arrived too late to matter",
    Silence.STALE_NIGHT: "no mail: the day was already over",
    Silence.NO_ADDRESS: "a mail would have been sent, but there is no confirmed address",
    Silence.SWITCHED_OFF: "a mail would have been sent, but you switched them off",
    Silence.MUTED: "no mail: you muted this reason",
    Silence.QUIET_DAY: "no mail: it was one of your quiet days",
    Silence.WEEKLY_LETTER: "kept for your weekly letter",
    Silence.RED_FLAG: "no mail: you told us of pain or illness, so we give no training advice",
    Silence.HELD: "no mail: the operator is holding mails back",
}


class Phrases(Protocol):
    """The words for what judgement names, so that pages and mails speak alike. ``EMERGENCY`` are the signs
    to call for help at, ``CLINICIAN`` says when to see a doctor."""

    EMERGENCY: tuple[str, ...]
    CLINICIAN: str

    def evidence(self, name: str) -> str: ...

    def unseen(self, name: str) -> str: ...

    def ruled_out(self, name: str) -> str: ...

    def headline(self, finding: Finding, until: str) -> str: ...


class Spelt:
    """Every name spelt out, for where the wiring hands over no better words."""

    EMERGENCY: tuple[str, ...] = ("Chest pain, fainting, confusion or collapse.",)
    CLINICIAN = "See a doctor soon about pain that changes how you run, or a fever."

    def evidence(self, name: str) -> str:
        return capital(plain(name))

    def unseen(self, name: str) -> str:
        return f"{self.evidence(name)}."

    def ruled_out(self, name: str) -> str:
        return f"{self.evidence(name)}."

    def headline(self, finding: Finding, until: str) -> str:
        return f"{CAUSES[finding.cause]}: until {until}"


def plain(name: str) -> str:
    """A constant name as words, for those that have no better text here."""
    return name.replace("_", " ").strip()


def capital(text: str) -> str:
    """The first letter large, the others as they are."""
    return text[:1].upper() + text[1:]


def day(value: date) -> str:
    """``Tuesday 3 March``; the year is plain from the page."""
    return f"{value:%A} {value.day} {value:%B}"


def short_day(value: date) -> str:
    """``Tue 3 Mar``."""
    return f"{value:%a} {value.day} {value:%b}"


def span(first: date, last: date) -> str:
    return short_day(first) if first == last else f"{short_day(first)} – {short_day(last)}"


def moment(value: datetime | None, zone: str = "UTC") -> str:
    """``3 March, 04:31`` in the athlete's zone."""
    if value is None:
        return "not yet"
    local = value.astimezone(ZoneInfo(zone))
    return f"{local.day} {local:%B}, {local:%H:%M}"


def stamp(value: datetime | None) -> str:
    """``2026-03-03 04:31:07`` UTC, for admins."""
    return "–" if value is None else f"{value:%Y-%m-%d %H:%M:%S}"


def said(value: float, unit: str, units: Units, what: str = "") -> str:
    """A number with its unit as it stands; the wiring hands over the better words of the mails."""
    return f"{value:g} {unit}"


def change(value: float, unit: str, baseline: float | None) -> str:
    """The difference to the usual in per cent, large ones as a multiple; a rating has neither."""
    if baseline is None or baseline <= 0 or unit not in AMOUNTS:
        return ""
    if value >= MANY * baseline:
        return f"{value / baseline:.0f} times"
    return f"{(value / baseline - 1) * 100:+.0f} %".replace("-", "\N{MINUS SIGN}")


def verdict(assessment: Assessment, phrases: Phrases) -> str:
    """The verdict of a night in one sentence; a warning in the very words of its mail."""
    finding = assessment.leading
    if assessment.state is State.LEARNING:
        return "We are still learning what is normal for you."
    if assessment.state is State.CLEAR or finding is None:
        return "Nothing stands out from your own normal."
    if assessment.state is State.WATCH:
        return "Something differs from your usual. Worth watching, not worrying."
    if assessment.flagged:
        return "Something differs from your usual. What follows from it waits until you say that it is over."
    until = max(finding.until or assessment.night + USUAL_WINDOW, assessment.night)
    return f"{phrases.headline(finding, day(until))}."


def how_sure(finding: Finding) -> str:
    """The level and why: which kinds of observation agree, and which were seen without agreeing."""
    agreeing = [CHANNELS[c] for c, strength in finding.channels.items() if strength >= AGREEING]
    weak = [CHANNELS[c] for c, strength in finding.channels.items() if 0 < strength < AGREEING]
    sure = LEVELS[finding.level] if finding.level else "Only noted"
    because = f": {listed(agreeing)} {'agree' if len(agreeing) > 1 else 'shows it'}" if agreeing else ""
    faint = f"; {listed(weak)} only faintly" if weak else ""
    return f"{sure}{because}{faint}."
