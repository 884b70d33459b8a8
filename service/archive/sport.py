"""Sports by the names that exports and watches give them, as Strava's ``sport_type``."""

import re

_APART = re.compile(r"[^A-Za-z]+")

# The export is written in the language of the account. Names that are Strava's own with blanks
# ("Weight Training") need no row here.
_TRANSLATED = {
    "Run": "lauf laufen course carrera corsa hardloopsessie hardlopen corrida bieg",
    "TrailRun": "traillauf trail trailloop trailrun",
    "VirtualRun": "virtueller-lauf course-virtuelle carrera-virtual",
    "Ride": "radfahrt radfahren vélo sortie-vélo salida-en-bicicleta ciclismo giro-in-bici fietsrit pedalada",
    "VirtualRide": "virtuelle-radfahrt sortie-vélo-virtuelle virtuele-fietsrit",
    "Swim": "schwimmen natation natación nuoto zwemmen zwemsessie natação",
    "Walk": "spaziergang gehen marche caminata camminata wandeling caminhada",
    "Hike": "wanderung wandern randonnée senderismo excursión escursione hike trilha",
    "WeightTraining": "krafttraining musculation entrenamiento-con-pesas pesi krachttraining",
    "Workout": "training workout entraînement entrenamiento allenamento treino",
    "Yoga": "yoga ioga",
}
_BY_WORD = {word: sport for sport, words in _TRANSLATED.items() for word in words.split()}
_FRENCH_RUN = ("course à pied", "Run")

_FIT = {
    "running": "Run",
    "cycling": "Ride",
    "e_biking": "EBikeRide",
    "swimming": "Swim",
    "walking": "Walk",
    "hiking": "Hike",
    "rowing": "Rowing",
    "training": "Workout",
    "fitness_equipment": "Workout",
    "cross_country_skiing": "NordicSki",
    "alpine_skiing": "AlpineSki",
    "snowboarding": "Snowboard",
    "inline_skating": "InlineSkate",
    "ice_skating": "IceSkate",
    "kayaking": "Kayaking",
    "paddling": "Canoeing",
    "stand_up_paddleboarding": "StandUpPaddling",
    "golf": "Golf",
    "rock_climbing": "RockClimbing",
    "soccer": "Soccer",
    "tennis": "Tennis",
}
_FIT_SUB = {
    ("running", "trail"): "TrailRun",
    ("running", "virtual_activity"): "VirtualRun",
    ("cycling", "virtual_activity"): "VirtualRide",
    ("cycling", "mountain"): "MountainBikeRide",
    ("cycling", "gravel_cycling"): "GravelRide",
    ("training", "strength_training"): "WeightTraining",
    ("training", "yoga"): "Yoga",
    ("training", "pilates"): "Pilates",
    ("fitness_equipment", "strength_training"): "WeightTraining",
    ("fitness_equipment", "indoor_rowing"): "Rowing",
    ("fitness_equipment", "elliptical"): "Elliptical",
    ("fitness_equipment", "stair_climbing"): "StairStepper",
}
INDOORS = frozenset({"treadmill", "indoor_cycling", "indoor_running", "spin", "indoor_rowing"})
_TRACK = {
    "running": "Run",
    "run": "Run",
    "9": "Run",
    "trail_running": "TrailRun",
    "trailrun": "TrailRun",
    "biking": "Ride",
    "cycling": "Ride",
    "ride": "Ride",
    "1": "Ride",
    "walking": "Walk",
    "10": "Walk",
    "hiking": "Hike",
    "4": "Hike",
    "swimming": "Swim",
    "16": "Swim",
}
"""``type`` of a GPX track and ``Sport`` of a TCX activity; Strava's own GPX files hold a number."""

UNKNOWN = "Unknown"


def from_export(name: str) -> str:
    """``Weight Training``, ``Trail Run`` or ``Radfahrt`` as Strava's ``sport_type``."""
    plain = name.strip()
    known = _BY_WORD.get(plain.lower().replace(" ", "-"))
    if known is not None:
        return known
    if plain.lower() == _FRENCH_RUN[0]:
        return _FRENCH_RUN[1]
    words = [word for word in _APART.split(plain) if word]
    return ("".join(word[:1].upper() + word[1:] for word in words) or UNKNOWN)[:64]


def from_fit(sport: object, sub_sport: object) -> str:
    """A FIT session's sport and sub-sport (profile names; numbers the profile does not know are unknown)."""
    main, sub = str(sport), str(sub_sport)
    return _FIT_SUB.get((main, sub)) or _FIT.get(main, UNKNOWN)


def from_track(name: str) -> str:
    """The type of a GPX track or the sport of a TCX activity."""
    return _TRACK.get(name.strip().lower(), UNKNOWN)
