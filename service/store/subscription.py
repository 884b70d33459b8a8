"""Our subscription to Strava's events, as far as we know of it."""

import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from service.store.tables_inbox import InboxRow, SubscriptionRow

SLOT = 1
PENDING_FOR = timedelta(minutes=5)
HEARD_WITHIN = timedelta(hours=72)
"""So long an event may stay away before lists are read as if there were no subscription."""


class SubscriptionBook:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def propose(self, verify_token: str, now: datetime) -> None:
        """From now on, and for a few minutes, Strava may ask whether we know ``verify_token``."""
        values = {"verify_digest": _digest(verify_token), "pending_until": now + PENDING_FOR}
        row = insert(SubscriptionRow).values(slot=SLOT, **values)
        self._connection.execute(
            row.on_conflict_do_update(index_elements=[SubscriptionRow.slot], set_=values)
        )

    def expects(self, verify_token: str, now: datetime) -> bool:
        """Whether a subscription with this token is being made at ``now``. Compared in constant time."""
        row = self._row()
        if row is None or row.verify_digest is None or row.pending_until <= now:
            return False
        return hmac.compare_digest(row.verify_digest, _digest(verify_token))

    def made(self, strava_id: int, now: datetime) -> None:
        """Strava has it under this id; nothing is pending any more."""
        values = {
            "strava_id": strava_id,
            "verify_digest": None,
            "pending_until": None,
            "created_at": now,
            "checked_at": now,
        }
        row = insert(SubscriptionRow).values(slot=SLOT, **values)
        self._connection.execute(
            row.on_conflict_do_update(index_elements=[SubscriptionRow.slot], set_=values)
        )

    def checked(self, now: datetime) -> None:
        self._connection.execute(update(SubscriptionRow).values(checked_at=now))

    def checked_at(self) -> datetime | None:
        """When Strava was last asked about it; ``None`` where there is none."""
        row = self._row()
        return row.checked_at if row is not None and row.strava_id is not None else None

    def ended(self) -> bool:
        """Forget it. True exactly once."""
        return bool(self._connection.execute(delete(SubscriptionRow)).rowcount)

    def current(self) -> int | None:
        """Strava's id of the subscription whose events are ours."""
        row = self._row()
        return None if row is None else row.strava_id

    def hearing(self, now: datetime) -> bool:
        """Whether events can be relied on to come: there is a subscription, and it has not fallen silent."""
        return self.state(now) == "hearing"

    def state(self, now: datetime) -> str:
        """``none``, ``hearing`` or ``silent``."""
        row = self._row()
        if row is None or row.strava_id is None:
            return "none"
        newest = select(func.max(InboxRow.received_at))
        latest: datetime | None = self._connection.execute(newest).scalar_one()
        since: datetime = row.created_at if latest is None else max(row.created_at, latest)
        return "hearing" if since > now - HEARD_WITHIN else "silent"

    def _row(self) -> Row[Any] | None:
        return self._connection.execute(select(SubscriptionRow.__table__)).one_or_none()


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
