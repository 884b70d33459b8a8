"""One deadline for a whole exchange, whichever library carries it.

``requests`` and ``httpx`` limit each wait for the next bytes, so a server that sends one byte a second holds
its caller for ever, in the headers as well as in the body. Here the socket itself is shut when time is up:
the caller then finds the answer cut short.
"""

import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, Self


class Deadline:
    """``with Deadline(25) as deadline: …``, told of the sockets in use by ``watch`` or as httpx's ``trace``.

    Not covered: looking up the host's name, and the handshakes, which the connect timeout limits.
    """

    def __init__(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self.passed = False

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        with self._lock:
            self._socket = None  # it may go back to a pool: it is no longer ours to shut

    def watch(self, used: socket.socket | None) -> None:
        """The exchange goes on over this socket."""
        with self._lock:
            self._socket = used
            if self.passed:
                self._shut()

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """As httpx's extension ``trace``; it tells of new connections only, so none may be kept alive."""
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self.watch(info["return_value"].get_extra_info("socket"))

    def _end(self) -> None:
        with self._lock:
            self.passed = True
            self._shut()

    def _shut(self) -> None:
        if self._socket is not None:
            with suppress(OSError):  # closed by the other side already
                # not SSLSocket's own: that one takes the keys away from a thread which is reading
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
