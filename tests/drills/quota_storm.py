"""Drill 12: Strava's limits shrink under us, by the quarter hour and by the day."""

from datetime import datetime, timedelta

from service.strava.quota import quarter_hour, utc_day
from tests.drills.figure import Figure, none
from tests.drills.size import Size
from tests.drills.workshop import Workshop, open_workshop

ATHLETES = 12
DAYS = 4
GENEROUS, TIGHT = (24, 120), (6, 60)


def drill(size: Size) -> list[Figure]:
    """Two days at limits we know, then they are cut without notice, then they are what they were."""
    days = size.of(DAYS, 30)
    with open_workshop(size.seed, ["steady"] * ATHLETES, read_limit=GENEROUS) as shop:
        shop.connect_all()
        shop.settle()
        shop.pass_time(timedelta(days=days / 2))
        own = shop.standin.counters().get("too_many", 0)
        shop.standin.limits(read_limit=TIGHT)
        shop.pass_time(timedelta(days=days / 2))
        forced = shop.standin.counters().get("too_many", 0) - own
        shop.standin.limits(read_limit=(500, 5000))
        shop.pass_time(timedelta(hours=30))
        shop.list_due()
        shop.settle()
        lost, more = shop.differences()
        reads = shop.standin.totals()["counted"]
        return [
            none("own_429", own),
            Figure("forced_429", forced, least=1),
            none("calls_before_window_opens", _too_early(shop)),
            none("activities_lost", lost),
            none("activities_too_many", more),
            Figure("reads_per_athlete_day", round(reads / ATHLETES / (days + 1.25), 2)),
            none("uncaught", shop.uncaught),
        ]


def _too_early(shop: Workshop) -> int:
    """Counted calls between a 429 and the opening of the window it was about."""
    early, opens_at = 0, None
    for call in shop.standin.ledger(path="/api/v3"):
        at = datetime.fromisoformat(call["time"].replace("Z", "+00:00"))
        early += opens_at is not None and at < opens_at
        if call["status"] == 429:
            day_spent = _reads_of_day(shop, at, call["number"]) > TIGHT[1]
            opens_at = utc_day(at).end if day_spent else quarter_hour(at).end
    return early


def _reads_of_day(shop: Workshop, at: datetime, number: int) -> int:
    day = at.date().isoformat()
    return sum(
        call["counted"] and call["time"].startswith(day) and call["number"] <= number
        for call in shop.standin.ledger()
    )
