"""Browsers: sessions kept on our side, known by the digest of an opaque cookie; and OAuth states."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import Connection, delete, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import INTERVAL

from service.store.keyring import digest_of, new_token
from service.store.tables_service import AdminRow, BrowserSessionRow, OAuthStateRow

Kind = Literal["visitor", "athlete", "admin"]
STATE_LIVES = timedelta(minutes=10)
TOUCH_EVERY = timedelta(minutes=1)
"""A page view within a minute of the last need not write a row."""


@dataclass(frozen=True, slots=True)
class BrowserSession:
    """Who is there. ``subject`` is the athlete or the admin; a visitor has none."""

    kind: Kind
    subject: UUID | None
    started_at: datetime
    seen_at: datetime
    ends_at: datetime
    consent_version: str | None = None
    consent_at: datetime | None = None


class Browsers:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def start(self, kind: Kind, subject: UUID | None, now: datetime, idle_s: int, absolute_s: int) -> str:
        """Begin a session; returns the token for the cookie. It is not stored and cannot be had again."""
        token = new_token()
        self._connection.execute(
            insert(BrowserSessionRow).values(
                token_digest=digest_of(token),
                kind=kind,
                athlete_id=subject if kind == "athlete" else None,
                admin_id=subject if kind == "admin" else None,
                started_at=now,
                seen_at=now,
                idle_s=idle_s,
                ends_at=now + timedelta(seconds=absolute_s),
            )
        )
        return token

    def get(self, token: str, now: datetime) -> BrowserSession | None:
        """The session, if it is neither idle too long nor over nor its admin disabled. Counts as a visit."""
        row = self._connection.execute(
            select(BrowserSessionRow.__table__, AdminRow.disabled_at)
            .outerjoin(AdminRow, AdminRow.id == BrowserSessionRow.admin_id)
            .where(BrowserSessionRow.token_digest == digest_of(token))
        ).one_or_none()
        if row is None or row.disabled_at is not None:
            return None
        if now >= row.ends_at or now >= row.seen_at + timedelta(seconds=row.idle_s):
            return None
        if now >= row.seen_at + TOUCH_EVERY:
            self._connection.execute(
                update(BrowserSessionRow)
                .where(BrowserSessionRow.token_digest == row.token_digest)
                .values(seen_at=now)
            )
        return BrowserSession(
            kind=row.kind,
            subject=row.athlete_id or row.admin_id,
            started_at=row.started_at,
            seen_at=row.seen_at,
            ends_at=row.ends_at,
            consent_version=row.consent_version,
            consent_at=row.consent_at,
        )

    def promote(
        self, token: str, kind: Kind, subject: UUID, now: datetime, idle_s: int, absolute_s: int
    ) -> str:
        """Somebody has logged in: a new token, so that one planted before is worth nothing."""
        self.end(token)
        return self.start(kind, subject, now, idle_s, absolute_s)

    def consented(self, token: str, version: str, now: datetime) -> None:
        """Remember the consent of a visitor who is no athlete yet."""
        self._connection.execute(
            update(BrowserSessionRow)
            .where(BrowserSessionRow.token_digest == digest_of(token))
            .values(consent_version=version, consent_at=now)
        )

    def end(self, token: str) -> None:
        """Log out. Ending what is not there changes nothing."""
        self._connection.execute(
            delete(BrowserSessionRow).where(BrowserSessionRow.token_digest == digest_of(token))
        )

    def end_all(self, subject: UUID) -> int:
        """Log somebody out everywhere; returns how many sessions there were."""
        theirs = or_(BrowserSessionRow.athlete_id == subject, BrowserSessionRow.admin_id == subject)
        return self._connection.execute(delete(BrowserSessionRow).where(theirs)).rowcount

    def put_state(self, session_token: str, now: datetime) -> str:
        """A state for Strava's consent page: good for ten minutes, once, in this browser."""
        state = new_token()
        self._connection.execute(
            insert(OAuthStateRow).values(
                state_digest=digest_of(state),
                session_digest=digest_of(session_token),
                ends_at=now + STATE_LIVES,
            )
        )
        return state

    def take_state(self, state: str, session_token: str, now: datetime) -> bool:
        """Whether the state is good. It is gone afterwards, whatever the answer."""
        row = self._connection.execute(
            delete(OAuthStateRow)
            .where(OAuthStateRow.state_digest == digest_of(state))
            .returning(OAuthStateRow.session_digest, OAuthStateRow.ends_at)
        ).one_or_none()
        return row is not None and row.session_digest == digest_of(session_token) and now < row.ends_at

    def purge(self, now: datetime) -> int:
        """Delete sessions and states that can no longer be used; returns how many."""
        idle = BrowserSessionRow.seen_at + func.make_interval(
            0, 0, 0, 0, 0, 0, BrowserSessionRow.idle_s, type_=INTERVAL
        )
        spent = delete(BrowserSessionRow).where(or_(BrowserSessionRow.ends_at <= now, idle <= now))
        states = delete(OAuthStateRow).where(OAuthStateRow.ends_at <= now)
        return self._connection.execute(spent).rowcount + self._connection.execute(states).rowcount
