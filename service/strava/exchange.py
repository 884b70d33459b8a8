"""One request and its answer, whichever library carried it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

API_BASE = "https://www.strava.com/api/v3"
OAUTH_BASE = "https://www.strava.com"
"""Two settings, because Strava moves its API to a host of its own in 2027 and leaves OAuth where it is."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Seconds to wait for a connection, for the next byte and for the whole answer, and bytes to accept.

    ``whole`` stops a server that drips: each byte would otherwise start ``read`` anew. A worker is held for
    less than half a minute by any one call. A page of 200 activities is half a megabyte.
    """

    connect: float = 3.05
    read: float = 15.0
    whole: float = 25.0
    largest: int = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. The body stays out of ``repr``: a token answer is made of secrets."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request as metrics see it: ``call`` has no ids, ``status`` is ``None`` where nothing came back."""

    call: str
    status: int | None
    seconds: float
    size: int


Observer = Callable[[Exchange], None]


def unobserved(_: Exchange) -> None:
    """The observer of those who do not measure."""
