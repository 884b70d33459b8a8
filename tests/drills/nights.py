"""A year of nights in forty zones while the service is often away: each local date once, whatever happened.

The slot rule is the service's own: the store's claim, ``nights_due``, the night's key, the advanced slot.
Only the verdicts are missing, and the time between two looks is drawn, not waited for.
"""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from service.domain.finding import Assessment, State
from service.domain.night import SENDABLE_FOR, Decision, Silence, due_instant, next_night, nights_due
from service.store.session import Transaction
from tests.drills.figure import Figure, none
from tests.drills.ground import SCOPES, Ground, open_ground
from tests.drills.size import Size

START = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
SETTLED = date(2024, 1, 1), date(2024, 12, 31)
LONGEST_AWAY = timedelta(hours=72)
ZONES = tuple(
    """
    Africa/Cairo Africa/Casablanca Africa/Johannesburg Africa/Lagos Africa/Nairobi America/Anchorage
    America/Argentina/Buenos_Aires America/Asuncion America/Bogota America/Caracas America/Chicago
    America/Halifax America/Havana America/Los_Angeles America/Mexico_City America/New_York
    America/Nuuk America/Santiago America/Sao_Paulo America/St_Johns Asia/Beirut Asia/Dubai
    Asia/Gaza Asia/Jerusalem Asia/Kathmandu Asia/Kolkata Asia/Shanghai Asia/Tehran Asia/Tokyo
    Atlantic/Azores Australia/Adelaide Australia/Lord_Howe Australia/Sydney Europe/Berlin
    Europe/Dublin Europe/London Europe/Moscow Pacific/Auckland Pacific/Chatham Pacific/Kiritimati
    """.split()
)
IN_SQL = """SELECT zone, day::date, (day::date + %s::time) AT TIME ZONE zone
    FROM unnest(%s::text[]) AS zone, generate_series(%s::date, %s::date, interval '1 day') AS day"""


class Year:
    """One athlete a zone, and a service that is there only now and then."""

    def __init__(self, ground: Ground, chance: random.Random) -> None:
        self._ground, self._chance = ground, chance
        self.judged: Counter[tuple[int, date]] = Counter()
        self.sendable: Counter[tuple[int, date]] = Counter()
        with ground.store.transaction() as tx:
            for number, zone in enumerate(ZONES):
                tx.athletes.connect(number, SCOPES, zone, START)

    def live(self, until: datetime) -> None:
        """From look to look; usually soon, now and then after up to three days."""
        now = START
        while now < until:
            away = self._chance.random() < 0.25
            longest = LONGEST_AWAY if away else timedelta(hours=6)
            now = min(until, now + longest * self._chance.random())
            with self._ground.store.transaction(statement_timeout_ms=60_000) as tx:
                self._look(tx, now)

    def _look(self, tx: Transaction, now: datetime) -> None:
        athletes = tx.athletes.many(claimed := tx.athletes.claim_due_nights(now, 1000, 0))
        assert len(athletes) == len(claimed)
        for athlete_id, athlete in athletes.items():
            due = list(nights_due(athlete.next_night, athlete.zone, now, athlete.last_night_at))
            for night in due:
                silent = Decision(None, Silence.NOTHING_FOUND)
                verdict = Assessment(night, State.CLEAR, score=None, level=None, findings=())
                new = tx.nights.record(athlete_id, night, verdict, silent, now, "")
                following = night + timedelta(days=1)
                tx.athletes.all_judged([(athlete_id, following, due_instant(following, athlete.zone), None)])
                self.judged[athlete.strava_id, night] += new
                if night == due[-1] and now - due_instant(night, athlete.zone) <= SENDABLE_FOR:
                    self.sendable[athlete.strava_id, night] += new


def drill(size: Size) -> list[Figure]:
    """40 zones × 1 year; soaked, 2 years."""
    days = size.of(365, 730)
    until = START + timedelta(days=days)
    with open_ground(size.seed, kinds=("steady",)) as ground:
        year = Year(ground, random.Random(size.seed))
        year.live(until)
        expected = {(number, night) for number, zone in enumerate(ZONES) for night in _nights(zone, until)}
        return [
            Figure("zones", len(ZONES)),
            Figure("nights", len(expected), least=len(ZONES) * days),
            none("missed", len(expected - set(year.judged))),
            none("too_many", len(set(year.judged) - expected)),
            none("double", sum(count > 1 for count in year.judged.values())),
            none("sendable_twice", sum(count > 1 for count in year.sendable.values())),
            *_against_postgres(ground, until.date()),
        ]


def _nights(zone: str, until: datetime) -> Iterator[date]:
    night = next_night(START, zone) - timedelta(days=1)
    while due_instant(night, zone) <= until:
        yield night
        night += timedelta(days=1)


def _against_postgres(ground: Ground, until: date) -> Iterator[Figure]:
    """Why only Python computes instants. Of a year long settled both know the same at 04:30; at 02:30, an
    hour that may come twice, they mean different ones; and of the years to come each knows what its
    tzdata knows, of which the server's is older or newer than ours."""
    yield none("postgres_disagrees", _disagreements(ground, SETTLED, time(4, 30)))
    yield Figure("at_0230", _disagreements(ground, SETTLED, time(2, 30)))
    yield Figure("to_come", _disagreements(ground, (START.date(), until), time(4, 30)))


def _disagreements(ground: Ground, days: tuple[date, date], at: time) -> int:
    rows = ground.query(IN_SQL, at, list(ZONES), *days)
    return sum(
        datetime.combine(night, at, ZoneInfo(zone)).astimezone(UTC) != theirs for zone, night, theirs in rows
    )
