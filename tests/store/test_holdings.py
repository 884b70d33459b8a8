"""The export holds all that erasure would delete, and says what it leaves out."""

import json
from uuid import UUID

from service.store.database import METADATA
from service.store.holdings import OPENED, VALUES_OF_BYTES, binary_columns, tables_of_athlete, withheld
from service.store.session import Store
from tests.store.samples import NOW, SCOPES
from tests.store.test_athletes import fill


def test_every_table_and_column_of_an_athlete_is_exported(store: Store, athlete: UUID) -> None:
    """The same list as the erase test: a table that is added is exported or fails here."""
    with store.transaction() as tx:
        other = tx.athletes.connect(8, SCOPES, "UTC", NOW).id
        for each in (athlete, other):
            fill(tx, each)
        found = tx.holdings.of(athlete)
    referring = {table.name for table in METADATA.sorted_tables if "athlete_id" in table.c}
    assert set(found) == referring | {"athlete"}
    for table in tables_of_athlete():
        rows = found[table.name]
        assert rows, f"fill() leaves {table.name} empty"
        columns = {column.name for column in table.c} - set(withheld(table))
        assert all(set(row) == columns for row in rows), table.name
    assert str(other) not in json.dumps(found)


def test_the_athletes_own_words_are_readable(store: Store, athlete: UUID) -> None:
    """Sealed addresses are opened for their owner; everything is plain JSON."""
    with store.transaction() as tx:
        tx.addresses.confirm(tx.addresses.propose(athlete, "ola@example.org", NOW), NOW)
        found = tx.holdings.of(athlete)
    assert found["address"][0]["address"] == "ola@example.org"
    assert found["athlete"][0]["strava_id"] == 7
    assert json.loads(json.dumps(found)) == found


def test_no_key_leaves_with_the_export(store: Store, athlete: UUID) -> None:
    """Neither tokens nor the fingerprints that cookies and links are found by."""
    with store.transaction() as tx:
        fill(tx, athlete)
        text = json.dumps(tx.holdings.of(athlete))
    assert "refresh_token" not in text
    assert '_digest"' not in text.replace("inputs_digest", "")


def test_every_binary_column_was_thought_about() -> None:
    """Opened, withheld with a reason, or plain bytes."""
    known = {(table, column) for table, columns in OPENED.items() for column in columns}
    known |= {(table.name, column) for table in tables_of_athlete() for column in withheld(table)}
    known |= {(table, column) for table, columns in VALUES_OF_BYTES.items() for column in columns}
    assert binary_columns() <= known
