"""Numbers with their units, in the units the athlete chose."""

from collections.abc import Callable

from service.domain.athlete import Units
from service.notify.phrases import SIGNED

METRES_A_MILE = 1609.344
METRES_A_FOOT = 0.3048
HEIGHTS = frozenset({"descent", "ascent"})
"""Metres up and down read as metres or feet, never as kilometres or miles."""
SPELT = {"bpm": "beats a minute"}
"""Units that are words in a mail."""
SCALES = {"legs": 4, "legs_week": 4}
"""Where an answer's scale does not run to five."""


def said(value: float, unit: str, units: Units, what: str = "") -> str:
    """``24_150, "m"`` → ``24.2 km`` or ``15.0 mi``. A unit nobody knows stands as it is."""
    if what in SIGNED:
        return _signed(value, unit)
    if unit == "m":
        return _height(value, units) if what in HEIGHTS else distance(value, units)
    if unit == "rating":
        return f"{_plain(value)} of {SCALES.get(what, 5)}"
    worded = WORDED.get(unit)
    return worded(value, units) if worded else f"{_plain(value)} {unit}".strip()


def distance(metres: float, units: Units) -> str:
    """Kilometres or miles to one decimal."""
    if units is Units.IMPERIAL:
        return f"{metres / METRES_A_MILE:.1f} mi"
    return f"{metres / 1000:.1f} km"


def _signed(value: float, unit: str) -> str:
    """``−36 %`` from a ratio of −0.36; one decimal below ten."""
    figure, name = (100 * value, "%") if unit == "ratio" else (value, unit)
    sign = "−" if figure < 0 else "+"
    return f"{sign}{_plain(abs(figure))} {SPELT.get(name, name)}"


def _height(metres: float, units: Units) -> str:
    return f"{metres / METRES_A_FOOT:.0f} ft" if units is Units.IMPERIAL else f"{metres:.0f} m"


def _duration(minutes: float, units: Units) -> str:
    whole = round(minutes)
    return f"{whole} min" if whole < 120 else f"{whole // 60} h {whole % 60:02d} min"


def _temperature(celsius: float, units: Units) -> str:
    return f"{celsius * 9 / 5 + 32:.0f} °F" if units is Units.IMPERIAL else f"{celsius:.0f} °C"


def _counted(name: str) -> Callable[[float, Units], str]:
    return lambda value, units: f"{_plain(value)} {name}" + ("" if value == 1 else "s")


def _plain(value: float) -> str:
    """Whole numbers from ten on, one decimal below, no trailing ``.0``."""
    rounded = round(value, 0 if abs(value) >= 10 else 1)
    return f"{rounded:.0f}" if rounded == int(rounded) else f"{rounded:.1f}"


WORDED: dict[str, Callable[[float, Units], str]] = {
    "min": _duration,
    "°C": _temperature,
    "bpm": lambda value, units: f"{value:.0f} {SPELT['bpm']}",
    "spm": lambda value, units: f"{value:.0f} steps a minute",
    "load": lambda value, units: f"{value:.0f} load points",
    "%": lambda value, units: f"{_plain(value)} %",
    "sessions": _counted("session"),
    "runs": _counted("run"),
    "days": _counted("day"),
}
