"""Dates as Strava's export writes them, in the language of the account; always UTC."""

import re
from datetime import UTC, datetime

_ENGLISH = re.compile(r"([A-Z][a-z]{2}) (\d{1,2}), (\d{4}),? (\d{1,2}):(\d\d):(\d\d)[\s\u202f]?([AP]M)?")
_ENGLISH_MONTHS = dict(
    zip("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), range(1, 13), strict=True)
)
_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)")
_NUMBERS = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4}),?\s+(\d{1,2}):(\d\d):(\d\d)")
_WORDS = re.compile(
    r"(\d{1,2})\.?\s+(?:de\s+)?([^\W\d_]{3,})\.?,?\s+(?:de\s+)?(\d{4}),?\s+(?:à\s+|às\s+|om\s+|alle\s+)?"
    r"(\d{1,2}):(\d\d):(\d\d)"
)
_MONTHS = {
    "jan": 1, "jän": 1, "ene": 1, "gen": 1, "janv": 1, "feb": 2, "fév": 2, "fev": 2, "mar": 3, "mär": 3,
    "mrt": 3, "maa": 3, "apr": 4, "avr": 4, "abr": 4, "mai": 5, "may": 5, "mei": 5, "mag": 5, "jun": 6,
    "giu": 6, "jul": 7, "lug": 7, "aug": 8, "aoû": 8, "ago": 8, "sep": 9, "set": 9, "okt": 10, "oct": 10,
    "out": 10, "ott": 10, "nov": 11, "dez": 12, "dec": 12, "déc": 12, "dic": 12,
}  # fmt: skip


def moment(text: str) -> datetime | None:
    """``Apr 26, 2020, 3:20:32 PM``, ``09.12.2022, 15:24:49``, ``9 déc. 2022 à 15:24:49`` or ISO, as aware
    UTC; ``None`` for anything else."""
    try:
        return _english(text) or _other(text)
    except ValueError:  # a 31 February
        return None


def _english(text: str) -> datetime | None:
    found = _ENGLISH.fullmatch(text)
    if found is None:
        return None
    name, day, year, hour, minute, second, half = found.groups()
    month = _ENGLISH_MONTHS.get(name)
    if month is None:
        return None
    hours = int(hour)
    if half is not None:
        hours = hours % 12 + (12 if half == "PM" else 0)
    return datetime(int(year), month, int(day), hours, int(minute), int(second), tzinfo=UTC)


def _other(text: str) -> datetime | None:
    text = text.strip()
    if found := _ISO.match(text):
        year, month, day, hour, minute, second = map(int, found.groups())
    elif found := _NUMBERS.fullmatch(text):
        day, month, year, hour, minute, second = map(int, found.groups())
    elif (found := _WORDS.fullmatch(text)) and (named := _month(found[2].lower())):
        day, year, hour, minute, second = (int(found[n]) for n in (1, 3, 4, 5, 6))
        month = named
    else:
        return None
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


def _month(word: str) -> int | None:
    if word.startswith("juil"):  # French June and July begin alike
        return 7
    if word.startswith("juin"):
        return 6
    return _MONTHS.get(word[:4]) or _MONTHS.get(word[:3])
