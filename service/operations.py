"""What an operator does from the command line; each returns the line to print."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from uuid import UUID

from service import settings as settings_of
from service.app import App, open_app, utc_now
from service.errors import AppInactive, InputError, StravaError, TokenDead
from service.jobs.erase import erase
from service.store.keyring import Keyring
from service.store.session import Store
from service.web import totp
from service.web.admin_login import HASHER

ROLES = ("viewer", "operator")
BATCH = 500
"""Rows a table re-encrypted in one transaction."""
SHORTEST_PASSWORD = 15
"""Length is what makes a password hard to guess (OWASP ASVS 5.0, 6.2)."""


@contextmanager
def _app(*, migrating: bool = False) -> Iterator[App]:
    with open_app(settings_of.load(), migrating=migrating) as app:
        yield app


def migrate_database() -> str:
    """Bring the tables to this version."""
    with _app(migrating=True):
        return "the database is up to date"


def make_keyring(path: Path) -> str:
    """Write a new keyring to ``path`` unless one is there."""
    there = path.exists()
    Keyring.create(path)
    return (
        f"{path} is there already and stays as it is"
        if there
        else f"wrote {path}; keep a copy in a safe place"
    )


def make_password(path: Path) -> str:
    """Write 48 random hexadecimal digits to ``path`` (0600) unless it is there."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return f"{path} is there already and stays as it is"
    with os.fdopen(handle, "w") as file:
        file.write(f"{secrets.token_hex(24)}\n")
    return f"wrote {path}"


def rotate() -> str:
    """Put a new key first in the keyring and encrypt every row with it. Raises ``SettingsError`` without one.

    Processes that run on the same file read it again by themselves. Running this again after a crash adds
    one more key and finishes the work.
    """
    path = settings_of.load().keyring_path
    Keyring.renew(path)
    with _app() as app:
        rows, left = reencrypt(app.store)
    done = f"{rows} rows are encrypted with the new first key of {path}; processes that run use it already"
    if left:
        return f"{done}. {left} rows were in use and still need an older key: keep all, rotate again later"
    return f"{done}. The older keys may be removed, but never the line `index`; keep a copy of the file"


def reencrypt(store: Store, *, batch: int = BATCH) -> tuple[int, int]:
    """Bring every sealed row to the newest key, a transaction a batch; (rows done, rows still in use)."""
    rows = 0
    while True:
        with store.transaction() as tx:
            done = tx.rotation.step(batch)
        rows += done
        if not done:
            break
    with store.transaction() as tx:
        return rows, tx.rotation.remaining()


def add_admin(name: str, password: str, role: str | None) -> str:
    """A new admin (operator unless ``role`` says viewer), or a new password for one, whose role stays unless
    one is given. Raises ``InputError`` for a weak password or a role unknown."""
    with _app() as app:
        return add_admin_to(app.store, name, password, role, utc_now())


def add_admin_to(store: Store, name: str, password: str, role: str | None, now: datetime) -> str:
    """As ``add_admin``, in a store that is open."""
    if role is not None and role not in ROLES:
        raise InputError(f"there is no role {role!r}: take one of {', '.join(ROLES)}")
    if not name.strip() or len(name) > 100:
        raise InputError("an admin needs a name of 1 to 100 characters")
    if len(password) < SHORTEST_PASSWORD:
        raise InputError(
            f"the password is too short: take {SHORTEST_PASSWORD} characters or more, any will do"
        )
    hashed = HASHER.hash(password)
    with store.transaction() as tx:
        if tx.admins.add(name, hashed, role or "operator", now) is not None:
            return f"{name} may look at /admin"
        tx.admins.set_password(name, hashed, role)
        return f"{name} was there already and has a new password"


def disable_admin(name: str) -> str:
    """Lock an admin out; their sessions end at once."""
    with _app() as app, app.store.transaction() as tx:
        if not tx.admins.disable(name, utc_now()):
            raise InputError(f"there is no admin {name!r}")
    return f"{name} is locked out"


def second_factor(name: str, *, off: bool) -> str:
    """A secret for an admin's authenticator app, shown once; ``off`` takes it away. Their sessions end."""
    secret = None if off else totp.new_secret()
    with _app() as app, app.store.transaction() as tx:
        if not tx.admins.set_totp(name, secret):
            raise InputError(f"there is no admin {name!r}")
    if secret is None:
        return f"{name} logs in without a code"
    told = f"{name} needs a code from now on. Type this secret into the app: {secret}"
    return f"{told}\n{totp.address(secret, name)}"


def check_connection() -> str:
    """Whether Strava knows the application. Asked with an invented refresh token."""
    with _app() as app:
        app.settings.require_strava()
        with app.store.transaction() as tx:
            tx.quota.switch_on()  # an operator asks: whatever was found out before is out of date
        try:
            app.oauth.refresh("freshlegs-connect-check", app.now())
        except TokenDead:
            return "Strava accepts the application's id and secret"
        except AppInactive:
            raise InputError(
                "Strava does not accept STRAVA_APP_ID and STRAVA_APP_SECRET: copy both again"
            ) from None
        except StravaError as error:
            raise InputError(f"Strava could not be asked: {error}") from None
    return "Strava accepts the application's id and secret"


def erase_athlete(athlete: str) -> str:
    """Forget one athlete. Raises ``InputError`` if there is none of that id."""
    try:
        athlete_id = UUID(athlete)
    except ValueError:
        raise InputError(f"{athlete!r} is not an athlete's id: the admin pages show them") from None
    with _app() as app:
        with app.store.transaction() as tx:
            if tx.athletes.get(athlete_id) is None:
                raise InputError(f"there is no athlete {athlete_id}: the admin pages show their ids")
            tx.athletes.disconnect(athlete_id)  # marked first: a crash on the way leaves work for the clock
        erase(app, [str(athlete_id)])
    return f"athlete {athlete_id} is forgotten"
