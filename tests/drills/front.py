"""What stands before the pages in a drill, as an operator's proxy does: one address whose target is moved."""

import contextlib
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

CHUNK = 65_536
ANSWERS_WITHIN_S = 15.0


class _Passing(socketserver.BaseRequestHandler):
    """One connection, byte by byte, to the target as it was when the connection came."""

    request: socket.socket
    server: "Front"

    def handle(self) -> None:
        """No second try: what the target does not answer is not answered here either."""
        try:
            onward = socket.create_connection(("127.0.0.1", self.server.target), ANSWERS_WITHIN_S)
        except OSError:
            return
        with onward:
            back = threading.Thread(target=_copy, args=[onward, self.request], daemon=True)
            back.start()
            _copy(self.request, onward)
            back.join()


class Front(socketserver.ThreadingTCPServer):
    """Listens at ``url``; ``target`` is the port of the pages that new connections go to."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, target: int) -> None:
        super().__init__(("127.0.0.1", 0), _Passing)
        self.target = target
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


@contextmanager
def open_front(target: int) -> Iterator[Front]:
    """A front at work in a thread of its own."""
    with Front(target) as front:
        threading.Thread(target=front.serve_forever, daemon=True).start()
        try:
            yield front
        finally:
            front.shutdown()


def _copy(source: socket.socket, sink: socket.socket) -> None:
    """Until either end is closed; then the other learns of it."""
    with contextlib.suppress(OSError):
        while chunk := source.recv(CHUNK):
            sink.sendall(chunk)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
