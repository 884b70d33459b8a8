"""Drill 17: Strava rotates the refresh token and the answer is lost; also, who is told, and how often."""

from datetime import timedelta

from tests.drills.figure import Figure, none
from tests.drills.size import Size
from tests.drills.workshop import open_workshop


def drill(size: Size) -> list[Figure]:
    """Each athlete once; beside ``refresh_race``, where eight processes want the same token."""
    athletes = size.of(12, 100)
    with open_workshop(size.seed, ["steady"] * athletes) as shop:
        shop.connect_all()
        shop.settle()
        shop.standin.fault(path="/oauth/token", chance=1.0, times=athletes, drop="after")
        shop.move(timedelta(hours=5, minutes=30))  # every token is in its last hour
        shop.list_due()
        shop.settle()
        shop.pass_time(timedelta(days=1), timedelta(hours=1))
        told = shop.count("SELECT count(*) FROM mail WHERE kind = 'reconnect'")
        waiting = shop.count("SELECT count(*) FROM athlete WHERE state = 'needs_reconnect'")
        reuse = shop.standin.counters().get("refresh_reuse", 0)
        shop.standin.clear_ledger()
        shop.pass_time(timedelta(days=2), timedelta(hours=6))
        return [
            Figure("rotations_lost", athletes),
            Figure("needs_reconnect", waiting, least=athletes, most=athletes),
            Figure("mails", told, least=athletes, most=athletes),
            Figure("refresh_reuse", reuse, most=athletes),
            none("calls_afterwards", shop.standin.totals()["requests"]),
            none("uncaught", shop.uncaught),
        ]
