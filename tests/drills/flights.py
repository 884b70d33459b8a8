"""Drill 23: people who fly around the world, over the date line too, and Samoa's skipped day.

As in ``nights`` the slot rule is the service's own; the zone changes as a sync changes it. Who flies east
over the date line lives a date twice; it is judged once, and up to 49 hours pass until the next one.
"""

import random
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from service.domain.finding import Assessment, State
from service.domain.night import Decision, Silence, due_instant, nights_due
from service.store.session import Transaction
from tests.drills.figure import Figure, none
from tests.drills.ground import SCOPES, ZONES
from tests.drills.house import open_room
from tests.drills.size import Size

START = datetime(2011, 12, 20, 12, 0, tzinfo=UTC)
DAYS = 21
LOOK = timedelta(hours=1)
LONGEST_GAP = timedelta(hours=42)
TWICE_THE_DATE = timedelta(hours=49)
"""From +14 h to -11 h: a day, and the 25 hours between the two clocks."""
AIRPORTS = (
    *ZONES, "Pacific/Apia", "Pacific/Pago_Pago", "Pacific/Kiritimati", "Pacific/Tongatapu", "Pacific/Majuro",
    "America/New_York", "Asia/Singapore", "Asia/Tehran",
)  # fmt: skip
STAYING = 3
"""So many stay in Samoa all the time, where no 30 December 2011 was."""


class Travellers:
    def __init__(self, tx: Transaction, chance: random.Random, count: int) -> None:
        self._chance = chance
        self.flights = 0
        self.tries: Counter[tuple[int, date]] = Counter()
        self.judged: dict[int, list[tuple[date, datetime]]] = defaultdict(list)
        self._leaves: dict[int, datetime] = {}
        for number in range(count):
            zone = "Pacific/Apia" if number < STAYING else chance.choice(AIRPORTS)
            tx.athletes.connect(number, SCOPES, zone, START)
            if number >= STAYING:
                self._leaves[number] = START + timedelta(days=1 + 3 * chance.random())

    def look(self, tx: Transaction, now: datetime) -> None:
        """Whoever has landed is heard of first; then the nights that are due."""
        for number, at in self._leaves.items():
            if at <= now:
                self._fly(tx, number, now)
        athletes = tx.athletes.many(tx.athletes.claim_due_nights(now, 10_000, 0, lease_s=0))
        for athlete in athletes.values():
            for night in nights_due(athlete.next_night, athlete.zone, now, athlete.last_night_at):
                at = due_instant(night, athlete.zone)
                silent = Decision(None, Silence.NOTHING_FOUND)
                verdict = Assessment(night, State.CLEAR, score=None, level=None, findings=())
                tx.nights.record(athlete.id, night, verdict, silent, now, "")
                following = night + timedelta(days=1)
                tx.athletes.all_judged([(athlete.id, following, due_instant(following, athlete.zone), at)])
                self.tries[athlete.strava_id, night] += 1
                self.judged[athlete.strava_id].append((night, at))

    def _fly(self, tx: Transaction, number: int, now: datetime) -> None:
        athlete = tx.athletes.by_strava_id(number)
        assert athlete is not None
        zone = self._chance.choice(AIRPORTS)
        tx.athletes.synced(athlete.id, now, zone=zone, next_sync_at=now)
        self.flights += zone != athlete.zone
        self._leaves[number] = now + timedelta(hours=self._chance.uniform(2, 120))


def drill(size: Size) -> list[Figure]:
    """100 itineraries of three weeks; soaked, 500."""
    end = START + timedelta(days=DAYS)
    with open_room() as store:
        with store.transaction() as tx:
            travellers = Travellers(tx, random.Random(size.seed), size.of(100, 500))
        now = START
        while now < end:
            now += LOOK
            with store.transaction(statement_timeout_ms=60_000) as tx:
                travellers.look(tx, now)
    gaps = [gap for nights in travellers.judged.values() for gap in _gaps(nights)]
    last = [end - nights[-1][1] for nights in travellers.judged.values()]
    long = [(gap, left_out) for gap, left_out in gaps if gap > LONGEST_GAP]
    return [
        Figure("itineraries", len(travellers.judged), least=size.of(100, 500)),
        Figure("flights", travellers.flights, least=1),
        Figure("nights", len(travellers.tries)),
        none("double", sum(count > 1 for count in travellers.tries.values())),
        none("nearer_than_18_h", sum(gap < timedelta(hours=18) for gap, _ in gaps)),
        none("gap_over_42_h", sum(left_out > 0 for _, left_out in long)),
        Figure("dates_lived_twice", len(long) - sum(left_out > 0 for _, left_out in long)),
        none("gap_over_49_h", sum(gap > TWICE_THE_DATE for gap in [*last, *(gap for gap, _ in gaps)])),
    ]


def _gaps(nights: list[tuple[date, datetime]]) -> list[tuple[timedelta, int]]:
    """Between one verdict and the next: the time, and the dates that were left out."""
    return [(later - at, (day - before).days - 1) for (before, at), (day, later) in pairwise(nights)]
