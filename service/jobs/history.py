"""All that may be known of an athlete, out of the store."""

from datetime import datetime

from service.analyse.assess import HORIZON
from service.domain.athlete import Athlete
from service.domain.history import History
from service.store.session import Transaction


def read_history(tx: Transaction, athlete: Athlete, now: datetime) -> History:
    """Whatever can still change a verdict of ``now``, or the picture of the weeks before it."""
    since = now - HORIZON
    return History(
        activities=tuple(tx.activities.of(athlete.id, since)),
        checkins=tuple(tx.checkins.of(athlete.id, since.date())),
        profile=athlete.profile,
        synced_at=athlete.synced_at,
    )
