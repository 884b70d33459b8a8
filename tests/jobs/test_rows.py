"""Rows of a page as they are stored: one that cannot be asked for again is set aside, alone."""

import pytest

from service.jobs.rows import store_rows
from service.store.session import Store
from tests.store.samples import NOW, SCOPES

ROW = {
    "id": 101,
    "sport_type": "Run",
    "start_date": "2026-02-01T07:00:00Z",
    "utc_offset": 3600,
    "distance": 5000.0,
    "moving_time": 1500,
}


@pytest.mark.parametrize("identity", ["1e400", "-7", "1\x002", "\ud800", "\u0663", {"a": 1}])
def test_an_id_that_is_not_strava_s_is_quarantined(store: Store, identity: object) -> None:
    with store.transaction() as tx:
        athlete = tx.athletes.connect(7, SCOPES, "UTC", NOW).id
        stored = store_rows(tx, athlete, [ROW | {"id": identity}, ROW], NOW)
        found = tx.connection.exec_driver_sql("SELECT field FROM quarantine").scalars().all()
    assert [each.external_id for each in stored] == ["101"]
    assert found == ["id"]
