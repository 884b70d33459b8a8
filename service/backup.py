"""Backup and restore as an operator runs them; the keyring is not in a backup and is kept apart from it."""

from datetime import datetime
from pathlib import Path

from service import settings as settings_of
from service.app import keyring_of, open_app, utc_now
from service.errors import InputError
from service.store import dump, tombstones
from service.store.grants import grant
from service.store.keyring import Keyring
from service.store.postgres import ensure_database
from service.store.schema import migrate
from service.store.session import Store, open_store
from service.store.vitals import BACKUP

STAMP = "%Y%m%dT%H%M%SZ"


def backup(folder: Path) -> str:
    """A dump of the database and the tombstones of all time, into ``folder`` (made if absent)."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open_app(settings_of.load(), migrating=False) as app:
        file = save(app.store, app.dsn, folder, tombstones.beside(app.settings.keyring_path), utc_now())
    return f"wrote {file}; the keyring is not in it: keep a copy of that in another place"


def save(store: Store, dsn: str, folder: Path, journal: Path, now: datetime) -> Path:
    """As ``backup``, of a store that is open; ``journal`` is the file of tombstones beside the keyring."""
    file = folder / f"freshlegs-{now:{STAMP}}.dump"
    dump.save(dsn, file)
    kept = folder / tombstones.NAME
    written = tombstones.read(kept)
    with store.transaction() as tx:
        known = tombstones.read(journal) | tx.tombstones.all()
        tx.heartbeats.beat(BACKUP, now)
    for index, at in known.items():
        if written.get(index) != at:
            tombstones.note(kept, index, at)
    return file


def restore(file: Path) -> str:
    """Replace the database by a backup, bring it to this version, and forget again who was erased since."""
    if not file.is_file():
        raise InputError(f"{file} is no file: name one that `freshlegs backup` wrote")
    settings = settings_of.load()
    ring = keyring_of(settings)
    with ensure_database(settings.dsn, settings.data_dir / "postgres") as dsn:
        gone = load(dsn, ring, file, tombstones.beside(settings.keyring_path))
    again = "; run `freshlegs grant-roles` again" if settings.dsn else ""
    return f"restored {file}; {gone} athletes who were erased since are forgotten again{again}"


def forget_again() -> str:
    """Apply the tombstones beside the keyring to the database as it is, after a recovery by other means."""
    with open_app(settings_of.load(), migrating=False) as app:
        known = tombstones.read(tombstones.beside(app.settings.keyring_path))
        with app.store.transaction(statement_timeout_ms=600_000) as tx:
            gone = tx.tombstones.reapply(known | tx.tombstones.all())
    return f"{gone} athletes who had been erased are forgotten again"


def load(dsn: str, ring: Keyring, file: Path, journal: Path) -> int:
    """As ``restore``, into the database at ``dsn``; returns how many athletes were forgotten again."""
    dump.load(dsn, file)
    migrate(dsn)
    known = tombstones.read(file.with_name(tombstones.NAME)) | tombstones.read(journal)
    store = open_store(dsn, ring)
    try:
        with store.transaction(statement_timeout_ms=600_000) as tx:
            return tx.tombstones.reapply(known | tx.tombstones.all())
    finally:
        store.close()


def grant_roles(app_password: Path, backup_password: Path) -> str:
    """The roles of the service and of the backup, with the passwords in these files."""
    settings = settings_of.load()
    words = [_password(file) for file in (app_password, backup_password)]
    with ensure_database(settings.dsn, settings.data_dir / "postgres") as dsn:
        grant(dsn, *words)
    return "freshlegs_app may read and write rows, freshlegs_backup may read them; neither may change tables"


def _password(file: Path) -> str:
    try:
        word = file.read_text().strip()
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}") from None
    if len(word) < 20:
        raise InputError(
            f"{file} holds no password of 20 characters or more: `freshlegs password {file}` makes one"
        )
    return word
