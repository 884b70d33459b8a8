"""Fixtures that every tier may use."""

import warnings

with warnings.catch_warnings():
    # stravalib resets the warning filters when it is imported; here it may, before pytest sets them.
    import stravalib  # noqa: F401

pytest_plugins = ["tests.fixtures_postgres", "tests.fixtures_standin"]
