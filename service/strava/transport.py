"""The road to Strava for ``requests``: another host if told so, never without a time limit, measured."""

import io
import re
import time
from collections.abc import Mapping
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter

from service.strava.exchange import API_BASE, Bounds, Exchange, Observer, unobserved

HOST = "https://www.strava.com"
"""Where stravalib sends everything; the adapter is mounted here."""
PREFIX = "/api/v3"
_CHUNK = 65_536


class RoutedAdapter(HTTPAdapter):
    """Sends what was meant for ``www.strava.com/api/v3`` to ``api_base``.

    stravalib has no setting for its host and no time limit, so both are added where every request has
    to pass. The pool of connections is shared by all sessions and threads that mount this adapter.
    """

    def __init__(
        self,
        api_base: str = API_BASE,
        bounds: Bounds | None = None,
        observe: Observer = unobserved,
    ) -> None:
        super().__init__(max_retries=0)
        self._base = api_base.rstrip("/")
        self._bounds = bounds or Bounds()
        self._observe = observe

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: float | tuple[float, float] | tuple[float, None] | None = None,
        verify: bool | str = True,
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """One request, its whole answer read. Raises ``requests.RequestException`` and nothing else."""
        began = time.monotonic()
        status, size = None, 0
        routed = request.copy()
        path = (urlsplit(request.url or "").path).removeprefix(PREFIX)
        routed.url = (request.url or "").replace(HOST + PREFIX, self._base, 1)
        limits = (self._bounds.connect, self._bounds.read)
        try:
            response = super().send(
                routed, stream=True, timeout=limits, verify=verify, cert=cert, proxies=proxies
            )
            status = response.status_code
            body = self._whole_body(response, began)
            size = len(body)
            response.raw = io.BytesIO(body)
        finally:
            call = f"{request.method} {re.sub('[0-9]+', 'N', path)}"
            self._observe(Exchange(call, status, time.monotonic() - began, size))
        return response

    def _whole_body(self, response: requests.Response, began: float) -> bytes:
        """The decoded body, read as it arrives: a server that drips is given up on after ``whole``."""
        parts: list[bytes] = []
        size = 0
        try:
            while part := response.raw.read1(_CHUNK, decode_content=True):
                parts.append(part)
                size += len(part)
                if time.monotonic() - began > self._bounds.whole:
                    raise requests.exceptions.ReadTimeout("the answer drips")
                if size > self._bounds.largest:
                    raise requests.exceptions.ContentDecodingError("the answer is too large")
        except requests.RequestException:
            response.raw.close()
            raise
        except urllib3.exceptions.HTTPError as error:
            response.raw.close()
            raise requests.exceptions.ChunkedEncodingError(type(error).__name__) from None
        response.raw.release_conn()
        return b"".join(parts)
