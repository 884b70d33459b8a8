"""Sessions and OAuth states: opaque outside, digests inside, single use where it matters."""

from datetime import timedelta
from uuid import UUID

from service.store.session import Store
from tests.store.samples import HOUR, NOW

MINUTE = timedelta(minutes=1)


def test_a_session_knows_its_subject(store: Store, athlete: UUID) -> None:
    """Athlete, admin or nobody yet."""
    with store.transaction() as tx:
        admin = tx.admins.add("ada", "hash", "admin", NOW)
        for kind, subject in (("athlete", athlete), ("admin", admin), ("visitor", None)):
            session = tx.browsers.get(tx.browsers.start(kind, subject, NOW, 60, 600), NOW)
            assert session is not None
            assert (session.kind, session.subject, session.started_at) == (kind, subject, NOW)
        assert tx.browsers.get("invented", NOW) is None


def test_a_session_ends_when_idle(store: Store) -> None:
    """Each visit begins the idle time anew."""
    with store.transaction() as tx:
        token = tx.browsers.start("visitor", None, NOW, 600, 36_000)
        assert tx.browsers.get(token, NOW + 9 * MINUTE)
        assert tx.browsers.get(token, NOW + 18 * MINUTE)
        assert tx.browsers.get(token, NOW + 28 * MINUTE) is None


def test_a_session_ends_absolutely(store: Store) -> None:
    """However often it is visited."""
    with store.transaction() as tx:
        token = tx.browsers.start("visitor", None, NOW, 600, 900)
        assert tx.browsers.get(token, NOW + 8 * MINUTE)
        assert tx.browsers.get(token, NOW + 15 * MINUTE) is None


def test_login_gives_a_new_token(store: Store, athlete: UUID) -> None:
    """A token planted before login is worth nothing after it."""
    with store.transaction() as tx:
        planted = tx.browsers.start("visitor", None, NOW, 60, 600)
        fresh = tx.browsers.promote(planted, "athlete", athlete, NOW, 60, 600)
        assert tx.browsers.get(planted, NOW) is None
        session = tx.browsers.get(fresh, NOW)
    assert session is not None
    assert session.subject == athlete


def test_logging_out_ends_it(store: Store, athlete: UUID) -> None:
    """Here or everywhere; twice is no error."""
    with store.transaction() as tx:
        tokens = [tx.browsers.start("athlete", athlete, NOW, 60, 600) for _ in range(3)]
        tx.browsers.end(tokens[0])
        tx.browsers.end(tokens[0])
        assert tx.browsers.get(tokens[0], NOW) is None
        assert tx.browsers.end_all(athlete) == 2
        assert tx.browsers.get(tokens[1], NOW) is None


def test_a_visitors_consent_is_remembered(store: Store) -> None:
    """Until there is an athlete to hang it on."""
    with store.transaction() as tx:
        token = tx.browsers.start("visitor", None, NOW, 60, 600)
        tx.browsers.consented(token, "2026-11", NOW)
        session = tx.browsers.get(token, NOW)
    assert session is not None
    assert (session.consent_version, session.consent_at) == ("2026-11", NOW)


def test_a_state_comes_back_once(store: Store) -> None:
    """To the browser it was given to, within ten minutes."""
    with store.transaction() as tx:
        state = tx.browsers.put_state("mine", NOW)
        assert tx.browsers.take_state(state, "mine", NOW + 9 * MINUTE)
        assert not tx.browsers.take_state(state, "mine", NOW)


def test_a_state_is_used_up_whatever_the_result(store: Store) -> None:
    """Wrong browser or too late: the right one does not get a second try."""
    with store.transaction() as tx:
        stolen, late = tx.browsers.put_state("mine", NOW), tx.browsers.put_state("mine", NOW)
        assert not tx.browsers.take_state(stolen, "other", NOW)
        assert not tx.browsers.take_state(stolen, "mine", NOW)
        assert not tx.browsers.take_state(late, "mine", NOW + 10 * MINUTE)
        assert not tx.browsers.take_state("invented", "mine", NOW)


def test_spent_sessions_are_purged(store: Store) -> None:
    """Idle, over, and unused states; living ones stay."""
    with store.transaction() as tx:
        living = tx.browsers.start("visitor", None, NOW, 7200, 7200)
        tx.browsers.start("visitor", None, NOW, 60, 7200)
        tx.browsers.start("visitor", None, NOW, 7200, 3600)
        tx.browsers.put_state(living, NOW)
        assert tx.browsers.purge(NOW + HOUR) == 3
        assert tx.browsers.get(living, NOW + HOUR)


def test_no_token_lies_in_the_tables(store: Store) -> None:
    """Only digests."""
    with store.transaction() as tx:
        token = tx.browsers.start("visitor", None, NOW, 60, 600)
        state = tx.browsers.put_state(token, NOW)
        dump = repr(
            tx.connection.exec_driver_sql(
                "SELECT b::text, o::text FROM browser_session b, oauth_state o"
            ).all()
        )
    for secret in (token, state):
        assert secret not in dump
        assert secret.encode().hex() not in dump
