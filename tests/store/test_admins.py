"""Admins and the throttle."""

from datetime import timedelta
from threading import Barrier, Thread
from uuid import uuid4

from service.store.session import Store
from tests.store.samples import HOUR, NOW


def test_an_admin_is_found_by_name(store: Store) -> None:
    """Names are unique; the hash does not show in logs."""
    with store.transaction() as tx:
        ada = tx.admins.add("ada", "argon2-canary", "admin", NOW)
        assert ada is not None
        assert tx.admins.add("ada", "other", "admin", NOW) is None
        found = tx.admins.by_name("ada")
        assert tx.admins.get(ada) == found
        assert tx.admins.all() == [found]
        assert (tx.admins.by_name("bob"), tx.admins.get(uuid4())) == (None, None)
    assert found is not None
    assert (found.id, found.password_hash, found.role, found.disabled_at) == (
        ada,
        "argon2-canary",
        "admin",
        None,
    )
    assert "canary" not in repr(found)


def test_a_disabled_admin_is_out_at_once(store: Store) -> None:
    """Sessions end with the account, also one that begins afterwards."""
    with store.transaction() as tx:
        ada = tx.admins.add("ada", "hash", "admin", NOW)
        before = tx.browsers.start("admin", ada, NOW, 60, 600)
        assert tx.admins.disable("ada", NOW)
        after = tx.browsers.start("admin", ada, NOW, 60, 600)
        assert tx.browsers.get(before, NOW) is None
        assert tx.browsers.get(after, NOW) is None
        assert not tx.admins.disable("bob", NOW)


def test_a_new_password_ends_sessions(store: Store) -> None:
    """Whoever had the old one is out."""
    with store.transaction() as tx:
        token = tx.browsers.start("admin", tx.admins.add("ada", "old", "admin", NOW), NOW, 60, 600)
        assert tx.admins.set_password("ada", "new")
        assert not tx.admins.set_password("bob", "new")
        assert tx.browsers.get(token, NOW) is None
        found = tx.admins.by_name("ada")
    assert found is not None
    assert found.password_hash == "new"


def test_the_throttle_counts_per_key_and_window(store: Store) -> None:
    """The limit holds until the window ends, then begins anew; other keys are not touched."""
    with store.transaction() as tx:
        assert [tx.admins.allow("login ip", 2, 3600, NOW) for _ in range(4)] == [True, True, False, False]
        assert tx.admins.allow("other", 2, 3600, NOW)
        assert not tx.admins.allow("login ip", 2, 3600, NOW + timedelta(minutes=59))
        assert tx.admins.allow("login ip", 2, 3600, NOW + HOUR)
        assert tx.admins.purge(NOW + HOUR) == 1
        assert "login" not in repr(
            tx.connection.exec_driver_sql("SELECT convert_from(key, 'latin1') FROM throttle").all()
        )


def test_the_throttle_is_exact_under_threads(store: Store) -> None:
    """Eight at once, six tries each, a limit of ten: exactly ten pass."""
    barrier, passed = Barrier(8), []

    def knock() -> None:
        barrier.wait()
        for _ in range(6):
            with store.transaction() as tx:
                passed.append(tx.admins.allow("login", 10, 3600, NOW))

    threads = [Thread(target=knock) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(passed), sum(passed)) == (48, 10)
