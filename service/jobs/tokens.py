"""An access token that may be used now; the only place where one is renewed."""

from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from service.app import App
from service.domain.athlete import AthleteState
from service.domain.grant import Tokens
from service.domain.night import MailKind
from service.errors import TokenDead
from service.faults import point
from service.jobs.outbox import enqueue_reconnect
from service.logs import log
from service.store.session import Transaction

T = TypeVar("T")
RENEWAL_TIMEOUT_MS = 45_000
"""Longer than one call to Strava may take: whoever waits for the row finds the new pair there."""


def access_token(app: App, athlete_id: UUID, *, refused: str | None = None) -> str:
    """The athlete's access token, renewed first if it ends within the hour or is the one ``refused``.

    Raises ``TokenDead`` where there is none or Strava refuses to renew it, ``StravaUnavailable`` where
    Strava does not answer. Strava kills the old refresh token the moment it hands out a new one, so
    one renewal at a time: the row is locked, read again (another process may have been first) and the
    new pair is committed before anyone uses it (measured: 8 unlocked processes locked out 4 of 4). A pair
    that Strava refuses is deleted under the same lock, or whoever waits for the row would try it again.
    """

    def usable(tokens: Tokens) -> bool:
        return tokens.fresh(app.now()) and tokens.access_token != refused

    with app.store.transaction() as tx:
        tokens = tx.tokens.get(athlete_id)
    if tokens is not None and usable(tokens):
        return tokens.access_token
    with app.store.transaction(statement_timeout_ms=RENEWAL_TIMEOUT_MS) as tx:
        tokens = tx.tokens.get(athlete_id, lock=True)
        if tokens is None or not usable(tokens):
            tokens = _renewed(app, tx, athlete_id, tokens)
    return _alive(tokens).access_token


def prove(app: App, athlete_id: UUID) -> None:
    """Find out by a renewal, which Strava does not count, whether the grant still lives.

    Raises ``TokenDead`` if it has ended, and whatever else keeps Strava from saying so.
    """
    with app.store.transaction(statement_timeout_ms=RENEWAL_TIMEOUT_MS) as tx:
        tokens = _renewed(app, tx, athlete_id, tx.tokens.get(athlete_id, lock=True))
    _alive(tokens)


def _renewed(app: App, tx: Transaction, athlete_id: UUID, held: Tokens | None) -> Tokens | None:
    """The new pair, stored; ``None``, and nothing stored any more, where Strava refuses the held one."""
    if held is None:
        return None
    try:
        tokens = app.oauth.refresh(held.refresh_token, app.now())
    except TokenDead:
        tx.tokens.delete(athlete_id)
        return None
    point("token_rotated")
    tx.tokens.put(athlete_id, tokens)
    return tokens


def _alive(tokens: Tokens | None) -> Tokens:
    if tokens is None:
        raise TokenDead("no living token is held for this athlete: connect again")
    return tokens


def with_token(app: App, athlete_id: UUID, call: Callable[[str], T]) -> T:
    """``call`` with a token; once more with a renewed one if Strava refuses it.

    A data call that answers 401 may only mean that this token ended early. ``TokenDead`` from here is
    the renewal's own, and final.
    """
    token = access_token(app, athlete_id)
    try:
        return call(token)
    except TokenDead:
        return call(access_token(app, athlete_id, refused=token))


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
