"""Fixtures that every tier may use."""

import functools

import pytest
from httpx._transports import default as transports

pytest_plugins = ["tests.fixtures_postgres", "tests.fixtures_standin"]

LONGEST = [
    "tests/whole/test_season.py",
    "tests/whole/test_compose.py",
    "tests/whole/test_recorded_runner.py",
    "tests/whole/test_command_line.py",
    "tests/web/test_browser.py",
]
"""Files that take seconds each. Workers take whole files, so these come first, and no worker is left
behind with one of them when the others are done."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first, the others as they are."""
    items.sort(key=lambda item: item.nodeid.partition("::")[0] not in LONGEST)


def pytest_configure(config: pytest.Config) -> None:
    """stravalib resets the warning filters when it is imported: before pytest sets them it may. Who only
    hands tests out to workers does without, which saves a second."""
    if hasattr(config, "workerinput") or config.getoption("dist", "no") == "no":
        from service.strava.loading import undisturbed

        with undisturbed():
            import stravalib  # noqa: F401
    # Each client of httpx reads the list of trusted certificates, which takes longer than most tests.
    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.setattr(transports, "create_ssl_context", functools.cache(transports.create_ssl_context))
    config.add_cleanup(monkeypatch.undo)
