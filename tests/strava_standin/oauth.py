"""Codes, tokens and grants as Strava hands them out, in memory, on the stand-in's clock."""

from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha1
from typing import Any

from .clock import Clock

CODE_LIVES_S = 600
TOKEN_LIVES_S = 6 * 3600
RENEWED_WITHIN_S = 3600
SCOPES = (
    "read",
    "read_all",
    "profile:read_all",
    "profile:write",
    "activity:read",
    "activity:read_all",
    "activity:write",
)
"""Every scope Strava knows, in its order."""


class Refused(Exception):
    """A 400 of the token endpoint; the fields are Strava's own."""

    def __init__(self, resource: str, field: str, code: str = "invalid") -> None:
        super().__init__(f"{resource} {field} {code}")
        self.resource, self.field, self.code = resource, field, code


@dataclass
class Grant:
    """What one athlete allowed this application. Only the newest access and refresh token are handed out."""

    athlete: int
    scopes: frozenset[str]
    access_token: str = ""
    refresh_token: str = ""
    expires_at: int = 0
    alive: bool = True


@dataclass
class Code:
    athlete: int
    scopes: frozenset[str]
    expires_at: int


@dataclass
class Grants:
    """The authorisation server's memory. ``counters`` names what only a faulty client would do."""

    clock: Clock
    seed: int
    counters: Counter[str]
    codes: dict[str, Code] = field(default_factory=dict)
    by_athlete: dict[int, Grant] = field(default_factory=dict)
    access: dict[str, tuple[Grant, int]] = field(default_factory=dict)
    refresh: dict[str, Grant] = field(default_factory=dict)
    rotated: set[str] = field(default_factory=set)
    _made: int = 0

    def new_code(self, athlete: int, scopes: frozenset[str]) -> str:
        """A code for one exchange within ten minutes."""
        code = self._token("code")
        self.codes[code] = Code(athlete, scopes, self.clock.epoch() + CODE_LIVES_S)
        return code

    def exchange(self, code: str) -> Grant:
        """A new grant for a code; an earlier grant of the same athlete ends. Raises ``Refused``."""
        known = self.codes.pop(code, None)
        if known is None or known.expires_at <= self.clock.epoch():
            self.counters["code_refused"] += 1
            raise Refused("RequestToken", "code")
        if known.athlete in self.by_athlete:
            self.end(self.by_athlete[known.athlete])
        grant = Grant(known.athlete, known.scopes)
        self.by_athlete[known.athlete] = grant
        self._renew(grant)
        return grant

    def renew(self, refresh_token: str) -> Grant:
        """The grant of a refresh token, rotated if it has an hour or less to live. Raises ``Refused``."""
        grant = self.refresh.get(refresh_token)
        if grant is None or not grant.alive:
            self.counters["refresh_reuse" if refresh_token in self.rotated else "refresh_refused"] += 1
            raise Refused("RefreshToken", "refresh_token")
        if grant.expires_at - self.clock.epoch() <= RENEWED_WITHIN_S:
            del self.refresh[refresh_token]
            self.rotated.add(refresh_token)
            self._renew(grant)
            self.counters["refresh_rotated"] += 1
        else:
            self.counters["refresh_same"] += 1
        return grant

    def holder(self, access_token: str) -> Grant | None:
        """The living grant of an access token that has not expired."""
        grant, expires_at = self.access.get(access_token, (None, 0))
        if grant is None or not grant.alive or expires_at <= self.clock.epoch():
            return None
        return grant

    def of_token(self, token: str) -> Grant | None:
        """The living grant of an access or refresh token, expired or not."""
        grant = self.refresh.get(token) or self.access.get(token, (None, 0))[0]
        return grant if grant is not None and grant.alive else None

    def end(self, grant: Grant) -> None:
        """Access and refresh token die together."""
        grant.alive = False
        self.by_athlete.pop(grant.athlete, None)

    def answer(self, grant: Grant) -> dict[str, Any]:
        """The body of a token answer, in Strava's order (``athlete`` is added by an exchange)."""
        return {
            "token_type": "Bearer",
            "access_token": grant.access_token,
            "expires_at": grant.expires_at,
            "expires_in": grant.expires_at - self.clock.epoch(),
            "refresh_token": grant.refresh_token,
        }

    def _renew(self, grant: Grant) -> None:
        grant.access_token, grant.refresh_token = self._token("access"), self._token("refresh")
        grant.expires_at = self.clock.epoch() + TOKEN_LIVES_S
        self.access[grant.access_token] = (grant, grant.expires_at)
        self.refresh[grant.refresh_token] = grant

    def _token(self, purpose: str) -> str:
        """Deterministic, 40 hex digits like Strava's, never the same twice within a seed."""
        self._made += 1
        return sha1(f"{purpose}:{self.seed}:{self._made}".encode()).hexdigest()
