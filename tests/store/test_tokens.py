"""Grants at rest: sealed to their row, and refreshed by one worker at a time."""

from threading import Event, Thread
from uuid import UUID, uuid4

import pytest

from service.domain.grant import Tokens
from service.errors import DecryptionError
from service.store.session import Store
from tests.store.samples import HOUR, NOW, SCOPES

FIRST = Tokens("access-canary-1", "refresh-canary-1", NOW + 6 * HOUR)
SECOND = Tokens("access-canary-2", "refresh-canary-2", NOW + 12 * HOUR)


def test_tokens_come_back_and_are_replaced(store: Store, athlete: UUID) -> None:
    """The newest pair counts."""
    with store.transaction() as tx:
        assert tx.tokens.get(athlete) is None
        tx.tokens.put(athlete, FIRST)
        assert tx.tokens.get(athlete) == FIRST
        tx.tokens.put(athlete, SECOND)
        assert tx.tokens.get(athlete, lock=True) == SECOND
        assert tx.tokens.get(uuid4()) is None


def test_nothing_readable_lies_in_the_table(store: Store, athlete: UUID) -> None:
    """A stolen dump holds no token."""
    with store.transaction() as tx:
        tx.tokens.put(athlete, FIRST)
        row = tx.connection.exec_driver_sql("SELECT * FROM token").one()
    assert "canary" not in repr(tuple(row))


@pytest.mark.parametrize(
    "move",
    [
        "UPDATE token SET access_token = (SELECT access_token FROM token WHERE athlete_id <> %(mine)s)"
        " WHERE athlete_id = %(mine)s",  # from another athlete's row
        "UPDATE token SET access_token = refresh_token WHERE athlete_id = %(mine)s",  # from another column
        "UPDATE token SET access_token = set_byte(access_token, 40, 0)"
        " WHERE athlete_id = %(mine)s",  # altered
        "UPDATE token SET access_token = 'v1.gone.AAAA.AAAA' WHERE athlete_id = %(mine)s",  # its key is gone
        "UPDATE token SET access_token = 'nonsense' WHERE athlete_id = %(mine)s",  # never ours
    ],
)
def test_a_moved_or_altered_token_does_not_decrypt(store: Store, athlete: UUID, move: str) -> None:
    """A ciphertext is good at the place it was made for and nowhere else."""
    with store.transaction() as tx:
        other = tx.athletes.connect(8, SCOPES, "UTC", NOW).id
        tx.tokens.put(athlete, FIRST)
        tx.tokens.put(other, SECOND)
        tx.connection.exec_driver_sql(move, {"mine": athlete})
        with pytest.raises(DecryptionError, match=r"token\.access_token"):
            tx.tokens.get(athlete)


def test_a_refresh_makes_the_next_one_wait(store: Store, athlete: UUID) -> None:
    """The second worker gets the row only after the first has committed, and finds the new pair there."""
    with store.transaction() as tx:
        tx.tokens.put(athlete, FIRST)
    locked, seen = Event(), []

    def refresh() -> None:
        with store.transaction() as tx:
            assert tx.tokens.get(athlete, lock=True) == FIRST
            locked.set()
            waiter.start()
            waiter.join(0.1)
            tx.tokens.put(athlete, SECOND)

    def wait() -> None:
        with store.transaction() as tx:
            seen.append(tx.tokens.get(athlete, lock=True))

    waiter, worker = Thread(target=wait), Thread(target=refresh)
    worker.start()
    locked.wait()
    worker.join()
    waiter.join()
    assert seen == [SECOND]
