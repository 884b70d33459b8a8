"""The athlete of the tests on single runs, and what was found of them before one night."""

from service.analyse.assess import assess_nights
from service.domain.finding import Assessment, Finding
from tests.analyse.people import CONSTANTS, answers, heart_rate, history, on

STEPS = 168.0
PACE, BEATS = 330.0, heart_rate(330.0)["average_hr"]
FINE = answers(range(70), legs=4, soreness=5)
TIRED = answers(range(40), legs=4, soreness=5) + answers([68, 69], legs=1, soreness=1)


def verdict(sessions, said=(), day=70) -> Assessment:
    return assess_nights(history(sessions, said), [on(day)], CONSTANTS)[0]


def rule(name, sessions, said=(), day=70) -> Finding | None:
    """The finding of that rule, or None."""
    return next((f for f in verdict(sessions, said, day).findings if f.rule == name), None)
