"""Every way Strava can refuse, as one of our errors.

Messages carry the status and Strava's own ``resource.field.code`` if it looks like one, never a body:
a body may hold tokens, and errors are logged.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from service.errors import (
    AppInactive,
    AthleteLimitReached,
    Gone,
    QuotaExhausted,
    ScopeMissing,
    StravaError,
    StravaUnavailable,
    TokenDead,
)
from service.strava.exchange import Answer
from service.strava.quota import opens_after_refusal, read_headers

LONGEST_WAIT_S = 86_400
_FULL = ("limit of connected athletes", "too many athletes", "too many accounts")
_OUR_CREDENTIALS = ("invalid_client", "unauthorized_client")
_WORD = re.compile(r"[A-Za-z][A-Za-z_:. ]{0,39}")


@dataclass(frozen=True, slots=True)
class _Entry:
    """One of the reasons in a refusing body, in lower case."""

    resource: str
    field: str
    code: str

    @property
    def scope_missing(self) -> bool:
        return self.code == "missing" or self.field.endswith("_permission")


@dataclass(frozen=True, slots=True)
class _Fault:
    """What a refusing body says: its words in lower case and its reasons."""

    understood: bool
    html: bool
    words: str = ""
    entries: tuple[_Entry, ...] = ()

    @property
    def detail(self) -> str:
        parts = [part for entry in self.entries[:1] for part in (entry.resource, entry.field, entry.code)]
        said = ".".join(part for part in parts if _WORD.fullmatch(part))
        return f" ({said})" if said else ""


def failure(answer: Answer, call: str, now: datetime, *, with_credentials: bool = False) -> StravaError:
    """The error for an answer that is not what ``call`` asked for.

    ``now`` is when the call was sent (aware). ``with_credentials`` says that the call carried the
    application's own id and secret, where a 400 or 401 may mean these and not the athlete's grant.
    """
    fault = _read(answer.body)
    said = f"Strava answered {answer.status}{fault.detail} to {call!r}"
    if answer.status == 429:
        return _quota(answer, said, now)
    if fault.html or answer.status >= 500 or answer.status < 400:
        return StravaUnavailable(f"{said}, which is no answer to it; try again later")
    if answer.status == 404:
        return Gone(f"{said}: it was deleted or hidden; forget it")
    if answer.status == 403:
        return _forbidden(fault, said)
    if with_credentials and answer.status in (400, 401):
        return _grant_refused(fault, said)
    if answer.status == 401:
        return _unauthorised(fault, said)
    return StravaError(f"{said}: the call itself is wrong; please report this")


def unreachable(call: str, kind: str) -> StravaUnavailable:
    """The error for a call that brought no usable answer; ``kind`` names the trouble."""
    return StravaUnavailable(f"Strava gave no usable answer to {call!r} ({kind}); try again later")


def _quota(answer: Answer, said: str, now: datetime) -> QuotaExhausted:
    opens_at = opens_after_refusal(now, read_headers(answer.headers))
    wait = next((value for name, value in answer.headers.items() if name.lower() == "retry-after"), "")
    if wait.isascii() and wait.isdigit() and len(wait) < 8:
        opens_at = max(opens_at, now + timedelta(seconds=min(int(wait), LONGEST_WAIT_S)))
    when = opens_at.isoformat(timespec="seconds")
    return QuotaExhausted(f"{said}: the quota is used up; ask again at {when}", opens_at)


def _forbidden(fault: _Fault, said: str) -> StravaError:
    if any(phrase in fault.words for phrase in _FULL):
        return AthleteLimitReached(f"{said}: no further athlete may connect; ask Strava for a higher limit")
    if any((entry.resource, entry.code) == ("application", "inactive") for entry in fault.entries):
        return AppInactive(
            f"{said}: the application is switched off; its owner needs a Strava subscription and has to "
            "reactivate it at https://www.strava.com/settings/api"
        )
    if any(entry.scope_missing for entry in fault.entries):
        return ScopeMissing(f"{said}: ask the athlete for this permission again")
    return StravaError(f"{said}: refused without a reason we know; please report this")


def _unauthorised(fault: _Fault, said: str) -> StravaError:
    if any(entry.scope_missing for entry in fault.entries):
        return ScopeMissing(f"{said}: ask the athlete for this permission again")
    return TokenDead(f"{said}: renew the token; if that fails too, the athlete has to connect again")


def _grant_refused(fault: _Fault, said: str) -> StravaError:
    """A wrong client secret must not look as if every athlete had left, nor may an unread body."""
    if not fault.understood:
        return StravaUnavailable(f"{said}, without a reason; try again later")
    of_application = any(entry.resource == "application" for entry in fault.entries)
    if of_application or any(word in fault.words for word in _OUR_CREDENTIALS):
        return AppInactive(
            f"{said}: Strava does not know this application; check its client id and secret in the settings"
        )
    return TokenDead(f"{said}: the grant is gone; the athlete has to connect again")


def _read(body: bytes) -> _Fault:
    """The fault in a body that may be JSON of several shapes, HTML, or nothing."""
    html = body.lstrip()[:1] == b"<"
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        return _Fault(understood=False, html=html)
    if not isinstance(parsed, Mapping):
        return _Fault(understood=False, html=html)
    errors = parsed.get("errors")
    texts = [parsed.get("message"), parsed.get("error"), errors]
    return _Fault(
        understood=True,
        html=html,
        words=" ".join(text for text in texts if isinstance(text, str)).lower(),
        entries=tuple(_entries(errors)),
    )


def _entries(errors: object) -> Iterator[_Entry]:
    """``errors`` is a list by the book, but has been a string and may be a single object."""
    for entry in errors if isinstance(errors, list) else [errors]:
        if isinstance(entry, Mapping):
            yield _Entry(*(str(entry.get(key, "")).lower() for key in ("resource", "field", "code")))
