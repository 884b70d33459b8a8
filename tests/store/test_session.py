"""Units of work: all or nothing, again where it may help, and a plain word when there is no database."""

import psycopg
import pytest
import sqlalchemy
import stamina
from sqlalchemy.exc import IntegrityError, OperationalError

from service.errors import DatabaseUnavailable
from service.store.session import Store, Transaction, open_store, retrying
from tests.fixtures_postgres import keyring
from tests.store.samples import NOW, SCOPES


@pytest.fixture(autouse=True)
def _without_waiting():
    """As many tries as in earnest, without the pauses."""
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


def test_an_error_rolls_everything_back(store: Store) -> None:
    """Half a unit of work is none."""

    def work(tx: Transaction) -> None:
        tx.athletes.connect(7, SCOPES, "UTC", NOW)
        raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError), store.transaction() as tx:
        work(tx)
    with store.transaction() as tx:
        assert tx.athletes.all() == []


def test_limits_are_set_on_every_connection(store: Store) -> None:
    """No statement runs, waits or idles without end; a unit of work may ask for more time."""

    def limits(tx: Transaction) -> list[str]:
        names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "timezone")
        return [tx.connection.exec_driver_sql(f"SHOW {name}").scalar_one() for name in names]

    with store.transaction() as tx:
        assert limits(tx) == ["5s", "2s", "10s", "UTC"]
    with store.transaction(statement_timeout_ms=60_000) as tx:
        assert limits(tx)[0] == "1min"
    with store.transaction() as tx:
        assert limits(tx)[0] == "5s"


def test_a_statement_that_takes_too_long_is_ended(store: Store) -> None:
    """Within the limit asked for."""
    with pytest.raises(OperationalError, match="timeout"), store.transaction(statement_timeout_ms=50) as tx:
        tx.connection.exec_driver_sql("SELECT pg_sleep(1)")


def test_a_row_lock_is_not_waited_for_without_end(store: Store, database_url: str) -> None:
    """Somebody else's lock is an error after ``lock_timeout``."""
    with store.transaction() as tx:
        athlete = tx.athletes.connect(7, SCOPES, "UTC", NOW).id
    with store.transaction() as holder:
        holder.athletes.set_scopes(athlete, SCOPES)
        with store.transaction() as tx:
            tx.connection.exec_driver_sql("SET LOCAL lock_timeout = '20ms'")
            with pytest.raises(OperationalError, match="lock timeout"):
                tx.athletes.set_scopes(athlete, SCOPES)
            tx.connection.rollback()


def test_no_database_is_said_plainly() -> None:
    """Not a driver's error, and without the password that stands in the URL."""
    nowhere = open_store("postgresql://u:canary@127.0.0.1:1/x?connect_timeout=2", keyring())
    with pytest.raises(DatabaseUnavailable, match="DATABASE_URL") as raised, nowhere.transaction():
        pass
    assert "canary" not in str(raised.value)


def test_an_exhausted_pool_is_no_database(database_url: str) -> None:
    """All connections busy for too long looks the same to the caller."""
    small = open_store(database_url, keyring(), pool_size=1)
    small.engine.pool._timeout = 0.05  # type: ignore[attr-defined]
    with small.transaction(), pytest.raises(DatabaseUnavailable), small.transaction():
        pass
    small.close()


def test_a_lost_connection_is_told_and_healed(store: Store) -> None:
    """The unit of work fails as ``DatabaseUnavailable``; the next one gets a new connection."""

    def work(tx: Transaction) -> None:
        terminate(tx)
        tx.athletes.all()

    with pytest.raises(DatabaseUnavailable, match="lost"), store.transaction() as tx:
        work(tx)
    with store.transaction() as tx:
        assert tx.athletes.all() == []


def test_a_lost_connection_is_tried_again(store: Store) -> None:
    """The whole unit of work, not the statement that failed."""
    calls = []

    def work(tx: Transaction) -> int:
        calls.append(tx)
        athlete = tx.athletes.connect(7, SCOPES, "UTC", NOW)
        if len(calls) == 1:
            terminate(tx)
        tx.athletes.set_scopes(athlete.id, SCOPES)
        return len(tx.athletes.all())

    assert retrying(store, work) == 1
    assert len(calls) == 2


@pytest.mark.parametrize("code", ["40001", "40P01"])  # serialization failure, deadlock
def test_a_conflict_is_tried_again_three_times(store: Store, code: str) -> None:
    """Then the error comes out."""
    calls = []

    def work(tx: Transaction) -> None:
        calls.append(tx)
        raise_sql(tx, code)

    with pytest.raises(sqlalchemy.exc.DBAPIError):
        retrying(store, work)
    assert len(calls) == 3


@pytest.mark.parametrize(
    "fail",
    [
        lambda tx: raise_sql(tx, "23505"),  # a unique key: the same again tomorrow
        lambda tx: 1 / 0,  # a defect
    ],
)
def test_other_errors_are_not_tried_again(store: Store, fail) -> None:
    """Doing the same again would not help."""
    calls = []

    def work(tx: Transaction) -> None:
        calls.append(tx)
        fail(tx)

    with pytest.raises((IntegrityError, ZeroDivisionError)):
        retrying(store, work)
    assert len(calls) == 1


def test_errors_do_not_show_parameters(store: Store) -> None:
    """A parameter may be an address."""
    with pytest.raises(OperationalError) as raised, store.transaction(statement_timeout_ms=20) as tx:
        tx.connection.execute(sqlalchemy.text("SELECT pg_sleep(1), :secret"), {"secret": "canary"})
    assert "canary" not in str(raised.value)


def terminate(tx: Transaction) -> None:
    """Break the connection of ``tx``, as a database that restarts does."""
    pid = tx.connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    url = tx.connection.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [pid])


def raise_sql(tx: Transaction, code: str) -> None:
    tx.connection.exec_driver_sql(f"DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '{code}'; END $$")
