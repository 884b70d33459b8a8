"""The one place where everything is wired. Tests and the demo wire their own parts; nothing is patched."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parseaddr
from pathlib import Path
from typing import Any

from service import logs
from service.advise.calibration import Calibration
from service.advise.calibration import load as load_calibration
from service.advise.catalogue import Catalogue
from service.advise.catalogue import load as load_catalogue
from service.analyse.constants import Constants, load_constants
from service.jobs.ledger import StoreLedger
from service.jobs.queue import Queue
from service.notify.maildir import Maildir
from service.notify.mailer import Mailer
from service.notify.smtp import Smtp
from service.settings import Settings
from service.store.keyring import Keyring
from service.store.postgres import ensure_database
from service.store.session import Store, open_store
from service.strava.client import StravaClient
from service.strava.oauth import OAuth
from service.strava.quota import Limits, Pair

CONFIG = Path(__file__).resolve().parent.parent / "config"
POOL_BESIDE_WORKERS = 8
"""Connections for pages and ticks, beside one for each job at work."""

Now = Callable[[], datetime]


def utc_now() -> datetime:
    """The wall clock, aware UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class App:
    """Everything a job or a page may need, built once a process."""

    settings: Settings
    dsn: str
    store: Store
    keyring: Keyring
    queue: Queue
    strava: StravaClient
    oauth: OAuth
    mailer: Mailer
    constants: Constants
    catalogue: Catalogue
    now: Now
    calibration: Calibration = field(default_factory=Calibration)

    @property
    def mail_domain(self) -> str:
        """The right-hand side of our Message-IDs."""
        return parseaddr(self.settings.mail_from)[1].partition("@")[2] or "localhost"


@contextmanager
def open_app(settings: Settings, *, now: Now = utc_now, migrating: bool = True) -> Iterator[App]:
    """The application on its database, for as long as the context lasts.

    Without ``DATABASE_URL`` the embedded Postgres is started, migrated, and stopped at the end. Raises
    ``DatabaseUnavailable`` or ``SettingsError``.
    """
    with ExitStack() as stack:
        url = settings.dsn
        dsn = stack.enter_context(ensure_database(url, settings.data_dir / "postgres"))
        if migrating or url is None:
            from service.store.schema import migrate  # Alembic is slow to load, and most roles never migrate

            migrate(dsn)
        keyring = keyring_of(settings)
        store = open_store(dsn, keyring, pool_size=settings.worker_concurrency + POOL_BESIDE_WORKERS)
        stack.callback(store.close)
        book = logs.configure(settings.log_level, settings.log_format, sink=_logbook(store))
        stack.callback(book.close)
        queue = Queue.open(dsn)
        stack.callback(queue.close)
        yield _wire(settings, dsn, store, keyring, queue, now, stack)


def _wire(
    settings: Settings, dsn: str, store: Store, keyring: Keyring, queue: Queue, now: Now, stack: ExitStack
) -> App:
    limits = Limits(read=Pair(settings.strava_read_limit_quarter, settings.strava_read_limit_day))
    ledger = StoreLedger(store, limits)
    strava = StravaClient(ledger, now, api_base=settings.strava_api_base)
    oauth = OAuth(
        settings.strava_app_id,
        settings.strava_app_secret.get_secret_value(),
        f"{settings.base_url}/oauth/callback",
        ledger=ledger,
        oauth_base=settings.strava_oauth_base,
    )
    stack.callback(strava.close)
    stack.callback(oauth.close)
    return App(
        settings=settings,
        dsn=dsn,
        store=store,
        keyring=keyring,
        queue=queue,
        strava=strava,
        oauth=oauth,
        mailer=_mailer(settings),
        constants=load_constants(CONFIG / "heuristics.toml"),
        catalogue=load_catalogue(CONFIG / "advice.toml"),
        now=now,
        calibration=load_calibration(CONFIG / "calibration.toml"),
    )


def keyring_of(settings: Settings) -> Keyring:
    """The ring named by the settings; the embedded database's own is made at its first start."""
    if settings.keyring_file is None:
        return Keyring.create(settings.keyring_path)
    return Keyring.from_file(settings.keyring_file)


def _mailer(settings: Settings) -> Mailer:
    if not settings.smtp_host:
        return Maildir(settings.data_dir / "mail")
    return Smtp(
        settings.smtp_host,
        settings.smtp_port,
        settings.smtp_username,
        settings.smtp_password.get_secret_value(),
        settings.smtp_tls,
    )


def _logbook(store: Store) -> logs.Sink:
    def write(rows: Sequence[Mapping[str, Any]]) -> None:
        with store.transaction() as tx:
            tx.logbook.write(rows)

    return write
