"""The words for everything judgement names. A name without a phrase is still said, in plain letters.

Allowed are "signs of", "possible", "differs from your usual"; never a diagnosis, a probability of harm,
blame, a grade, or the promise that training is safe.
"""

from service.domain.finding import Cause, Channel, Finding, Level

EVIDENCE = {
    "longest_run": "Longest run",
    "session_spike": "Longest run",
    "spike_ratio": "This run against your longest of 30 days",
    "longest_session": "Largest session",
    "largest_session": "Largest session",
    "last_session": "Load of the last session",
    "load_yesterday": "Load of the last day",
    "yesterday_load": "Load of the last day",
    "load_3_days": "Load of the last three days",
    "load_7_days": "Load of the last seven days",
    "week_load": "Load of the last seven days",
    "weekly_load": "Load of the last seven days",
    "acute_load": "Load of the last days, the newest counting most",
    "fatigue": "Load of the last days, the newest counting most",
    "fitness": "Load you are used to",
    "form": "Balance between what you are used to and what you did",
    "balance": "Balance between what you are used to and what you did",
    "load_balance": "Balance between what you are used to and what you did",
    "days_without_rest": "Days in a row without a rest day",
    "hard_minutes": "Minutes of hard running",
    "hard_minutes_48h": "Minutes of hard running in two days",
    "descent": "Metres downhill",
    "race": "Race",
    "race_distance": "Race distance",
    "hr_at_reference_speed": "Heart rate at your usual easy speed",
    "heart_rate_shift": "Heart rate against the one expected at that speed",
    "hr_shift": "Heart rate against the one expected at that speed",
    "exertion_at_reference_load": "How hard comparable sessions felt",
    "exertion_shift": "How hard comparable sessions felt",
    "perceived_exertion": "How hard the session felt",
    "legs": "Your answer about your legs",
    "fatigue_answer": "Your answer about tiredness",
    "soreness": "Your answer about soreness",
    "sleep": "Your answer about sleep",
    "mood": "Your answer about mood",
    "low_answers": "Mornings on which you felt low",
    "cadence": "Steps a minute at that speed",
    "late_fade": "Slowing down in the last third",
    "temperature": "Temperature on the watch",
    "strength_sessions": "Recorded strength sessions in four weeks",
}

UNSEEN = {
    "heart_rate": "Your heart rate: too few of the last runs carry one.",
    "self_report": "How you feel: there is no recent answer from you.",
    "check_in": "How you feel: there is no recent answer from you.",
    "checkins": "How you feel: there is no recent answer from you.",
    "load": "Your load: too few sessions carry enough to weigh them.",
    "form": "Your running form: too few of the last runs carry a cadence.",
    "environment": "Heat: the runs carry no temperature.",
    "temperature": "Heat: the runs carry no temperature.",
    "cadence": "Your running form: too few of the last runs carry a cadence.",
    "perceived_exertion": "How hard the sessions felt: it was not recorded.",
    "altitude": "Hills: the runs carry no usable altitude.",
    "detail": "The course of the runs: only their totals have been read so far.",
    "resting_hr": "Your resting heart rate: we assumed a common one.",
    "max_hr": "Your highest heart rate: we estimated it from your runs.",
    "sleep": "How you slept.",
    "private_activities": "Sessions you keep private: we may not read them.",
    "strength": "Strength work that is not recorded.",
}

RULED_OUT = {
    "race": "A race in these days.",
    "taper": "A lighter stretch before a race.",
    "return_from_break": "A return from a break.",
    "illness": "An illness you told us about.",
    "pain": "A pain you told us about.",
    "travel": "A journey across time zones.",
    "heat": "Heat.",
    "sensor_fault": "A faulty heart-rate sensor.",
    "late_sync": "Sessions that came in late.",
    "fitness_gain": "Better fitness, which also lowers heart rate.",
    "fitter": "Better fitness, which also lowers heart rate.",
    "single_hard_day": "One hard day alone.",
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
    (Cause.MUSCLE_FATIGUE, "race"): "After the race: easy days until {until}",
    (Cause.OVERREACHING, ""): "A few easier days would do you good",
    (Cause.OVERREACHING, "persistent_overreaching"): "Two weeks of tired signs: time to ask someone",
    (Cause.HEAT_AND_FLUID, ""): "The heat has cost you something: an easy day",
    (Cause.RUNNING_FORM, ""): "Your steps differ from your usual lately",
    (Cause.FUELLING, ""): "Your long runs fade: a word about eating",
    (Cause.STRENGTH, ""): "Strength work: two half hours a week",
    (Cause.WARM_UP, ""): "A gentler start to the next fast run",
    (Cause.WARM_UP, "stop_pattern"): "Your runs pause at about the same point: one question",
}

EMERGENCY = (
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
NOT_MEASURED = "How often a warning of this kind turns out right has not been measured yet."
NOT_ADVICE = "This is information, not medical advice. If in doubt, stop and ask a doctor."


def evidence(name: str) -> str:
    """What an observation is called, e.g. ``Longest run``."""
    return EVIDENCE.get(name) or _spelt(name)


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
