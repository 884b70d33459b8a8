"""Numbers with their units, in the units the athlete chose."""

from collections.abc import Callable

from service.domain.athlete import Units

METRES_A_MILE = 1609.344
METRES_A_FOOT = 0.3048
HEIGHTS = frozenset({"descent", "ascent", "gain", "eccentric_descent"})
"""Metres up and down read as metres or feet, never as kilometres or miles."""


def said(value: float, unit: str, units: Units, what: str = "") -> str:
    """``24_150, "m"`` → ``24.2 km`` or ``15.0 mi``. A unit nobody knows stands as it is."""
    if unit == "m":
        return _height(value, units) if what in HEIGHTS else distance(value, units)
    worded = WORDED.get(unit)
    return worded(value, units) if worded else f"{_plain(value)} {unit}".strip()


def distance(metres: float, units: Units) -> str:
    """Kilometres or miles to one decimal."""
    if units is Units.IMPERIAL:
        return f"{metres / METRES_A_MILE:.1f} mi"
    return f"{metres / 1000:.1f} km"


def _height(metres: float, units: Units) -> str:
    return f"{metres / METRES_A_FOOT:.0f} ft" if units is Units.IMPERIAL else f"{metres:.0f} m"


def _pace(metres_a_second: float, units: Units) -> str:
    length, name = (METRES_A_MILE, "mi") if units is Units.IMPERIAL else (1000.0, "km")
    if metres_a_second <= 0:
        return "standing still"
    minutes, seconds = divmod(round(length / metres_a_second), 60)
    return f"{minutes}:{seconds:02d} min/{name}"


def _duration(seconds: float, units: Units) -> str:
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60:02d} min"


def _temperature(celsius: float, units: Units) -> str:
    return f"{celsius * 9 / 5 + 32:.0f} °F" if units is Units.IMPERIAL else f"{celsius:.0f} °C"


def _plain(value: float) -> str:
    """Whole numbers from ten on, one decimal below, no trailing ``.0``."""
    rounded = round(value, 0 if abs(value) >= 10 else 1)
    return f"{rounded:.0f}" if rounded == int(rounded) else f"{rounded:.1f}"


WORDED: dict[str, Callable[[float, Units], str]] = {
    "km": lambda value, units: distance(value * 1000, units),
    "m/s": _pace,
    "s": _duration,
    "min": lambda value, units: _duration(value * 60, units),
    "h": lambda value, units: _duration(value * 3600, units),
    "°C": _temperature,
    "bpm": lambda value, units: f"{value:.0f} beats a minute",
    "spm": lambda value, units: f"{value:.0f} steps a minute",
    "load": lambda value, units: f"{value:.0f} load points",
    "load/day": lambda value, units: f"{value:.0f} load points a day",
    "%": lambda value, units: f"{_plain(value)} %",
    "share": lambda value, units: f"{value * 100:.0f} %",
    "percentile": lambda value, units: f"higher than on {value:.0f} % of your days",
    "ratio": lambda value, units: f"{value:.2f} times",
    "times": lambda value, units: f"{value:.2f} times",
    "z": lambda value, units: f"{value:+.1f} standard deviations",
    "of 4": lambda value, units: f"{_plain(value)} of 4",
    "of 5": lambda value, units: f"{_plain(value)} of 5",
    "of 10": lambda value, units: f"{_plain(value)} of 10",
    "days": lambda value, units: "1 day" if value == 1 else f"{_plain(value)} days",
    "runs": lambda value, units: "1 run" if value == 1 else f"{_plain(value)} runs",
    "sessions": lambda value, units: "1 session" if value == 1 else f"{_plain(value)} sessions",
    "nights": lambda value, units: "1 night" if value == 1 else f"{_plain(value)} nights",
    "1": lambda value, units: _plain(value) if abs(value) >= 10 else f"{value:.2f}",
}
