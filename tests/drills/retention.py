"""Drill 42: a week passes and Strava cannot be reached; what came from it is gone, what was said is not."""

from datetime import timedelta

from service.jobs.clock import purge
from tests.drills.figure import Figure, none
from tests.drills.size import Size
from tests.drills.workshop import open_workshop

KINDS = ["steady", "session_spike", "overload_block"]
OLD = "SELECT count(*) FROM activity WHERE source = 'strava' AND fetched_at < :since"
NUMBERS = """SELECT count(*) FROM night WHERE judged_at < :since AND (
    assessment ->> 'fitness' IS NOT NULL OR jsonb_path_exists(assessment, '$.findings[*].evidence[0]'))"""


def drill(size: Size) -> list[Figure]:
    """Looked at every hour: at no time is anything older than the limit."""
    days = size.of(20, 120)
    limit = timedelta(days=7)
    with open_workshop(size.seed, KINDS) as shop:
        shop.connect_all()
        shop.settle()
        worst = numbers = 0
        for _ in range(days):
            shop.pass_time(timedelta(days=1), timedelta(hours=1))
            purge(shop.app)
            since = shop.clock.now() - limit
            worst, numbers = (
                max(worst, shop.count(OLD, since=since)),
                max(numbers, shop.count(NUMBERS, since=since)),
            )
        held = shop.count("SELECT count(*) FROM activity")
        nights = shop.count("SELECT count(*) FROM night")
        shop.standin.fault(path="/api/v3", chance=1.0, status=503)
        shop.pass_time(timedelta(days=8), timedelta(hours=2))
        purge(shop.app)
        return [
            Figure("days", days),
            Figure("activities_renewed", held, least=1),
            none("rows_older_than_limit", worst),
            none("numbers_older_than_limit", numbers),
            none("rows_after_8_days_of_silence", shop.count("SELECT count(*) FROM activity")),
            Figure("verdicts_kept", shop.count("SELECT count(*) FROM night"), least=nights),
            none("uncaught", shop.uncaught),
        ]
