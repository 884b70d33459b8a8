"""stravalib is loaded when the first call needs it, and disturbs nobody."""

import functools
import importlib
import logging
import os
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

import requests

if TYPE_CHECKING:
    from stravalib.protocol import ApiV3

_once = threading.Lock()


def load_stravalib() -> None:
    """Import it, once for all threads; later calls cost nothing."""
    with _once:
        _load()


def open_protocol(
    access_token: str, session: requests.Session, learn: Callable[[Mapping[str, str]], None]
) -> "ApiV3":
    """stravalib's request layer for one athlete and one job; ``learn`` is given every answer's headers."""
    load_stravalib()
    from service.strava.library import protocol

    return protocol(access_token, session, learn)


@functools.cache
def _load() -> None:
    os.environ.setdefault("SILENCE_TOKEN_WARNINGS", "true")  # or two lines a call on the root logger
    with undisturbed():
        importlib.import_module("service.strava.library")


@contextmanager
def undisturbed() -> Iterator[None]:
    """Undo what importing stravalib does: it turns all warnings on and sends them to the log."""
    captured = warnings.showwarning.__module__ == "logging"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
    if not captured:
        logging.captureWarnings(False)
