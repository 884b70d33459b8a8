"""Drill 19: the application is inactive at Strava; and scopes are withdrawn behind our back."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from service.domain.grant import Tokens
from tests.drills.figure import Figure, none
from tests.drills.size import Size
from tests.drills.workshop import Workshop, open_workshop

ATHLETES = 10
INACTIVE = '{"message":"Forbidden","errors":[{"resource":"Application","field":"Status","code":"Inactive"}]}'


def drill(size: Size) -> list[Figure]:
    """Hours of 403, then all is well; then every second athlete has unticked what we need."""
    hours = size.of(6, 72)
    with open_workshop(size.seed, ["steady"] * ATHLETES) as shop:
        found = shop.connect_all()
        shop.settle()
        shop.pass_time(timedelta(hours=20))
        shop.standin.clear_ledger()
        shop.standin.fault(path="/api/v3", chance=1.0, status=403, body=INACTIVE)
        shop.list_due()
        shop.pass_time(timedelta(hours=hours), timedelta(minutes=10))
        refused = sum(call["status"] == 403 for call in shop.standin.ledger())
        alarms = sum(event["event"] == "app_inactive" for event in shop.events)
        broken = shop.count("SELECT count(*) FROM athlete WHERE state <> 'connected'")
        parked = shop.count("SELECT count(*) FROM athlete WHERE sync_parked_at IS NOT NULL")
        shop.standin.clear_faults()
        shop.pass_time(timedelta(hours=26), timedelta(minutes=20))
        since = shop.clock.now() - timedelta(hours=25)
        back = shop.count("SELECT count(*) FROM athlete WHERE synced_at > :since", since=since)
        few = list(found)[::2]
        for strava_id in few:
            _untick(shop, strava_id, found[strava_id])
        shop.pass_time(timedelta(hours=52), timedelta(hours=1))
        asked = "SELECT count(*) FROM athlete WHERE state = 'needs_reconnect'"
        return [
            Figure("hours", hours),
            Figure("calls_refused", refused, least=1, most=hours + 1),
            Figure("alarms", alarms, least=1, most=1),
            none("marked_broken", broken + parked),
            Figure("back_by_itself", back, least=ATHLETES),
            Figure("scope_withdrawn", shop.count(asked), least=len(few), most=len(few)),
            Figure(
                "told_once", shop.count("SELECT count(*) FROM mail WHERE kind = 'reconnect'"),
                least=len(few), most=len(few),
            ),
            none("uncaught", shop.uncaught),
        ]  # fmt: skip


def _untick(shop: Workshop, strava_id: int, athlete_id: UUID) -> None:
    """The same athlete with a grant that covers nothing we read."""
    given = shop.standin.grant(strava_id, ["read"])
    ends = datetime.fromtimestamp(given["expires_at"], UTC)
    with shop.app.store.transaction() as tx:
        tx.tokens.put(athlete_id, Tokens(given["access_token"], given["refresh_token"], ends))
