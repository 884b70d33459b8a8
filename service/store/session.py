"""Units of work. One unit is one transaction over one connection, and nothing else commits."""

import contextlib
from collections.abc import Callable, Iterator
from typing import TypeVar

import sqlalchemy
import stamina
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from service.errors import DatabaseUnavailable
from service.store.activities import Activities
from service.store.addresses import Addresses
from service.store.admins import Admins
from service.store.athletes import Athletes
from service.store.bounces import Bounces
from service.store.browsers import Browsers
from service.store.checkins import CheckIns
from service.store.consents import Consents
from service.store.database import engine_for
from service.store.diaries import Diaries
from service.store.guards import Guards
from service.store.heartbeats import Heartbeats
from service.store.holdings import Holdings
from service.store.inbox import Inbox
from service.store.jobs import Jobs
from service.store.keyring import Keyring
from service.store.links import Links
from service.store.lists import Lists
from service.store.logbook import Logbook
from service.store.mailbox import Mailbox
from service.store.nights import Nights
from service.store.parking import Parking
from service.store.preferences import Preferences
from service.store.quarantine import Quarantine
from service.store.quota import Quota
from service.store.replies import Replies
from service.store.rotation import Rotation
from service.store.subscription import SubscriptionBook
from service.store.tokens import Tokenbox
from service.store.tombstones import Tombstones
from service.store.uploads import Uploads
from service.store.vitals import VitalSigns
from service.store.written import Written

T = TypeVar("T")
STATEMENT_TIMEOUT_MS = 5000
SETTINGS = (
    f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c lock_timeout=2000 "
    "-c idle_in_transaction_session_timeout=10000 -c timezone=UTC"
)
TRIES = 3
SERIALIZATION_FAILURE = "40001"
DEADLOCK = "40P01"


class Transaction:
    """The repositories over one connection; nothing but ``Store`` commits."""

    def __init__(self, connection: sqlalchemy.Connection, keyring: Keyring) -> None:
        self.connection = connection
        self.activities = Activities(connection)
        self.addresses = Addresses(connection, keyring)
        self.admins = Admins(connection, keyring)
        self.athletes = Athletes(connection, keyring)
        self.bounces = Bounces(connection, keyring)
        self.browsers = Browsers(connection)
        self.checkins = CheckIns(connection)
        self.consents = Consents(connection)
        self.diaries = Diaries(connection)
        self.guards = Guards(connection)
        self.heartbeats = Heartbeats(connection)
        self.inbox = Inbox(connection, keyring)
        self.holdings = Holdings(connection, keyring)
        self.jobs = Jobs(connection)
        self.links = Links(keyring)
        self.lists = Lists(connection)
        self.logbook = Logbook(connection)
        self.mailbox = Mailbox(connection, keyring)
        self.nights = Nights(connection)
        self.parking = Parking(connection)
        self.preferences = Preferences(connection)
        self.quarantine = Quarantine(connection)
        self.quota = Quota(connection)
        self.replies = Replies(connection)
        self.rotation = Rotation(connection, keyring)
        self.subscription = SubscriptionBook(connection)
        self.tokens = Tokenbox(connection, keyring)
        self.written = Written(connection)
        self.tombstones = Tombstones(connection, keyring)
        self.uploads = Uploads(connection)
        self.vitals = VitalSigns(connection, self.inbox, self.subscription)


class Store:
    """The door to the database."""

    def __init__(self, engine: sqlalchemy.Engine, keyring: Keyring) -> None:
        self.engine = engine
        self._keyring = keyring

    @contextlib.contextmanager
    def transaction(self, *, statement_timeout_ms: int = STATEMENT_TIMEOUT_MS) -> Iterator[Transaction]:
        """Commits at the end, rolls back on any error.

        Raises ``DatabaseUnavailable`` if there is no connection, or it was lost on the way; what was
        written may then have been committed or not, so every unit of work can be done again.
        """
        try:
            connection = self.engine.connect()
        except (OperationalError, PoolExhausted) as error:
            raise DatabaseUnavailable(
                "Postgres does not answer: check DATABASE_URL and the server"
            ) from error
        with connection:
            try:
                if statement_timeout_ms != STATEMENT_TIMEOUT_MS:
                    connection.exec_driver_sql(f"SET LOCAL statement_timeout = {int(statement_timeout_ms)}")
                yield Transaction(connection, self._keyring)
                connection.commit()
            except DBAPIError as error:
                if not error.connection_invalidated:
                    raise
                raise DatabaseUnavailable(
                    "the connection to Postgres was lost: the work is done again"
                ) from error

    def close(self) -> None:
        """Give the connections back. Using the store again opens new ones."""
        self.engine.dispose()


def open_store(dsn: str, keyring: Keyring, *, pool_size: int = 10) -> Store:
    """A store on ``dsn``; connects only when it is first used."""
    engine = engine_for(
        dsn,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=10,
        pool_pre_ping=True,
        connect_args={"options": SETTINGS, "connect_timeout": 5, "application_name": "freshlegs"},
    )
    return Store(engine, keyring)


def retrying(store: Store, work: Callable[[Transaction], T], *, within_s: float | None = None) -> T:
    """Do a whole unit of work, again on a serialization failure, a deadlock or a lost connection.

    At most three times, or as often as it takes ``within_s`` seconds; ``work`` must therefore do nothing but
    write to its transaction. Raises the last error.
    """
    attempts, timeout = (TRIES, 20.0) if within_s is None else (None, within_s)
    for attempt in stamina.retry_context(
        on=_may_pass, attempts=attempts, wait_initial=0.1, wait_max=1.0, timeout=timeout
    ):
        with attempt, store.transaction() as transaction:
            return work(transaction)
    raise AssertionError("stamina either returns or raises")  # pragma: no cover


def _may_pass(error: Exception) -> bool:
    if isinstance(error, DatabaseUnavailable):
        return True
    code = getattr(error.orig, "sqlstate", None) if isinstance(error, DBAPIError) else None
    return code in (SERIALIZATION_FAILURE, DEADLOCK)
