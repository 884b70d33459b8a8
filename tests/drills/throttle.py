"""A thousand log-ins from eight processes at once: exactly as many are looked at as the limit says."""

import time
from pathlib import Path

from service.web.admin_login import LOGINS_AN_HOUR
from service.web.session import HOUR_S
from tests.drills.figure import Figure, none
from tests.drills.ground import open_ground
from tests.drills.shared_clock import SharedClock
from tests.drills.size import Size

PROCESSES = 8
ENDS_WITHIN_S = 120.0


def knock(clock: SharedClock, argument: str) -> None:
    """Try as often as told from one address, and say how many were let through."""
    from service import settings as settings_of
    from service.app import open_app

    report, times = argument.split(" ")
    with open_app(settings_of.load(), now=clock.now, migrating=False) as app:
        allowed = 0
        for _ in range(int(times)):
            with app.store.transaction() as tx:
                allowed += tx.admins.allow("login 203.0.113.9", LOGINS_AN_HOUR, HOUR_S, clock.now())
    draft = Path(report).with_suffix(".new")
    draft.write_text(str(allowed))
    draft.replace(report)


def drill(size: Size) -> list[Figure]:
    """Of all processes together; another address is let in all the while."""
    attempts = size.of(1000, 20_000)
    with open_ground(size.seed, kinds=("steady",)) as ground:
        reports = [ground.home / f"report-{number}" for number in range(PROCESSES)]
        began = time.monotonic()
        for report in reports:
            ground.crew.start("knock", knock, f"{report} {attempts // PROCESSES}")
        while not all(report.exists() for report in reports) and time.monotonic() - began < ENDS_WITHIN_S:
            time.sleep(0.05)
        allowed = sum(int(report.read_text()) for report in reports if report.exists())
        with ground.store.transaction() as tx:
            now = ground.clock.now()
            victim = tx.admins.allow("login 198.51.100.7", LOGINS_AN_HOUR, HOUR_S, now)
        return [
            Figure("attempts", attempts),
            Figure("processes", sum(report.exists() for report in reports), least=PROCESSES),
            Figure("let_through", allowed, least=LOGINS_AN_HOUR, most=LOGINS_AN_HOUR),
            none("victims_locked_out", not victim),
        ]
