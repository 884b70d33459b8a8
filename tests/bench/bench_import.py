"""Rows a second of an archive into Postgres, beside ``csv.DictReader`` and an ORM ``merge`` a row; FIT files
beside fitdecode alone."""

import csv
import io
import os
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from uuid import UUID

import fitdecode
from sqlalchemy.orm import Session

from service.archive import fit
from service.archive.reader import Request
from service.domain.activity import Source
from service.jobs.importing import take_in
from service.store.session import Store, open_store
from service.store.tables import ActivityRow
from tests.archive.samples import SHARED, fit_run, table, wide_row
from tests.fixtures_postgres import clone, cluster, keyring, template
from tests.store.samples import NOW, SCOPES

ROWS, REFERENCE_ROWS = 20_000, 1_500


def bench() -> Iterator[str]:
    """Lines with a ratio each, both sides in this run."""
    with cluster() as server, tempfile.TemporaryDirectory() as folder:
        dsn = clone(server, template(server))
        store = open_store(dsn, keyring(), pool_size=1)
        path = Path(folder) / "activities.csv"
        path.write_bytes(_export(ROWS))
        with store.transaction() as tx:
            ours, theirs = (tx.athletes.connect(n, SCOPES, "Europe/Oslo", NOW).id for n in (1, 2))
            backend = tx.connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        began = _busy_s(backend)
        fast = _import(store, ours, path, ROWS)
        a_cpu_second = ROWS / (_busy_s(backend) - began)
        again = _import(store, ours, path, ROWS)
        slow = _merge(store, theirs, _export(REFERENCE_ROWS), REFERENCE_ROWS)
        yield f"csv ratio {fast / slow:.0f}x ours {fast:.0f} rows/s DictReader+merge {slow:.0f} rows/s"
        yield f"csv-cpu {a_cpu_second:.0f} rows/s of processor time, Postgres's too (promised >= 15000)"
        yield f"csv-again ratio {again / slow:.0f}x ours {again:.0f} rows/s, none of them written"
        store.close()
    yield _parsing()


def _busy_s(backend: int) -> float:
    """Processor time of this process and of the one that serves it: what a quiet machine would take, as one
    waits for the other."""
    name_and_numbers = Path(f"/proc/{backend}/stat").read_text()
    user, system = name_and_numbers.rpartition(")")[2].split()[11:13]
    return time.process_time() + (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _export(rows: int) -> bytes:
    return table(
        *(
            wide_row(n, Filename="", c1=f"Mar {1 + n % 28}, {2000 + n // 1000}, {1 + n % 11}:30:00 AM")
            for n in range(rows)
        )
    )


def _import(store: Store, athlete: UUID, path: Path, rows: int) -> float:
    began = time.perf_counter()
    *_, tally = take_in(store, athlete, Request((path,), zone="Europe/Oslo"), NOW)
    assert tally.read == rows
    return rows / (time.perf_counter() - began)


def _merge(store: Store, athlete: UUID, data: bytes, rows: int) -> float:
    """What most importers do: a dictionary a row, and the ORM finds out whether it is known."""
    began = time.perf_counter()
    with Session(store.engine) as session:
        for row in csv.DictReader(io.StringIO(data.decode())):
            start = datetime.strptime(row["Activity Date"] + " +0000", "%b %d, %Y, %I:%M:%S %p %z")
            session.merge(
                ActivityRow(
                    athlete_id=athlete, source=Source.ARCHIVE, external_id=row["Activity ID"], fetched_at=NOW,
                    summary_digest=b"", sport=row["Activity Type"], start=start, utc_offset_s=0,
                    moving_s=round(float(row["Moving Time"])), elapsed_s=round(float(row["Elapsed Time"])),
                    distance_m=float(row["Distance"]), average_hr=float(row["Average Heart Rate"]),
                    trainer=False, manual=False, start_hidden=False, detailed=False, splits=[], laps=[],
                )
            )  # fmt: skip
        session.commit()
    return rows / (time.perf_counter() - began)


def _parsing() -> str:
    """One core against one core: all that a session needs, beside fitdecode's own reading, as it comes."""
    marathon = SHARED / "fit" / "marathon_2025_fr745.fit"
    data = marathon.read_bytes() if marathon.is_file() else fit_run(seconds=30_000)
    ours, bare = [], []
    for _ in range(3):
        began = time.process_time()
        fit.recordings(data)[0].track.splits()
        ours.append(time.process_time() - began)
        began = time.process_time()
        with fitdecode.FitReader(io.BytesIO(data)) as frames:
            for _frame in frames:
                pass
        bare.append(time.process_time() - began)
    best, reference = min(ours), min(bare)
    size = len(data) / 1e6
    return (
        f"fit ratio {reference / best:.2f}x ours {size / best:.2f} MB/s a core, fitdecode alone "
        f"{size / reference:.2f} MB/s a core; {os.cpu_count()} cores"
    )
