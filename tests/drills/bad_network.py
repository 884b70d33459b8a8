"""Drill 13: a Strava that answers every third call with trouble."""

from datetime import timedelta

from tests.drills.figure import Figure, none
from tests.drills.ground import FOUR
from tests.drills.size import Size
from tests.drills.workshop import open_workshop

LONGEST_S = 30
"""The longest that one call may hold a worker; the calls that drip would take hours."""
DRIPS = (
    {"path": "/athlete/activities"},
    {"path": "/activities/"},
    {"path": "/oauth/token", "status": 503},  # not carried out: a rotation nobody hears of is another drill
)
PAGE = "<!doctype html><html><body>We are down for maintenance</body></html>"
TROUBLES = (
    {"status": 500},
    {"status": 502, "body": PAGE, "headers": {"Content-Type": "text/html"}},
    {"status": 503},
    {"status": 504, "body": ""},
    {"status": 200, "body": PAGE},  # a page, called JSON
    {"status": 200, "body": "[{"},  # cut off
    {"status": 200, "body": "not gzip", "headers": {"Content-Encoding": "gzip"}},
    {"gzip": "truncated"},
    {"gzip": "whole"},
    {"size": 1_000_000},
    {"drop": "before"},
    {"drop": "middle"},
    {"drop": "after"},
    {"delay": 0.3},
)


def drill(size: Size) -> list[Figure]:
    """Some days in which 30 % of all data calls go wrong, each in a way of its own."""
    days = size.of(4, 40)
    with open_workshop(size.seed, FOUR) as shop:
        shop.connect_all()
        for trouble in TROUBLES:
            shop.standin.fault(path="/api/v3", chance=0.33 / len(TROUBLES), **trouble)
        for dripping in DRIPS:
            shop.standin.fault(**dripping, calls=[2], drip=1, size=100_000)
        shop.settle()
        shop.pass_time(timedelta(days=days), timedelta(minutes=30))
        struck = sum(fault["struck"] for fault in shop.standin.faults())
        shop.standin.clear_faults()
        shop.pass_time(timedelta(hours=26), timedelta(hours=1))
        shop.list_due()
        shop.settle()
        lost, more = shop.differences()
        gone = shop.count("SELECT count(*) FROM athlete WHERE state <> 'connected'")
        return [
            Figure("faults", struck, least=10),
            none("activities_lost", lost),
            none("activities_too_many", more),
            none("athletes_marked_broken", gone),
            none("uncaught", shop.uncaught),
            Figure("worker_held_s", round(shop.longest_s, 1), most=LONGEST_S),
        ]
