"""A Strava that misbehaves to order: a loopback server which plays one script per request."""

import gzip
import json
import os
import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

Script = Callable[[socket.socket, "Asked"], None]


@dataclass(frozen=True)
class Asked:
    """One request as it arrived. Header names are in lower case."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: str


@dataclass
class Scripted:
    """Listens on a free port; ``play`` queues scripts, the last one is played again and again."""

    asked: list[Asked] = field(default_factory=list)
    scripts: list[Script] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self._stopped = threading.Event()
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._serve)]
        self._threads[0].start()

    def play(self, *scripts: Script) -> None:
        self.scripts[:] = scripts

    def __enter__(self) -> "Scripted":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        with socket.create_connection(self._listening.getsockname()):
            pass  # wakes the accept below
        for connection in self._open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._listening.close()

    def _serve(self) -> None:
        while True:
            connection, _ = self._listening.accept()
            if self._stopped.is_set():
                connection.close()
                return
            self._open.append(connection)
            self._threads.append(threading.Thread(target=self._converse, args=(connection,)))
            self._threads[-1].start()

    def _converse(self, connection: socket.socket) -> None:
        """Answers on one connection until it is closed by either side."""
        # suppressed: the client gives up first; that is what some tests want
        with connection, suppress(OSError), connection.makefile("rb") as stream:
            while line := stream.readline():
                asked = _read(line.decode(), stream)
                self.asked.append(asked)
                script = self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]
                script(connection, asked)
                if connection.fileno() < 0:
                    return


def hang_up(connection: socket.socket) -> None:
    """Now: ``close`` waits until nobody reads from the socket any more, and the server does."""
    os.close(connection.detach())


def answer(
    status: int = 200, body: object = "", headers: dict[str, str] | None = None, *, length: int | None = None
) -> Script:
    """A whole answer. A ``body`` that is no text is sent as JSON; ``length`` lies about its size."""
    content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return raw_answer(status, content, headers, length=length)


def raw_answer(
    status: int, content: bytes, headers: dict[str, str] | None = None, *, length: int | None = None
) -> Script:
    """As ``answer``, from bytes."""
    lines = [f"HTTP/1.1 {status} Scripted", "Content-Type: application/json; charset=utf-8"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    lines += [f"Content-Length: {len(content) if length is None else length}", "", ""]

    def script(connection: socket.socket, asked: Asked) -> None:
        connection.sendall("\r\n".join(lines).encode() + content)
        if length is not None:
            hang_up(connection)

    return script


def in_small_chunks(body: object, size: int) -> Script:
    """A compressed, chunked answer as Strava's servers send it, cut small."""
    packed = gzip.compress(json.dumps(body).encode())
    head = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"

    def script(connection: socket.socket, asked: Asked) -> None:
        connection.sendall(head.encode())
        for start in range(0, len(packed), size):
            piece = packed[start : start + size]
            connection.sendall(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        connection.sendall(b"0\r\n\r\n")

    return script


def silence(connection: socket.socket, asked: Asked) -> None:
    """Take the request and say nothing for longer than a read timeout, or until the client gives up."""
    connection.settimeout(0.5)
    with suppress(OSError):
        connection.recv(1)
    hang_up(connection)


def reset(connection: socket.socket, asked: Asked) -> None:
    """Break the connection off hard."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    hang_up(connection)


def reset_mid_body(connection: socket.socket, asked: Asked) -> None:
    """Promise a body, send its beginning, break off hard."""
    connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n[{"id": 1')
    time.sleep(0.05)
    reset(connection, asked)


def dripping(head: bytes, byte: bytes = b" ") -> Script:
    """``head``, then a byte at a time, each soon enough for a read timeout, the whole not within 20 s."""

    def script(connection: socket.socket, asked: Asked) -> None:
        connection.sendall(head)
        for _ in range(1000):
            connection.sendall(byte)
            time.sleep(0.02)
        hang_up(connection)

    return script


drip = dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
DRIPS = {
    "in the status line": dripping(b"", b"H"),
    "in the headers": dripping(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x"),
    "in the body": drip,
    "in a body without end": dripping(b'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{"id": 1}'),
    "in a body that unpacks to nothing": dripping(
        b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\nContent-Encoding: gzip\r\n\r\n"
        b"\x1f\x8b\x08\x08\x00\x00\x00\x00\x00\x03",  # a file name that does not end
        b"n",
    ),
}
"""Where a server may be slow without ever being silent."""


def chunks_cut_short(connection: socket.socket, asked: Asked) -> None:
    """A chunked body that never comes to its end."""
    connection.sendall(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n[{"id\r\n')
    hang_up(connection)


def _read(request_line: str, stream: Any) -> Asked:
    method, target, _ = request_line.split(" ", 2)
    headers: dict[str, str] = {}
    while (line := stream.readline().decode().strip()) != "":
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    body = stream.read(int(headers.get("content-length", "0"))).decode()
    parts = urlsplit(target)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    return Asked(method, parts.path, query, headers, body)
