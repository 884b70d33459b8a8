"""Made-up athletes for lints: any cause, level, unit and number, gaps, no answers, names nobody foresaw."""

import random
from datetime import timedelta

from service.advise.choose import advise
from service.domain.athlete import Units
from service.domain.course import Day, LongRun
from service.domain.finding import Assessment, Channel, Context, Evidence, Finding, Level, State
from service.domain.history import Profile, Sex, StrengthHabit
from service.domain.message import Message
from service.notify import message, phrases
from service.notify.chart import picture
from service.notify.long_run import long_run
from service.notify.message import Links
from service.notify.question import question
from service.notify.week import Kept, Week, weekly
from tests.notify.samples import rules, shipped
from tests.verdicts import NIGHT

UNITS = ("m", "load", "ratio", "rating", "%", "min", "°C", "bpm", "points", "sessions", "furlong", "")
NAMES = (*phrases.EVIDENCE, "descent", "temperature", "something_new", "læst_løp", "a" * 60)


def mails(seed: int) -> dict[str, Message]:
    """Every mail one such athlete may get."""
    chance = random.Random(seed)
    units = chance.choice(list(Units))
    links = _links(chance)
    assessment = _assessment(chance)
    profile = _profile(chance)
    advice = advise(assessment, shipped(), profile=profile)
    course = _course(chance)
    chart = picture(course)
    loads = [(day.date, day.load) for day in course[-28:]]
    planned = LongRun(NIGHT + timedelta(days=1), chance.uniform(1, 90_000), chance.uniform(1, 60_000))
    week = Week(
        night=NIGHT,
        course=course,
        runs=chance.randrange(20),
        distance_m=chance.uniform(0, 250_000),
        nights={state: chance.randrange(4) for state in State},
        kept=tuple(Kept(assessment, advice) for _ in range(chance.randrange(3))),
        ceiling_m=chance.choice([None, chance.uniform(1000, 60_000)]),
        long_run=chance.choice([None, planned]),
        unseen=tuple(chance.sample(sorted(phrases.UNSEEN), 2)),
    )
    return {
        "warning": message.warning(
            assessment, advice, links=links, units=units, loads=loads, picture=chance.choice([None, chart])
        ),
        "check_in": question(_evidence(chance), night=NIGHT, links=links, units=units),
        "long_run": long_run(planned, night=NIGHT, links=links, units=units),
        "weekly": weekly(week, links=links, units=units, picture=chart),
        "confirm_address": message.confirm_address(f"https://{links.status_url[8:]}?t=x", night=NIGHT),
        "reconnect": message.reconnect(links.status_url, night=NIGHT, links=links),
        "erased": message.erased(night=NIGHT - timedelta(days=chance.randrange(4000))),
    }


def _links(chance: random.Random) -> Links:
    host = chance.choice(["freshlegs.example.org", "a.test", f"{'long-' * 12}name.example.co.uk:8443"])
    token = "".join(chance.choices("ABCabc012-_", k=chance.choice([16, 48, 200])))
    base = f"https://{host}"
    return Links(
        status_url=f"{base}/status",
        unsubscribe_url=f"{base}/unsubscribe/{token}?kind=warning",
        checkin_url=f"{base}/checkin?t={token}",
        mute_url=chance.choice([None, f"{base}/reply/2026-03-02?mute=1&t={token}"]),
        reply_url=chance.choice([None, f"{base}/reply/2026-03-02?t={token}"]),
    )


def _evidence(chance: random.Random) -> Evidence:
    first = NIGHT - timedelta(days=chance.randrange(1, 40))
    return Evidence(
        chance.choice(NAMES),
        chance.choice([0.0, -0.4, 1e-9, chance.uniform(-50, 50_000), 1e7]),
        chance.choice(UNITS),
        chance.choice([None, 0.0, chance.uniform(-5, 50_000)]),
        first,
        first + timedelta(days=chance.randrange(3)),
        chance.choice([None, "1", "12345678901234"]),
    )


def _assessment(chance: random.Random) -> Assessment:
    found = tuple(_finding(chance) for _ in range(chance.randrange(1, 4)))
    return Assessment(
        night=NIGHT,
        state=State.WARN,
        score=chance.random(),
        level=found[0].level,
        findings=found,
        fitness=chance.uniform(0, 200),
        fatigue=chance.uniform(0, 300),
        longest_safe_m=chance.choice([None, chance.uniform(1000, 80_000)]),
        contexts=frozenset(chance.sample(list(Context), chance.randrange(2))),
        unseen=tuple(chance.sample([*phrases.UNSEEN, "something_new"], 3)),
        rule_version="test",
    )


def _finding(chance: random.Random) -> Finding:
    cause, rule = chance.choice(rules())
    return Finding(
        cause=cause,
        rule=rule,
        level=chance.choice([None, *Level]),
        score=chance.random(),
        channels={channel: chance.choice([0.0, 0.3, 1.0]) for channel in chance.sample(list(Channel), 3)},
        evidence=tuple(_evidence(chance) for _ in range(chance.randrange(5))),
        unseen=tuple(chance.sample(sorted(phrases.UNSEEN), chance.randrange(3))),
        ruled_out=tuple(chance.sample(sorted(phrases.RULED_OUT), chance.randrange(3))),
        safety=chance.random() < 0.3,
        until=chance.choice([None, NIGHT + timedelta(days=chance.randrange(-3, 14))]),
    )


def _profile(chance: random.Random) -> Profile:
    return Profile(
        sex=chance.choice([None, *Sex]),
        birth_year=chance.choice([None, 1950, 1990, 2012]),
        injured_last_year=chance.choice([None, True, False]),
        strength_habit=chance.choice([None, *StrengthHabit]),
    )


def _course(chance: random.Random) -> list[Day]:
    seen = chance.choice([0, 5, 84])
    highest = chance.choice([1, 150, 3000])
    return [
        Day(
            NIGHT - timedelta(days=84 - n),
            chance.choice([0.0, chance.uniform(0, highest)]) if n >= 84 - seen else None,
            chance.uniform(0, highest) if n >= 84 - seen else None,
        )
        for n in range(84)
    ]
