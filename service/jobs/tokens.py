"""An access token that may be used now; the only place where one is renewed."""

from uuid import UUID

from service.app import App
from service.domain.athlete import AthleteState
from service.domain.night import MailKind
from service.errors import TokenDead
from service.jobs.outbox import enqueue_reconnect
from service.logs import log


def access_token(app: App, athlete_id: UUID) -> str:
    """The athlete's access token, renewed first if it ends within the hour.

    Raises ``TokenDead`` where there is none or Strava refuses to renew it, ``StravaUnavailable`` where
    Strava does not answer. Strava kills the old refresh token the moment it hands out a new one, so
    one renewal at a time: the row is locked, read again (another process may have been first) and the
    new pair is committed before anyone uses it (reliability: 8 unlocked processes locked out 4 of 4).
    """
    with app.store.transaction() as tx:
        tokens = tx.tokens.get(athlete_id)
    if tokens is not None and tokens.fresh(app.now()):
        return tokens.access_token
    with app.store.transaction(statement_timeout_ms=RENEWAL_TIMEOUT_MS) as tx:
        tokens = tx.tokens.get(athlete_id, lock=True)
        if tokens is None:
            raise TokenDead("no token is held for this athlete: connect again")
        if not tokens.fresh(app.now()):
            tokens = app.oauth.refresh(tokens.refresh_token, app.now())
            tx.tokens.put(athlete_id, tokens)
    return tokens.access_token


RENEWAL_TIMEOUT_MS = 20_000
"""Longer than one call to Strava may take: whoever waits for the row finds the new pair there."""


def lost(app: App, athlete_id: UUID) -> None:
    """Mark the connection as lost, once, and tell the athlete, once."""
    with app.store.transaction() as tx:
        if tx.athletes.needs_reconnect(athlete_id, app.now()):
            enqueue_reconnect(app, tx, athlete_id)
            log().warning(
                "needs_reconnect",
                athlete=athlete_id,
                state=AthleteState.NEEDS_RECONNECT,
                kind=MailKind.RECONNECT,
            )
