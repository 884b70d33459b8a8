"""The log book: events with a constant name and allow-listed fields, never sentences.

Columns on a terminal, JSON elsewhere, and the same rows to a sink (the log table) in the background.
If the sink fails, the rows are printed: a log line is never lost to a database that is down.
"""

import atexit
import logging
import queue
import sys
import threading
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal, TextIO

import structlog

LogRow = Mapping[str, Any]
Event = MutableMapping[str, Any]
Sink = Callable[[Sequence[LogRow]], None]

ALLOWED_KEYS = frozenset(
    """
    event level at athlete job mail night count seconds code kind state status attempt role port path reason
    activities changed refused removed calls opens_at until admin tick error version source field nights mails
    """.split()
)
"""Ids, counts, states and reasons. A key that is not here is dropped, so that a careless call can
not put a token, an address or a title into the log."""

QUIET = """
    urllib3 requests sqlalchemy.engine httpx httpcore apscheduler procrastinate asyncio stravalib psycopg.pool
    uvicorn.access
    """.split()
FOREIGN = ("asyncio", "psycopg.pool", "apscheduler")
"""Libraries that print whole tracebacks when the database goes away under them: one line each will do."""
LEAST = {"procrastinate": logging.CRITICAL, "apscheduler": logging.ERROR}
"""The queue's failures are told by us. A tick left out because the one before still runs is no trouble: the
heartbeats tell of one that hangs."""
FLUSH_EVERY_S = 0.5
MOST_WAITING = 10_000


def log() -> Any:
    """The logger every module uses: ``log().info("night_judged", athlete=…, night=…)``."""
    return structlog.get_logger()


def configure(
    level: str = "info",
    form: Literal["auto", "columns", "json"] = "auto",
    stream: TextIO | None = None,
    sink: Sink | None = None,
) -> "Book":
    """Set up logging for this process; rows also go to ``sink``, carried by the ``Book`` returned."""
    out = stream or sys.stderr
    columns = form == "columns" or (form == "auto" and out.isatty())
    book = Book(sink, out)
    processors: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        _stamp,
        _name_the_error,
        _allow,
    ]
    if sink is not None:
        processors.append(book.take)
    processors.append(
        structlog.dev.ConsoleRenderer() if columns else structlog.processors.JSONRenderer(default=str)
    )
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(out),
        cache_logger_on_first_use=False,
    )
    for name in QUIET:
        logging.getLogger(name).setLevel(LEAST.get(name, logging.WARNING))
    for name in FOREIGN:
        foreign = logging.getLogger(name)
        foreign.handlers, foreign.propagate = [_OneLine()], False
    return book


class _OneLine(logging.Handler):
    """What a library has to say, as an event of ours: who, and which error; its text may hold secrets."""

    def emit(self, record: logging.LogRecord) -> None:
        given = record.args if isinstance(record.args, tuple) else ()
        raised = record.exc_info[1] if record.exc_info else None
        named = [each for each in (raised, *given) if isinstance(each, BaseException)]
        log().warning("library_trouble", source=record.name, exc_info=named[0] if named else None)


def _stamp(_logger: object, _method: str, event: Event) -> Event:
    event["at"] = datetime.now(UTC).isoformat(timespec="milliseconds")
    return event


def _name_the_error(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """An exception is its type and our code; messages and locals of foreign ones may hold secrets."""
    raised = event.pop("exc_info", None)
    if raised is True:
        raised = sys.exc_info()[1]
    if isinstance(raised, BaseException):
        event["error"] = type(raised).__name__
        event.setdefault("code", getattr(raised, "code", None))
    return event


def _allow(_logger: object, _method: str, event: Event) -> Event:
    return {key: _plain(value) for key, value in event.items() if key in ALLOWED_KEYS}


def _plain(value: object) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    return str(value).translate(_CONTROL)[:200]


_CONTROL = dict.fromkeys((*range(32), 127, 0x2028, 0x2029), " ")


class Book:
    """Carries rows to the sink from a thread of its own, so that logging never waits for a database."""

    def __init__(self, sink: Sink | None, out: TextIO) -> None:
        self._sink, self._out = sink, out
        self._rows: queue.Queue[LogRow] = queue.Queue(MOST_WAITING)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._carry, name="logbook", daemon=True)
        if sink is not None:
            self._thread.start()
            atexit.register(self.close)

    def take(
        self, _logger: object, _method: str, event: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        """A structlog processor: keeps a copy of the row for the sink."""
        try:
            self._rows.put_nowait(dict(event))
        except queue.Full:
            print("logbook full, row not kept", file=self._out)
        return event

    def close(self) -> None:
        """Write what waits and end the thread. May be called twice."""
        atexit.unregister(self.close)
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def _carry(self) -> None:
        while not self._stop.wait(FLUSH_EVERY_S):
            self._flush()
        self._flush()

    def _flush(self) -> None:
        rows = []
        while not self._rows.empty():
            rows.append(self._rows.get_nowait())
        if not rows or self._sink is None:
            return
        try:
            self._sink(rows)
        except Exception as error:
            print(f"logbook table failed ({type(error).__name__}), rows follow", file=self._out)
            for row in rows:
                print(dict(row), file=self._out)
