"""Fixtures that every tier may use."""

import pytest

pytest_plugins = ["tests.fixtures_postgres", "tests.fixtures_standin"]


def pytest_configure(config: pytest.Config) -> None:
    """stravalib resets the warning filters when it is imported: before pytest sets them it may. Who only
    hands tests out to workers does without, which saves a second."""
    if hasattr(config, "workerinput") or config.getoption("dist", "no") == "no":
        from service.strava.loading import undisturbed

        with undisturbed():
            import stravalib  # noqa: F401
