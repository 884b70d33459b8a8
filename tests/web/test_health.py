"""Health for machines."""

from datetime import timedelta

import pytest

from tests.web.conftest import NOW, Site


def test_live(site: Site) -> None:
    """The process answers; nothing else is asked."""
    assert site.browser().get("/healthz").json() == {"live": True}


@pytest.mark.parametrize(
    ("beat", "clock"),
    [
        (None, "never"),  # no clock was ever started
        (NOW - timedelta(seconds=20), "alive"),  # a moment ago
        (NOW - timedelta(minutes=6), "late"),  # silent for too long
    ],
)
def test_ready(site: Site, beat, clock: str) -> None:
    """The database answers; a dead clock is told, but pages can be served without one."""
    if beat is not None:
        with site.store.transaction() as tx:
            tx.heartbeats.beat("clock:due_syncs", beat)
    answer = site.browser().get("/readyz")
    assert (200, {"ready": True, "database": "ok", "clock": clock}) == (answer.status_code, answer.json())
