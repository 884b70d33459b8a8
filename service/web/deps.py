"""Everything the pages need, handed over once by the wiring."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Protocol, cast
from uuid import UUID

from fastapi import Depends, Request

from service.domain.advice import Advice
from service.domain.athlete import Units
from service.domain.course import Day
from service.domain.finding import Assessment, Cause, Finding
from service.domain.grant import Grant
from service.domain.history import Profile
from service.domain.message import Message
from service.domain.rule import Chapter
from service.store.session import Store
from service.web.words import Phrases, Spelt, said

PACKAGE = Path(__file__).parent


class OAuth(Protocol):
    """The part of Strava's consent that pages start and finish."""

    def authorize_url(self, state: str) -> str:
        """Where to send the browser; ``state`` comes back on the redirect."""
        ...

    def exchange(self, code: str, scopes: frozenset[str]) -> Grant:
        """The grant for a code of the redirect and the scopes it named.

        Raises ``AthleteLimitReached``, ``AppInactive``, ``TokenDead`` (a used or forged code),
        ``QuotaExhausted`` or ``StravaUnavailable``.
        """
        ...


class Intake(Protocol):
    """The way in for Strava's events."""

    def opens(self, secret: str) -> bool:
        """Whether this is the secret path."""
        ...

    def expects(self, verify_token: str) -> bool:
        """Whether a subscription with this token is being made just now."""
        ...

    def take(self, body: bytes, signature: str | None) -> None:
        """Keep an event, or count why not; committed when this returns."""
        ...


class ComposeConfirmAddress(Protocol):
    """Writes the mail that asks whether an address is right."""

    def __call__(self, *, confirm_url: str, day: date) -> Message: ...


def _no_advice(_assessment: Assessment, _profile: Profile) -> None:
    return None


def _no_chapters(_cause: Cause) -> Sequence[Chapter]:
    return ()


def _every_cause(_cause: Cause) -> bool:
    return True


def _not_measured(_athlete: UUID, _finding: Finding) -> str:
    return ""


def _no_course(_athlete: UUID, _night: date) -> Sequence[Day]:
    return ()


@dataclass(frozen=True, slots=True)
class WebDeps:
    """What pages need and nothing more. All callables are called from several threads at once.

    ``now`` gives the aware UTC time. ``wake`` asks the queue to look at a row (``"sync"`` an athlete,
    ``"deliver"`` a mail). ``erase`` revokes the grant at Strava and forgets the athlete, or marks the row
    so that it will be done, and is safe to call twice. ``secret`` (≥ 32 bytes) signs form tokens.
    ``oauth_base_url`` is where the form of the start page may lead to. ``metrics_token``
    opens the metrics; without one they are off. ``advise`` gives the one thing to do beside a verdict;
    ``phrases`` and
    ``said`` (value, unit, units, what it is) are the words of the mails. ``behind`` gives the constants that
    a cause rests on, ``judges`` whether there is a rule for it, ``course`` an athlete's days before a night,
    ``measured`` one sentence on how often such a finding was right.
    ``intake`` takes what Strava posts; without it there is no such path.
    """

    store: Store
    now: Callable[[], datetime]
    oauth: OAuth
    base_url: str
    wake: Callable[[str, UUID], None]
    erase: Callable[[UUID], None]
    compose_confirm_address: ComposeConfirmAddress
    secret: bytes = field(repr=False)
    operator_name: str
    operator_contact: str
    retention_days: int = 7
    secure_cookies: bool = True
    oauth_base_url: str = "https://www.strava.com"
    metrics_token: str = field(default="", repr=False)
    advise: Callable[[Assessment, Profile], Advice | None] = _no_advice
    phrases: Phrases = field(default_factory=Spelt)
    said: Callable[[float, str, Units, str], str] = said
    behind: Callable[[Cause], Sequence[Chapter]] = _no_chapters
    judges: Callable[[Cause], bool] = _every_cause
    course: Callable[[UUID, date], Sequence[Day]] = _no_course
    measured: Callable[[UUID, Finding], str] = _not_measured
    intake: Intake | None = None


def _deps(request: Request) -> WebDeps:
    return cast("WebDeps", request.app.state.deps)


Deps = Annotated[WebDeps, Depends(_deps)]
