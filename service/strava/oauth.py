"""Consent, tokens and their end: what stravalib cannot do is done here with httpx.

Nothing is tried twice: a refresh token may die the moment it is used, so only the caller, who holds the
row lock and knows what was committed, can decide on a second try.
"""

import functools
import json
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode

import httpx

from service.domain.athlete import WANTED_SCOPES
from service.domain.grant import Grant, Tokens
from service.domain.history import Sex
from service.errors import TokenDead
from service.strava.deadline import Deadline
from service.strava.exchange import OAUTH_BASE, Answer, Bounds, Exchange, Observer, unobserved
from service.strava.failure import failure, unreachable
from service.strava.quota import Ledger, Priority, answered, read_headers

TOKEN_LIFE = timedelta(hours=6)
BOUNDS = Bounds(connect=3.05, read=10.0, whole=15.0, largest=1024 * 1024)
"""Narrower than for data, as a renewal holds its token's row: 15 s at the worst. The database has to bear
an open transaction that long, or the new pair of tokens is lost with it."""
_LONGEST_FIELD = 512


class Problem(StrEnum):
    """Why a redirect from Strava brought no code."""

    REFUSED = "refused"
    ERROR = "error"
    MALFORMED = "malformed"


@dataclass(frozen=True, slots=True)
class Callback:
    """What Strava's redirect said. Either ``code`` or ``problem`` is set.

    ``state`` is empty if it was missing. ``scopes`` is what the athlete left ticked.
    """

    state: str = field(repr=False)
    code: str | None = field(repr=False)
    scopes: frozenset[str]
    problem: Problem | None


def parse_callback(query: Mapping[str, str]) -> Callback:
    """Read the query of the redirect. Nothing in it is believed: the state still has to be checked."""
    state, code = _plain(query.get("state")), _plain(query.get("code"))
    scopes = scopes_in(query.get("scope"))
    if query.get("error") == "access_denied":
        return Callback(state, None, frozenset(), Problem.REFUSED)
    if "error" in query:
        return Callback(state, None, frozenset(), Problem.ERROR)
    if not code or not state:
        return Callback(state, None, frozenset(), Problem.MALFORMED)
    return Callback(state, code, scopes, None)


def scopes_in(text: object) -> frozenset[str]:
    """The scopes in Strava's comma-separated list (a space is taken for a comma)."""
    words = text.replace(",", " ").split() if isinstance(text, str) else []
    return frozenset(word for word in words if len(word) <= 40)


@functools.cache
def _certificates() -> ssl.SSLContext:
    """Whom to trust; reading the list takes longer than a request."""
    return httpx.create_ssl_context(trust_env=False)


class OAuth:
    """The application's dealings with Strava's authorisation server. Safe to share among threads.

    ``now`` is always the time of the call (aware UTC). All methods that call raise ``StravaError``s:
    ``TokenDead`` (grant or code is void), ``AppInactive`` (our id or secret is not accepted),
    ``AthleteLimitReached``, ``StravaUnavailable``, ``QuotaExhausted``.
    """

    def __init__(
        self,
        client_id: str,
        client_secret: str,
        redirect_uri: str,
        *,
        ledger: Ledger,
        oauth_base: str = OAUTH_BASE,
        bounds: Bounds = BOUNDS,
        observe: Observer = unobserved,
    ) -> None:
        self._client_id = client_id
        self._secret = client_secret
        self._redirect_uri = redirect_uri
        self._ledger = ledger
        self._base = oauth_base.rstrip("/")
        self._bounds = bounds
        self._observe = observe
        self._http = httpx.Client(
            timeout=httpx.Timeout(bounds.read, connect=bounds.connect),
            limits=httpx.Limits(max_keepalive_connections=0),  # so that the deadline sees every socket
            verify=_certificates(),
            trust_env=False,
        )

    def close(self) -> None:
        """Let go of the open connections."""
        self._http.close()

    def authorize_url(self, state: str, *, ask_again: bool = False) -> str:
        """Where to send the athlete's browser. ``ask_again`` shows the form though consent was given once."""
        query = {
            "client_id": self._client_id,
            "redirect_uri": self._redirect_uri,
            "response_type": "code",
            "approval_prompt": "force" if ask_again else "auto",
            "scope": ",".join(WANTED_SCOPES),
            "state": state,
        }
        return f"{self._base}/oauth/authorize?{urlencode(query)}"

    def exchange(self, code: str, scopes: frozenset[str], now: datetime) -> Grant:
        """Turn the redirect's code into a grant. ``scopes`` are the redirect's; a code works once."""
        call = "exchange code"
        answer = self._token(call, {"grant_type": "authorization_code", "code": code}, now)
        athlete = answer.get("athlete")
        athlete = athlete if isinstance(athlete, Mapping) else {}
        strava_id = athlete.get("id")
        if not isinstance(strava_id, int) or strava_id <= 0:
            raise unreachable(call, "tokens without an athlete")
        sex = {"F": Sex.FEMALE, "M": Sex.MALE}.get(str(athlete.get("sex")))
        granted = scopes or scopes_in(answer.get("scope"))
        return Grant(_tokens(call, answer, now, old_refresh_token=""), strava_id, granted, sex)

    def refresh(self, refresh_token: str, now: datetime) -> Tokens:
        """New tokens for old. The old refresh token may be dead from here on: commit before use.

        ``StravaUnavailable`` may mean that Strava rotated and the answer was lost; the next call then
        ends in ``TokenDead``.
        """
        call = "refresh token"
        answer = self._token(call, {"grant_type": "refresh_token", "refresh_token": refresh_token}, now)
        return _tokens(call, answer, now, old_refresh_token=refresh_token)

    def revoke(self, token: str, now: datetime) -> None:
        """End a grant, given its access or refresh token. That it had ended before is no error."""
        checking = self._ledger.reserve(now, Priority.PROOF)
        credentials = httpx.BasicAuth(self._client_id, self._secret)
        answer = self._post("revoke", "/oauth/revoke", {"token": token}, credentials)
        self._ledger.learn(now, read_headers(answer.headers))
        done = answer.status in (200, 204)
        refused = None if done else failure(answer, "revoke", now, with_credentials=True)
        answered(self._ledger, now, refused, checking=checking)
        if refused is not None and not isinstance(refused, TokenDead):
            raise refused

    def _token(self, call: str, form: dict[str, str], now: datetime) -> Mapping[str, Any]:
        """POST to the token endpoint, which Strava does not count."""
        self._ledger.reserve(now, Priority.PROOF, counted=False)
        own = {"client_id": self._client_id, "client_secret": self._secret}
        answer = self._post(call, "/oauth/token", own | form, None)
        refused = None if answer.status == 200 else failure(answer, call, now, with_credentials=True)
        answered(self._ledger, now, refused, checking=False)  # tokens are given for an inactive one too
        if refused is not None:
            raise refused
        parsed = _json(answer.body)
        if not isinstance(parsed, Mapping):
            raise unreachable(call, "not a JSON object")
        return parsed

    def _post(self, call: str, path: str, form: dict[str, str], auth: httpx.Auth | None) -> Answer:
        began = time.monotonic()
        status, body, trouble = None, b"", ""
        headers: Mapping[str, str] = {}
        try:
            with (
                Deadline(self._bounds.whole) as deadline,
                self._http.stream(
                    "POST", self._base + path, data=form, auth=auth, extensions={"trace": deadline.trace}
                ) as response,
            ):
                status, headers = response.status_code, dict(response.headers)
                body, trouble = self._whole_body(response, deadline)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            trouble = type(error).__name__
        finally:
            self._observe(Exchange(f"POST {path}", status, time.monotonic() - began, len(body)))
        if status is None or trouble:
            raise unreachable(call, trouble)  # outside of except: the request's form holds the secret
        return Answer(status, headers, body)

    def _whole_body(self, response: httpx.Response, deadline: Deadline) -> tuple[bytes, str]:
        body = b""
        for part in response.iter_bytes():
            body += part
            if len(body) > self._bounds.largest:
                return b"", "the answer is too large"
        return (b"", "the answer drips") if deadline.passed else (body, "")


def _tokens(call: str, answer: Mapping[str, Any], now: datetime, *, old_refresh_token: str) -> Tokens:
    """The tokens of an answer. A renewal may leave the refresh token out: then the old one goes on."""
    access, refresh = _plain(answer.get("access_token")), _plain(answer.get("refresh_token"))
    refresh = refresh or old_refresh_token
    if not access or not refresh:
        raise unreachable(call, "no tokens")
    return Tokens(access, refresh, _expiry(answer, now))


def _expiry(answer: Mapping[str, Any], now: datetime) -> datetime:
    """When the access token ends; ``now``, so that it is renewed before use, if that cannot be read."""
    seconds = answer.get("expires_at")
    if isinstance(seconds, int | float):
        try:
            return min(datetime.fromtimestamp(seconds, UTC), now + TOKEN_LIFE)
        except (ValueError, OverflowError, OSError):
            pass
    return now


def _plain(value: object) -> str:
    """A field that can stand in a header: printable ASCII without blanks, of sane length; else empty."""
    if isinstance(value, str) and len(value) <= _LONGEST_FIELD and value.isascii():
        return value if value.isprintable() and " " not in value else ""
    return ""


def _json(body: bytes) -> object:
    """The parsed body, or ``None``. A parser's error would hold the whole text, so none gets out."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
