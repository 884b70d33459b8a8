"""Points where drills strike: named once each, and nothing in the service makes one do anything."""

import re
from pathlib import Path

import pytest

import service
from service import faults
from tests.drills.fault_points import named_points


def test_a_point_does_nothing_until_a_process_installs_something():
    """And nothing again once that is taken away."""
    seen = []
    faults.point("somewhere")
    faults.install(seen.append)
    try:
        faults.point("somewhere")
    finally:
        faults.install(None)
    faults.point("somewhere")
    assert seen == ["somewhere"]


def test_what_is_installed_may_raise():
    """That is how an error happens at a point."""

    def strike(name):
        raise LookupError(name)

    faults.install(strike)
    try:
        with pytest.raises(LookupError, match="here"):
            faults.point("here")
    finally:
        faults.install(None)


def test_nothing_in_the_service_installs_anything():
    """Neither a setting nor an environment variable may lead to a strike."""
    files = [each for each in Path(service.__file__).parent.rglob("*.py") if each.name != "faults.py"]
    calls = re.compile(r"faults\.install|import .*\binstall\b|_strike\b")
    assert [each.name for each in files if calls.search(each.read_text())] == []


def test_every_point_is_named_once_and_found_by_the_drill():
    """A point written in another way would be in no drill."""
    names = named_points()
    files = [each for each in Path(service.__file__).parent.rglob("*.py") if each.name != "faults.py"]
    assert len(names) == len(set(names)) == sum(each.read_text().count('point("') for each in files)
