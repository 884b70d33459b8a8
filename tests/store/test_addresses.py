"""Addresses: double opt-in, one-click opt-out, and never in the clear."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy.exc import IntegrityError

from service.domain.night import MailKind
from service.store.session import Store
from tests.store.samples import HOUR, NOW, SCOPES

ADDRESS = "Runner@Example.org"


def test_an_address_counts_once_its_reader_confirms(store: Store, athlete: UUID) -> None:
    """Proposed, then confirmed by the token from the mail."""
    with store.transaction() as tx:
        assert (tx.addresses.confirmed(athlete), tx.addresses.pending(athlete)) == (None, False)
        token = tx.addresses.propose(athlete, ADDRESS, NOW)
        assert (tx.addresses.confirmed(athlete), tx.addresses.pending(athlete)) == (None, True)
        assert tx.addresses.confirm(token, NOW + HOUR) == athlete
        assert (tx.addresses.confirmed(athlete), tx.addresses.pending(athlete)) == (ADDRESS, False)


def test_a_token_works_once_and_not_for_ever(store: Store, athlete: UUID) -> None:
    """Used, expired or invented tokens confirm nothing."""
    with store.transaction() as tx:
        token = tx.addresses.propose(athlete, ADDRESS, NOW)
        assert tx.addresses.confirm(token, NOW + timedelta(hours=72)) is None
        assert tx.addresses.confirm(token, NOW + timedelta(hours=71)) == athlete
        assert tx.addresses.confirm(token, NOW) is None
        assert tx.addresses.confirm("invented", NOW) is None


def test_a_new_proposal_leaves_the_old_address_in_use(store: Store, athlete: UUID) -> None:
    """Until it is confirmed; and the first proposal's token is void."""
    with store.transaction() as tx:
        tx.addresses.confirm(tx.addresses.propose(athlete, ADDRESS, NOW), NOW)
        void = tx.addresses.propose(athlete, "second@example.org", NOW)
        token = tx.addresses.propose(athlete, "third@example.org", NOW)
        assert tx.addresses.confirm(void, NOW) is None
        assert tx.addresses.confirmed(athlete) == ADDRESS
        assert tx.addresses.confirm(token, NOW) == athlete
        assert tx.addresses.confirmed(athlete) == "third@example.org"


def test_the_unsubscribe_token_stays_the_same(store: Store, athlete: UUID) -> None:
    """A link in a mail of last year still works; it exists before any address does."""
    with store.transaction() as tx:
        other = tx.athletes.connect(8, SCOPES, "UTC", NOW).id
        token = tx.addresses.unsubscribe_token(athlete)
        tx.addresses.confirm(tx.addresses.propose(athlete, ADDRESS, NOW), NOW)
        assert tx.addresses.unsubscribe_token(athlete) == token
        assert tx.addresses.unsubscribe_token(other) != token
        assert tx.addresses.by_unsubscribe_token(token) == athlete
        assert tx.addresses.by_unsubscribe_token("forged") is None


def test_nobody_unsubscribes_a_stranger(store: Store) -> None:
    """There is no token for an athlete who does not exist."""
    with pytest.raises(IntegrityError), store.transaction() as tx:
        tx.addresses.unsubscribe_token(uuid4())


def test_mail_is_wanted_until_switched_off(store: Store, athlete: UUID) -> None:
    """Per kind; answers to the athlete's own doing always go out."""
    with store.transaction() as tx:
        assert tx.addresses.wants(athlete, MailKind.WARNING)
        for _ in range(2):
            tx.addresses.set_mail(athlete, MailKind.WARNING, on=False)
        tx.addresses.set_mail(athlete, MailKind.CONFIRM_ADDRESS, on=False)
        assert not tx.addresses.wants(athlete, MailKind.WARNING)
        assert tx.addresses.wants(athlete, MailKind.RECONNECT)
        assert tx.addresses.wants(athlete, MailKind.CONFIRM_ADDRESS)
        tx.addresses.set_mail(athlete, MailKind.WARNING, on=True)
        assert tx.addresses.wants(athlete, MailKind.WARNING)


def test_a_suppressed_address_stays_so_after_erasure(store: Store, athlete: UUID) -> None:
    """It is known by its blind index, whatever the spelling of its case."""
    with store.transaction() as tx:
        tx.addresses.suppress(ADDRESS, "hard_bounce", NOW)
        tx.addresses.suppress(ADDRESS, "complaint", NOW)
        tx.athletes.forget(athlete)
        assert tx.addresses.is_suppressed(" runner@example.ORG")
        assert not tx.addresses.is_suppressed("other@example.org")


def test_nothing_readable_lies_in_the_tables(store: Store, athlete: UUID) -> None:
    """Neither address nor token, confirmed, pending or suppressed."""
    with store.transaction() as tx:
        tokens = [tx.addresses.propose(athlete, ADDRESS, NOW), tx.addresses.unsubscribe_token(athlete)]
        tx.addresses.confirm(tokens[0], NOW)
        tokens.append(tx.addresses.propose(athlete, ADDRESS, NOW))
        tx.addresses.suppress(ADDRESS, "hard_bounce", NOW)
        rows = tx.connection.exec_driver_sql("SELECT a, s FROM address a, suppression s").all()
        dump = bytes(repr(rows), "utf8") + b"".join(
            value
            for row in tx.connection.exec_driver_sql("SELECT * FROM address")
            for value in row
            if isinstance(value, bytes)
        )
    assert b"xample" not in dump
    assert not any(token.encode() in dump for token in tokens)
