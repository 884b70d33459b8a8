"""Forget an athlete: withdraw the grant, delete every row, confirm it by mail, keep a tombstone."""

from collections.abc import Sequence
from uuid import UUID

from service.app import App
from service.errors import StravaError
from service.faults import point
from service.jobs.outbox import enqueue_receipt
from service.logs import log
from service.store import tombstones


def erase(app: App, subjects: Sequence[str]) -> None:
    """Athletes who disconnected. May be run again at any point: what is gone stays gone."""
    for athlete_id in map(UUID, subjects):
        _withdraw(app, athlete_id)
        point("erase_withdrawn")
        _note(app, athlete_id)
        with app.store.transaction(statement_timeout_ms=30_000) as tx:
            athlete = tx.athletes.get(athlete_id)
            if athlete is None:
                continue
            address = tx.addresses.confirmed(athlete_id)
            if not tx.athletes.forget(athlete_id, app.now()):
                continue  # another worker was faster, and has written the receipt
            receipt = enqueue_receipt(app, tx, address) if address else None
            point("erase_forgotten")
        log().info("athlete_erased", athlete=athlete_id)
        if receipt is not None:
            app.queue.defer("deliver", receipt)


def _note(app: App, athlete_id: UUID) -> None:
    """Beside the keyring first: whatever backup is restored later, this erasure is known. A disk that refuses
    must not keep anybody from being forgotten."""
    file = tombstones.beside(app.settings.keyring_path)
    with app.store.transaction() as tx:
        athlete = tx.athletes.get(athlete_id)
    if athlete is None or not file.parent.is_dir():
        return
    try:
        tombstones.note(file, app.keyring.strava_index(athlete.strava_id), app.now())
    except OSError as error:
        log().error("tombstone_file_failed", error=type(error).__name__)


def _withdraw(app: App, athlete_id: UUID) -> None:
    """Revoke the grant at Strava. If Strava cannot be reached our copy is deleted all the same: the
    athlete asked us to forget, and tokens nobody holds end by themselves."""
    with app.store.transaction() as tx:
        tokens = tx.tokens.get(athlete_id)
    if tokens is None:
        return
    try:
        app.oauth.revoke(tokens.refresh_token, app.now())
    except StravaError as error:
        log().warning("revoke_failed", athlete=athlete_id, code=error.code)
