"""stravalib, kept within bounds. Imported late by ``client``: it costs most of a second.

It builds requests, carries the bearer token and tells errors apart. What it is not trusted with:
paging (it loses rows behind a short page), waiting (it sleeps inside the call), renewing tokens (it
races and cannot keep the new one) and parsing (one odd row kills a page).
"""

from collections.abc import Callable, Mapping

import requests
from stravalib import Client
from stravalib.protocol import ApiV3, RequestMethod
from stravalib.util.limiter import RateLimiter


class Recorder(RateLimiter):
    """Stands where stravalib would sleep, and only passes on the headers."""

    def __init__(self, learn: Callable[[Mapping[str, str]], None]) -> None:
        super().__init__()
        self._learn = learn

    def __call__(self, args: dict[str, str], method: RequestMethod) -> None:
        """Called by stravalib with the headers of every answer, refusals included."""
        self._learn(args)


def protocol(
    access_token: str, session: requests.Session, learn: Callable[[Mapping[str, str]], None]
) -> ApiV3:
    """A client for one athlete and one job. It cannot renew the token, whatever the environment holds."""
    client = Client(access_token=access_token, requests_session=session, rate_limiter=Recorder(learn))
    client.protocol.client_id = client.protocol.client_secret = None
    return client.protocol
