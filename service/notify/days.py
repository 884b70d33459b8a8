"""Days in words, in English whatever the machine's locale."""

from datetime import date

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def spoken(day: date) -> str:
    """``Wednesday 4 March``."""
    return f"{WEEKDAYS[day.weekday()]} {short(day)}"


def short(day: date) -> str:
    """``4 March``."""
    return f"{day.day} {MONTHS[day.month - 1]}"


def span(first: date, last: date) -> str:
    """``Sunday 1 March`` for one day, ``24 February to 1 March`` for several."""
    return spoken(first) if first == last else f"{short(first)} to {short(last)}"


def placed(start: date, until: date | None, today: date) -> str:
    """When to do something: ``today``, ``today until Wednesday 4 March``, ``from Thursday 5 March``."""
    if start == today:
        first = "today"
    elif start == until:
        return f"on {spoken(start)}"
    else:
        first = f"from {spoken(start)}"
    if until is None or until == start:
        return first
    return f"{first} until {spoken(until)}"
