"""The words of the domain as people read them. Kind, never a grade; "you are safe" is never said."""

from collections.abc import Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from service.domain.athlete import Units
from service.domain.finding import Assessment, Cause, Channel, Finding, Level, State
from service.domain.night import Silence

KM_PER_MILE = 1.609344
AGREEING = 0.5
"""A channel at this strength counts as one that agrees (science note §13: c·q ≥ 0.5)."""

CAUSES: Mapping[Cause, str] = {
    Cause.MUSCLE_FATIGUE: "Tired muscles",
    Cause.WARM_UP: "A short warm-up",
    Cause.HEAT_AND_FLUID: "Heat and fluid",
    Cause.RUNNING_FORM: "A change in running form",
    Cause.STRENGTH: "Little strength work",
    Cause.OVERREACHING: "More strain than recovery",
    Cause.FUELLING: "Fuelling",
}

LEVELS: Mapping[Level, str] = {Level.POSSIBLE: "Possible", Level.LIKELY: "Likely", Level.STRONG: "Strong"}

STATES: Mapping[State, str] = {
    State.LEARNING: "learning",
    State.CLEAR: "nothing stood out",
    State.WATCH: "worth watching",
    State.WARN: "warning",
}

CHANNELS: Mapping[Channel, str] = {
    Channel.LOAD: "training load",
    Channel.HEART_RATE: "heart rate",
    Channel.FORM: "running form",
    Channel.ENVIRONMENT: "weather",
    Channel.SELF_REPORT: "what you told us",
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
    Silence.RED_FLAG: "no mail: you told us of pain or illness, so we give no training advice",
    Silence.HELD: "no mail: the operator is holding mails back",
}

SEEN: Mapping[str, str] = {
    "longest_run": "Longest run",
    "session_spike": "Longest run beside the longest of 30 days",
    "load_7d": "Training load of 7 days",
    "load_ratio": "Load balance",
    "hr_at_reference_speed": "Heart rate at your usual pace",
    "hard_minutes": "Hard minutes in 48 hours",
    "descent": "Metres run downhill",
    "fatigue": "Load of the last week (ATL)",
    "fitness": "Load of the last six weeks (CTL)",
    "form": "Balance of the two (TSB)",
}

UNSEEN: Mapping[str, str] = {
    "checkins": "how your legs feel (no check-ins yet)",
    "check_ins": "how your legs feel (no check-ins yet)",
    "self_report": "how your legs feel (no check-ins yet)",
    "heart_rate": "heart rate (too few runs with a steady reading)",
    "private_activities": "activities that only you can see on Strava",
    "sleep": "sleep",
}


def plain(name: str) -> str:
    """A constant name as words, for those that have no better text here."""
    return name.replace("_", " ").strip()


def seen(name: str) -> str:
    """What a number of the evidence is."""
    return SEEN.get(name) or capital(plain(name))


def unseen(name: str) -> str:
    """What could not be observed."""
    return UNSEEN.get(name) or plain(name)


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


def quantity(value: float, unit: str, units: Units = Units.METRIC) -> str:
    """A number with its unit as people say it: metres as kilometres or miles, seconds as minutes."""
    if unit == "m" and abs(value) >= 1000:
        return distance(value, units)
    if unit == "s" and abs(value) >= 90:
        return f"{value / 60:.0f} min"
    if unit in ("fraction", "ratio_percent"):
        return f"{value:.0%}"
    number = f"{value:,.0f}" if abs(value) >= 100 or float(value).is_integer() else f"{value:.3g}"
    return f"{number} {UNIT_WORDS.get(unit, unit)}".strip()


UNIT_WORDS: Mapping[str, str] = {
    "ratio": "×",
    "count": "",
    "": "",
    "load": "load",
    "spm": "steps/min",
    "z": "standard deviations",
}


def distance(metres: float, units: Units) -> str:
    if units is Units.IMPERIAL:
        return f"{metres / 1000 / KM_PER_MILE:.1f} mi"
    return f"{metres / 1000:.1f} km"


def change(value: float, baseline: float | None) -> str:
    """The difference to the usual, in per cent, where that says something."""
    if not baseline or (value < 0) != (baseline < 0):
        return ""
    return f"{(value / baseline - 1) * 100:+.0f} %".replace("-", "\N{MINUS SIGN}")


def verdict(assessment: Assessment) -> str:
    """The verdict of a night in one sentence."""
    if assessment.state is State.LEARNING or assessment.state is State.CLEAR:
        return (
            "We are still learning what is normal for you."
            if assessment.state is State.LEARNING
            else "Nothing stands out from your own normal."
        )
    finding = assessment.leading
    until = f" until {day(finding.until)}" if finding and finding.until else " in the coming days"
    if assessment.state is State.WARN:
        return f"Your legs may feel heavier than usual{until}."
    return "Something differs from your usual. It is worth watching, not worrying."


def how_sure(finding: Finding) -> str:
    """The level and why: which kinds of observation agree, and which were seen without agreeing."""
    agreeing = [CHANNELS[c] for c, strength in finding.channels.items() if strength >= AGREEING]
    weak = [CHANNELS[c] for c, strength in finding.channels.items() if 0 < strength < AGREEING]
    sure = LEVELS[finding.level] if finding.level else "A first sign"
    because = f": {_listed(agreeing)} {'agree' if len(agreeing) > 1 else 'shows it'}" if agreeing else ""
    faint = f"; {_listed(weak)} only faintly" if weak else ""
    return f"{sure}{because}{faint}."


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
