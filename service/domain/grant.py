"""What an athlete granted: the pair of tokens, whose they are, and for what."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from service.domain.history import Sex

RENEW_BEFORE = timedelta(hours=1)
"""Strava hands out a new access token only in the last hour of the old one; asked earlier, it answers
with the same (authentication page, "Refreshing expired access tokens")."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """An access token with its end (aware UTC) and the refresh token that replaces it.

    Neither shows in ``repr``: values of this class may stand in a traceback or a log.
    """

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: datetime

    def fresh(self, now: datetime) -> bool:
        """Whether the access token may be used at ``now``, or has to be renewed first."""
        return now < self.expires_at - RENEW_BEFORE


@dataclass(frozen=True, slots=True)
class Grant:
    """The result of one consent: tokens, the athlete's id at Strava, and what they may be used for.

    ``scopes`` are those of the redirect, where the athlete can un-tick any of them. ``sex`` is ``None``
    where Strava does not say.
    """

    tokens: Tokens
    strava_id: int
    scopes: frozenset[str]
    sex: Sex | None = None
