"""Key rotation: everything sealed reaches the newest key, and the old one may go."""

from uuid import UUID

import pytest
from sqlalchemy import LargeBinary

from service.domain.grant import Tokens
from service.domain.night import MailKind
from service.errors import DecryptionError
from service.store.keyring import Keyring
from service.store.rotation import SEALED
from service.store.session import Store
from service.store.tables import Base
from tests.store.samples import NOW, SCOPES, TODAY, letter

OLD, NEW = b"the old secret, long enough", b"the new secret, long enough"
NOT_SEALED = {
    "summary_digest", "detail_digest", "chart_png", "pending_digest", "unsubscribe_digest", "token_digest",
    "state_digest", "session_digest", "address_index", "strava_index", "key", "updates_index",
    "verify_digest", "content", "days", "sessions", "answers",
}  # fmt: skip


@pytest.fixture
def old(store: Store) -> Store:
    return Store(store.engine, Keyring.from_secret(OLD))


def fill(store: Store, number: int) -> tuple[UUID, str]:
    with store.transaction() as tx:
        athlete = tx.athletes.connect(number, SCOPES, "UTC", NOW).id
        tx.tokens.put(athlete, Tokens("access", "refresh", NOW))
        tx.addresses.confirm(tx.addresses.propose(athlete, "one@example.org", NOW), NOW)
        pending = tx.addresses.propose(athlete, "two@example.org", NOW)
        tx.addresses.unsubscribe_token(athlete)
        confirm, message_id = MailKind.CONFIRM_ADDRESS, f"<{number}@x.test>"
        tx.mailbox.put(athlete, confirm, TODAY, letter(), message_id, NOW, address="two@example.org")
    return athlete, pending


def test_rotation_reaches_every_row(old: Store) -> None:
    """In batches; then the old key may be taken out and everything still opens."""
    athletes = [fill(old, number) for number in range(5)]
    both = Store(old.engine, Keyring.from_secret(NEW, OLD))
    with both.transaction() as tx:
        assert tx.rotation.remaining() == 15
    done = []
    while not done or done[-1]:
        with both.transaction() as tx:
            done.append(tx.rotation.step(limit=2))
    assert done == [6, 6, 3, 0]
    with both.transaction() as tx:
        assert tx.rotation.remaining() == 0
    with Store(old.engine, both_without_old()).transaction() as tx:
        for athlete, pending in athletes:
            assert tx.tokens.get(athlete) == Tokens("access", "refresh", NOW)
            assert tx.addresses.confirmed(athlete) == "one@example.org"
            assert tx.addresses.unsubscribe_token(athlete)
            assert tx.addresses.confirm(pending, NOW) == athlete
            outgoing = tx.mailbox.take(tx.mailbox.many(athlete_id=athlete)[0].id, NOW)
            assert outgoing is not None
            assert outgoing.recipient == "two@example.org"


def both_without_old() -> Keyring:
    """The ring after rotation: the new key, and the index key of before."""
    both = Keyring.from_secret(NEW, OLD)
    return Keyring({both.newest: both._keys[both.newest]}, both._index_key)


def test_a_lost_key_is_said(old: Store) -> None:
    """Rotation never throws away what it cannot open."""
    fill(old, 1)
    with Store(old.engine, Keyring.from_secret(NEW)).transaction() as tx, pytest.raises(DecryptionError):
        tx.rotation.step()


def test_no_sealed_column_is_left_out() -> None:
    """A new binary column must be named here or rotated."""
    binary = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.c
        if isinstance(column.type, LargeBinary) and column.name not in NOT_SEALED
    }
    assert binary == {f"{key.class_.__tablename__}.{c.key}" for key, columns in SEALED for c in columns}
