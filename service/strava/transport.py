"""The road to Strava for ``requests``: another host if told so, never without a time limit, measured."""

import io
import re
import time
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection

from service.strava.deadline import Deadline
from service.strava.exchange import API_BASE, Bounds, Exchange, Observer, unobserved

HOST = "https://www.strava.com"
"""Where stravalib sends everything; the adapter is mounted here."""
PREFIX = "/api/v3"
_CHUNK = 65_536
_present: ContextVar[Deadline] = ContextVar("deadline")
"""Of the exchange that this thread is in."""


class _Plain(HTTPConnection):
    """Shows its socket to the deadline before the answer's first byte is awaited."""

    def getresponse(self) -> Any:
        _present.get().watch(self.sock)
        return super().getresponse()


class _Secure(HTTPSConnection):
    """As ``_Plain``."""

    def getresponse(self) -> Any:
        _present.get().watch(self.sock)
        return super().getresponse()


class _PlainPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _Secure


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

    def init_poolmanager(self, *given: Any, **options: Any) -> None:
        """Called by the base class, also when unpickled: connections that can be cut."""
        super().init_poolmanager(*given, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}

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
            with Deadline(self._bounds.whole) as deadline:
                _present.set(deadline)
                response = super().send(
                    routed, stream=True, timeout=limits, verify=verify, cert=cert, proxies=proxies
                )
                status = response.status_code
                body = self._whole_body(response, deadline)
            size = len(body)
            response.raw = io.BytesIO(body)
        finally:
            call = f"{request.method} {re.sub('[0-9]+', 'N', path)}"
            self._observe(Exchange(call, status, time.monotonic() - began, size))
        return response

    def _whole_body(self, response: requests.Response, deadline: Deadline) -> bytes:
        """The decoded body, read as it arrives; one that was cut by the deadline may look complete."""
        parts: list[bytes] = []
        size = 0
        try:
            while part := response.raw.read1(_CHUNK, decode_content=True):
                parts.append(part)
                size += len(part)
                if size > self._bounds.largest:
                    raise requests.exceptions.ContentDecodingError("the answer is too large")
            if deadline.passed:
                raise requests.exceptions.ReadTimeout("the answer drips")
        except requests.RequestException:
            response.raw.close()
            raise
        except urllib3.exceptions.HTTPError as error:
            response.raw.close()
            raise requests.exceptions.ChunkedEncodingError(type(error).__name__) from None
        response.raw.release_conn()
        return b"".join(parts)
