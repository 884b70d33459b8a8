"""The words for everything judgement names. A name without a phrase is still said, in plain letters.

Allowed are "signs of", "possible", "differs from your usual"; never a diagnosis, a probability of harm,
blame, a grade, or the promise that training is safe.
"""

from service.domain.finding import Cause, Channel, Finding, Level

EVIDENCE = {
    "longest_run": "Longest run",
    "race": "Race",
    "day_load": "Load of the last day",
    "recent_load": "Load of the last three days",
    "hard_minutes": "Time spent running hard",
    "week_load": "Load of the last seven days",
    "two_weeks_load": "Load of the last fourteen days",
    "load_balance": "Balance: what you are used to, less what you did",
    "soreness": "Your answer about soreness (5 = none)",
    "legs": "Your answer about your legs (4 = fresh)",
    "fatigue": "Your answer about tiredness (5 = fresh)",
    "soreness_week": "Your answers about soreness in seven days, their mean (5 = none)",
    "legs_week": "Your answers about your legs in seven days, their mean (4 = fresh)",
    "hr_at_own_speed": "Heart rate against what is usual for you at that speed",
    "highest_hr_of_hard_runs": "Highest heart rate of your last hard runs, against the usual of hard runs",
    "exertion_at_like_runs": "How hard runs felt against runs like them",
    "performance": "Speed of your last hard effort, against hard efforts like it",
    "strength_sessions": "Recorded strength sessions",
    "temperature": "Temperature",
    "hr_in_heat": "Heart rate on the warm run",
    "decoupling": "Rise of heart rate at the same speed, second half against first",
    "late_slowing": "Slower in the last third, hills allowed for",
    "late_hr": "Heart rate in the last third against the two before",
    "cadence": "Steps a minute at your speed",
    "late_cadence": "Steps a minute late in the run, against early in it",
    "descent": "Descent",
    "faded_long_runs": "Of your last long runs, those that faded like this",
    "early_starts": "Of them, those that began before breakfast time",
    "opening_speed": "Speed of the first minutes, the fast part being 100",
    "stopped_runs": "Of your last five runs, those that stopped at about the same point",
    "stop_after": "First stop of the last such run, after about",
}

SIGNED = frozenset(
    {
        "load_balance",
        "hr_at_own_speed",
        "highest_hr_of_hard_runs",
        "exertion_at_like_runs",
        "performance",
        "late_cadence",
        "late_hr",
    }
)
"""Differences: the sign is the message, and bars would hide it."""

BASELINES = {
    "longest_run": "the longest of the 30 days before",
    "day_load": "a usual training day",
    "recent_load": "the middle of any three days of sixteen weeks",
    "hard_minutes": "usual for as many days",
    "week_load": "an average week of the six before",
    "two_weeks_load": "two average weeks of the twelve before",
    "load_balance": "the middle of your last 90 days",
    "soreness": "your own mean",
    "legs": "your own mean",
    "fatigue": "your own mean",
    "soreness_week": "your own mean",
    "legs_week": "your own mean",
    "temperature": "the middle of your last two months",
    "hr_in_heat": "cooler runs of yours like it",
    "cadence": "usual for you at that speed",
    "descent": "the most of the six weeks before",
}

UNSEEN = {
    "load": "Your load: too few sessions carry enough to weigh them.",
    "precise_load": "Your load precisely: few sessions carry a heart rate or an effort, so it is estimated.",
    "distance": "Distances: no run of these weeks carries one.",
    "heart_rate": "Your heart rate: too few of the last runs carry one.",
    "heart_rate_baseline": "What heart rate is usual for you: too few comparable runs so far.",
    "heart_rate_alone": "What your heart rate means: it moved, but without a word from you that can be "
    "fitness as well as fatigue.",
    "self_report": "How you feel: there is no recent answer from you.",
    "check_in": "How you feel: there is no recent answer from you.",
    "form": "Your running form.",
    "environment": "The heat.",
    "descent": "How much of it was downhill.",
    "performance": "How fast you could run if you tried.",
    "sleep_and_illness": "How you sleep, and whether something is going around.",
    "strength_elsewhere": "Strength work that is not recorded.",
    "temperature": "How warm it was: no run of these weeks carries a temperature.",
    "cadence": "What number of steps is usual for you: too few comparable runs carry one.",
    "kilometres": "Your runs kilometre by kilometre.",
    "rolling_hills": "Short hills: a kilometre's mean slope hides them.",
    "humidity": "How humid it was, and the sun and wind.",
    "drinking": "What you drank.",
    "eating": "What you ate.",
    "new_shoes": "Whether the change of shoes explains it.",
    "surface": "What you ran on, and whether you pushed or carried something.",
    "why_stopped": "Why you stopped; traffic lights stop people too.",
    "unrecorded_warm_up": "Whether you warmed up before you pressed start.",
}

RULED_OUT = {
    "load": "Your training load: as usual.",
    "heart_rate": "Your heart rate: as usual.",
    "heart_rate_scatter": "Your heart rate: it moved, no further than it does by itself.",
    "form": "Your running form: as usual.",
    "environment": "The heat: not unusual.",
    "descent": "Downhills: no more than your legs know.",
    "self_report": "How you said you feel: as usual.",
    "self_report_low": "How you said you feel: low, though no lower than your own mean. If that has lasted "
    "for more than a week, a doctor is the one to ask.",
}

CHANNELS = {
    Channel.LOAD: "your training load",
    Channel.HEART_RATE: "your heart rate",
    Channel.FORM: "your running form",
    Channel.ENVIRONMENT: "the heat",
    Channel.SELF_REPORT: "how you said you feel",
}

LEVELS = {
    Level.POSSIBLE: "This is possible, not more: the signs are few or faint.",
    Level.LIKELY: "This is likely, not certain.",
    Level.STRONG: "This is among the surest things we say, and still not certain.",
}

CAUSES = {
    Cause.MUSCLE_FATIGUE: "Tired muscles",
    Cause.WARM_UP: "The first minutes of your runs",
    Cause.HEAT_AND_FLUID: "Heat and fluids",
    Cause.RUNNING_FORM: "Running form",
    Cause.STRENGTH: "Strength work",
    Cause.OVERREACHING: "Recovery over the last weeks",
    Cause.FUELLING: "Eating around long runs",
}

HEADLINES = {
    (Cause.MUSCLE_FATIGUE, ""): "Your legs may be heavy until {until}",
    (Cause.MUSCLE_FATIGUE, "session_spike"): "After that long run: easy days until {until}",
    (Cause.MUSCLE_FATIGUE, "descent"): "After those downhills: easy days until {until}",
    (Cause.MUSCLE_FATIGUE, "hard_weeks"): "After two fuller weeks: easy days until {until}",
    (Cause.MUSCLE_FATIGUE, "race"): "After the race: easy days until {until}",
    (Cause.OVERREACHING, ""): "A few easier days would do you good",
    (Cause.OVERREACHING, "persistent_overreaching"): "Two weeks of tired signs: time to ask someone",
    (Cause.HEAT_AND_FLUID, ""): "The heat has cost you something: an easy day",
    (Cause.HEAT_AND_FLUID, "hot_run"): "A warm run: a word about heat",
    (Cause.RUNNING_FORM, "late_fade"): "Your steps fade late in your runs",
    (Cause.RUNNING_FORM, ""): "Your steps differ from your usual lately",
    (Cause.FUELLING, ""): "Your long runs fade: a word about eating",
    (Cause.STRENGTH, ""): "Strength work: two half hours a week",
    (Cause.WARM_UP, ""): "A gentler start to the next fast run",
    (Cause.WARM_UP, "stop_pattern"): "Your runs pause at about the same point: one question",
}

LEGS = ((1, "Very heavy"), (2, "Heavy"), (3, "Normal"), (4, "Fresh"))
"""The four answers about the legs; a page asks in the same words."""

EMERGENCY: tuple[str, ...] = (
    "Chest pain or pressure; fainting or nearly fainting while running; a racing heart with dizziness; "
    "breathlessness that is not like you.",
    "Confusion, collapse or not making sense in the heat: cool the person first, then call.",
    "Confusion, vomiting or swelling after drinking a lot: do not drink more.",
    "Urine dark as cola, with severe muscle pain, swelling or weakness.",
    "One calf swollen, warm and painful, with or without breathlessness.",
    "A leg that is suddenly cold, pale or numb.",
)
CLINICIAN = (
    "See a doctor soon about pain that changes how you run, pain in one spot of a bone or at night, a calf "
    "or shin that gets tight or numb and eases with rest, soreness for more than a week, tiredness for more "
    "than two weeks despite rest, or a fever: do not run with one."
)
LOAD_POINTS = "100 load points are one hour at the hardest effort you could hold for an hour."
NOT_MEASURED = "How often a warning of this kind turns out right has not been measured yet."
NOT_ADVICE = "This is information, not medical advice. If in doubt, stop and ask a doctor."


def evidence(name: str) -> str:
    """What an observation is called, e.g. ``Longest run``."""
    return EVIDENCE.get(name) or _spelt(name)


def baseline(name: str) -> str:
    """What an observation is compared with."""
    return BASELINES.get(name, "your usual")


def unseen(name: str) -> str:
    """What could not be seen, as a sentence."""
    return UNSEEN.get(name) or _sentence(name)


def ruled_out(name: str) -> str:
    """What was looked at and is not the reason, as a sentence."""
    return RULED_OUT.get(name) or _sentence(name)


def headline(finding: Finding, until: str) -> str:
    """The mail in one line, for its subject too: no number and no word of the athlete's."""
    general = HEADLINES[finding.cause, ""]
    return HEADLINES.get((finding.cause, finding.rule), general).format(until=until)


def strength(value: float) -> str:
    """How strongly a channel points to the finding, in a word."""
    if value >= 0.75:
        return "strong"
    return "clear" if value >= 0.5 else "faint" if value > 0 else "nothing unusual"


def _spelt(name: str) -> str:
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def _sentence(name: str) -> str:
    spelt = _spelt(name)
    return spelt if spelt.endswith((".", "?", "!")) else f"{spelt}."
