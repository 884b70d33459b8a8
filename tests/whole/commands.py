"""Running freshlegs as people do: as a command, with nothing in the environment but what a test says."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import typer

from service.__main__ import cli
from service.settings import Settings
from tests.apps import NOBODY

ROOT = Path(__file__).resolve().parents[2]
STOPS_WITHIN_S = 10.0
STRAVA = {
    "STRAVA_APP_ID": "4242",
    "STRAVA_APP_SECRET": "a secret that no log may show",
    "STRAVA_API_BASE": f"{NOBODY}/api/v3",
    "STRAVA_OAUTH_BASE": NOBODY,
}


def commands() -> dict[str, click.Command]:
    """Every command by its whole name: ``admin add``, ``up`` …"""
    return dict(_walk(typer.main.get_command(cli), ""))


def _walk(command: Any, name: str) -> Iterator[tuple[str, click.Command]]:
    inner = getattr(command, "commands", None)
    if inner is None:
        yield name, command
        return
    for word, sub in inner.items():
        yield from _walk(sub, f"{name} {word}".strip())


def environment(**given: object) -> dict[str, str]:
    """This process' environment without any setting, and with those given."""
    names = {name.upper() for name in Settings.model_fields}
    kept = {name: value for name, value in os.environ.items() if name.removesuffix("_FILE") not in names}
    kept = {name: value for name, value in kept.items() if name not in names}
    return kept | {"PYTHONPATH": str(ROOT)} | {name: str(value) for name, value in given.items()}


def run(*arguments: str, folder: Path, **settings: object) -> "subprocess.CompletedProcess[str]":
    """The command, run to its end in ``folder``."""
    return subprocess.run(
        [sys.executable, "-m", "service", *arguments],
        cwd=folder,
        env=environment(**settings),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@contextmanager
def running(
    *arguments: str, folder: Path, settings: Mapping[str, object]
) -> Iterator["subprocess.Popen[str]"]:
    """The command as a process; what is left of it at the end is killed."""
    log = (folder / f"{arguments[0]}.log").open("w+")
    process = subprocess.Popen(
        [sys.executable, "-m", "service", *arguments],
        cwd=folder,
        env=environment(**settings),
        stdout=log,
        stderr=log,
        text=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        log.close()


def said(folder: Path, command: str) -> str:
    """What a running command has written so far."""
    return (folder / f"{command}.log").read_text()


def wait_until(condition: Any, within_s: float = 120.0) -> None:
    """Poll until true. Raises ``TimeoutError``."""
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("it did not come true")
        time.sleep(0.02)


def stop(process: "subprocess.Popen[str]") -> float:
    """SIGTERM; returns after how many seconds it had ended. Raises ``TimeoutExpired``."""
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    process.wait(STOPS_WITHIN_S)
    return time.monotonic() - began
