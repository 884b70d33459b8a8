"""Who was erased, kept outside the database as well: a restored backup must not bring anyone back.

The file has a line an erasure: the keyed hash of the Strava id and the instant. It lies beside the keyring,
which is backed up apart from the database too, and says nothing without it.
"""

import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, select

from service.store.athletes import Athletes
from service.store.keyring import Keyring
from service.store.tables import AthleteRow
from service.store.tables_service import TombstoneRow

Known = Mapping[bytes, datetime]
NAME = "tombstones"


def beside(keyring: Path) -> Path:
    """The file that belongs to the keyring at this path."""
    return keyring.with_name(NAME)


def note(file: Path, index: bytes, at: datetime) -> None:
    """Add an erasure, on the disk before this returns. Raises ``OSError``."""
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "w") as out:
        out.write(f"{index.hex()} {at.isoformat()}\n")
        out.flush()
        os.fsync(out.fileno())


def read(file: Path) -> dict[bytes, datetime]:
    """What the file knows, the last erasure of each; a line that a crash cut short is passed over."""
    found: dict[bytes, datetime] = {}
    for line in file.read_text().splitlines() if file.exists() else ():
        try:
            index, at = line.split()
            found[bytes.fromhex(index)] = datetime.fromisoformat(at)
        except ValueError:
            continue
    return found


class Tombstones:
    def __init__(self, connection: Connection, keyring: Keyring) -> None:
        self._connection = connection
        self._keyring = keyring

    def all(self) -> dict[bytes, datetime]:
        rows = self._connection.execute(select(TombstoneRow.strava_index, TombstoneRow.erased_at))
        return {bytes(row.strava_index): row.erased_at for row in rows}

    def reapply(self, known: Known) -> int:
        """Forget everybody who was erased after they connected; returns how many there were.

        Who consented anew after the erasure stays.
        """
        athletes = Athletes(self._connection, self._keyring)
        rows = self._connection.execute(select(AthleteRow.id, AthleteRow.strava_id, AthleteRow.connected_at))
        back = []
        for row in rows.all():
            erased_at = known.get(self._keyring.strava_index(row.strava_id))
            if erased_at is not None and erased_at >= row.connected_at:
                back.append((row.id, erased_at))
        return sum(athletes.forget(athlete_id, erased_at) for athlete_id, erased_at in back)
