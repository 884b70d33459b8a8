"""Whole programs set logging up for their process; here that is the process of all other tests too."""

import contextlib
import logging
from collections.abc import Iterator

import pytest
import structlog

from service.logs import QUIET


@contextlib.contextmanager
def logging_as_before() -> Iterator[None]:
    """Whatever is configured inside is undone at the end."""
    loggers = [logging.getLogger(name) for name in QUIET]
    before = [(each, each.level, each.handlers, each.propagate) for each in loggers]
    configured, known = structlog.is_configured(), structlog.get_config()
    try:
        yield
    finally:
        structlog.reset_defaults()
        if configured:
            structlog.configure(**known)
        for each, level, handlers, propagate in before:
            each.setLevel(level)
            each.handlers, each.propagate = handlers, propagate


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    with logging_as_before():
        yield
