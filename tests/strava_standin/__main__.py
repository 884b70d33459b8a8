"""``python -m tests.strava_standin``: serve the stand-in until it is told to stop."""

import argparse
import os
import socket
import sys
import threading
from datetime import UTC, date, datetime

import uvicorn

from .clock import instant
from .kinds import KINDS
from .server import make_app
from .world import CLIENT_ID, CLIENT_SECRET, Settings


def _pair(text: str) -> tuple[int, int]:
    quarter, day = text.split(",")
    return int(quarter), int(day)


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",") if part]


def _words(text: str) -> list[str]:
    return [part for part in text.split(",") if part]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="strava_standin", description="A stand-in for Strava's API.")
    add = parser.add_argument
    add("--host", default="127.0.0.1")
    add("--port", type=int, default=0, help="0 takes a free one; it is printed as STANDIN http://…")
    add("--now", type=instant, help="ISO time where the clock stands still; without it the real clock runs")
    add("--running", action="store_true", help="let the clock run on from --now")
    add("--seed", type=int, default=7)
    add("--athletes", help=f"kinds, by comma (default: one of each): {', '.join(KINDS)}")
    add("--athlete-from", action="append", default=[], metavar="FILE", help="also serve a recorded history")
    add("--onset", type=date.fromisoformat, help="day 0 of the planted trouble (default: --now + 60 days)")
    add("--history-days", type=int, default=420)
    add("--future-days", type=int, default=240)
    add("--overall-limit", type=_pair, default=(200, 2000), metavar="QUARTER,DAY")
    add("--read-limit", type=_pair, default=(100, 1000), metavar="QUARTER,DAY")
    add("--short-pages", type=_numbers, default=[], metavar="N,N…", help="rows each page in turn is short of")
    add("--athlete-cap", type=int, default=0, help="athletes that may be connected at a time (0: any number)")
    add("--client-id", default=CLIENT_ID)
    add("--client-secret", default=CLIENT_SECRET)
    add("--callback-domain", action="append", help="besides localhost and 127.0.0.1")
    add(
        "--stop-with-stdin",
        action="store_true",
        help="end when standard input closes",
    )
    return parser


def _settings(given: argparse.Namespace) -> Settings:
    return Settings(
        seed=given.seed,
        now=given.now or datetime.now(UTC),
        running=given.running or given.now is None,
        onset=given.onset,
        history_days=given.history_days,
        future_days=given.future_days,
        athletes=list(KINDS)
        if given.athletes is None
        else [kind for kind in given.athletes.split(",") if kind],
        recordings=given.athlete_from,
        overall_limit=given.overall_limit,
        read_limit=given.read_limit,
        short_pages=given.short_pages,
        athlete_cap=given.athlete_cap,
        client_id=given.client_id,
        client_secret=given.client_secret,
        callback_domains=["localhost", "127.0.0.1", *(given.callback_domain or [])],
    )


def _die_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


def _listening(host: str, port: int) -> socket.socket:
    """A listening socket that says it is TCP: only then does asyncio switch Nagle's 40 ms off."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind((host, port))
    bound.listen(256)
    return bound


def main() -> int:
    """Bind, print where, serve. Returns the exit code: 2 for settings that cannot be used."""
    given = _parser().parse_args()
    try:
        app = make_app(_settings(given))
    except (ValueError, OSError) as error:
        print(f"strava_standin: {error}", file=sys.stderr)
        return 2
    if given.stop_with_stdin:
        threading.Thread(target=_die_with_parent, daemon=True).start()
    bound = _listening(given.host, given.port)
    print(f"STANDIN http://{given.host}:{bound.getsockname()[1]}", flush=True)
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=1,
        server_header=False,
        date_header=False,
        lifespan="off",
    )
    uvicorn.Server(config).run(sockets=[bound])
    return 0


if __name__ == "__main__":
    sys.exit(main())
