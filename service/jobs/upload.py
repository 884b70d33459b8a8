"""Read an archive that an athlete uploaded, tell how far it is, and write when it is done."""

import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from service.app import App
from service.archive.found import Refused
from service.archive.reader import Request
from service.jobs.importing import Tally, take_in
from service.jobs.outbox import enqueue_imported
from service.logs import log
from service.store.uploads import Upload, UploadState

LEASE_S = 300.0
TELL_EVERY_S = 1.0
READ_TIMEOUT_MS = 60_000
REASONS_KEPT = 12


def read_upload(app: App, subjects: Sequence[str]) -> None:
    """Uploads that wait. A worker that dies on one leaves it to the next; the third death is the last."""
    for upload_id in map(UUID, subjects):
        with app.store.transaction() as tx:
            upload = tx.uploads.take(upload_id, LEASE_S)
        if upload is not None:
            _read(app, upload)


def _read(app: App, upload: Upload) -> None:
    with app.store.transaction() as tx:
        athlete = tx.athletes.get(upload.athlete_id)
    if athlete is None:
        return
    with tempfile.TemporaryDirectory(prefix="freshlegs-upload-") as folder:
        path = _fetched(app, upload, Path(folder))
        tally = _imported(app, upload, path, athlete.zone)
    state = UploadState.DONE if tally.read else UploadState.FAILED
    with app.store.transaction() as tx:
        mail = None
        if tx.uploads.finish(upload, state, result_of(tally), app.now()):
            mail = enqueue_imported(app, tx, upload.athlete_id, tally)
    log().info(
        "archive_imported",
        athlete=upload.athlete_id,
        state=state,
        activities=tally.new,
        changed=tally.changed,
        refused=len(tally.refused),
    )
    if mail is not None:
        app.queue.defer("deliver", mail)


def _fetched(app: App, upload: Upload, folder: Path) -> Path:
    """The content as one file: a zip is read from its end."""
    path = folder / "archive"
    with path.open("wb") as file, app.store.transaction(statement_timeout_ms=READ_TIMEOUT_MS) as tx:
        for piece in tx.uploads.pieces(upload.athlete_id, upload.id):
            file.write(piece)
    return path


def _imported(app: App, upload: Upload, path: Path, zone: str) -> Tally:
    told_at = 0.0

    def progress(done: int, total: int) -> None:
        nonlocal told_at
        if time.monotonic() - told_at >= TELL_EVERY_S or done == total:
            told_at = time.monotonic()
            with app.store.transaction() as tx:
                tx.uploads.progress(upload.id, done, total, LEASE_S)

    request = Request((path,), zone=zone, not_after=app.now(), progress=progress)
    *_, tally = take_in(app.store, upload.athlete_id, request, app.now())
    return tally


def result_of(tally: Tally) -> dict[str, Any]:
    """The figures, and the refusals by reason. Files are not named: people name them after places."""
    reasons = Counter(each.reason for each in tally.refused)
    return {
        "files": tally.files,
        "read": tally.read,
        "new": tally.new,
        "changed": tally.changed,
        "known": tally.known,
        "repaired": tally.repaired,
        "refused": len(tally.refused),
        "reasons": [[reason, count] for reason, count in reasons.most_common(REASONS_KEPT)],
        "numbered": [named for each in tally.refused if (named := harmless(each))][:REASONS_KEPT],
    }


def harmless(refused: Refused) -> str | None:
    """The name of a refused file where it is Strava's own numbering, with the reason."""
    stem = Path(refused.name.partition(",")[0]).name.partition(".")[0]
    if stem.isascii() and (stem.isdigit() or stem == "activities"):
        return f"{Path(refused.name).name}: {refused.reason}"
    return None
