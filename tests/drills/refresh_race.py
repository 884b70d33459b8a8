"""Eight processes want every athlete's token at the same instant, and it has just run out."""

import time
from datetime import timedelta
from pathlib import Path

from tests.drills.figure import Figure, none
from tests.drills.ground import Ground, open_ground
from tests.drills.process import renew
from tests.drills.size import Size

PROCESSES = 8
KINDS = ("steady", "session_spike", "fitter", "no_heart_rate")
TOKEN_AGE = timedelta(hours=5, minutes=30)
"""In its last hour a token is renewed, and Strava kills the refresh token that did it."""
ANSWERED_WITHIN_S = 60.0


def drill(size: Size) -> list[Figure]:
    """Each moment is one refresh wanted eight times."""
    rounds = size.of(30, 250)
    with open_ground(size.seed, kinds=KINDS) as ground:
        for athlete in ground.standin.athletes():
            ground.connect(athlete["id"])
        reports = [ground.home / f"report-{number}" for number in range(PROCESSES)]
        for report in reports:
            ground.crew.start("renew", renew, str(report))
        unanswered = not _answered(ground, reports)
        for _ in range(rounds):
            ground.move_to(ground.clock.now() + TOKEN_AGE)
            unanswered += not _answered(ground, reports)
        counters = ground.standin.counters()
        moments = rounds * len(KINDS)
        usable = [int(line.split()[1]) for report in reports for line in report.read_text().splitlines()]
        return [
            Figure("processes", PROCESSES),
            Figure("moments", moments),
            Figure("rotations", counters.get("refresh_rotated", 0), most=moments, least=moments),
            none("refresh_reuse", counters.get("refresh_reuse", 0)),
            none("refresh_wasted", counters.get("refresh_same", 0) + counters.get("refresh_refused", 0)),
            none("locked_out", sum(len(KINDS) - count for count in usable)),
            none("unanswered", unanswered),
        ]


def _answered(ground: Ground, reports: list[Path]) -> bool:
    """Wait until every process has said what became of this instant."""
    now = ground.clock.now().isoformat()
    deadline = time.monotonic() + ANSWERED_WITHIN_S
    while not all(report.exists() and now in report.read_text() for report in reports):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
