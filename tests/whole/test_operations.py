"""What operators do, on a store that is open."""

import pytest

from service.domain.grant import Tokens
from service.errors import InputError
from service.operations import SHORTEST_PASSWORD, add_admin_to, reencrypt
from service.store.keyring import Keyring
from service.store.session import open_store
from service.web.admin_login import HASHER
from tests.store.samples import NOW, SCOPES

PASSWORD = "twenty easy kilometres"


def test_an_admin_is_added_and_later_given_a_new_password(store):
    """Adding twice is how a password is changed."""
    assert add_admin_to(store, "ada", PASSWORD, "viewer", NOW) == "ada may look at /admin"
    assert "new password" in add_admin_to(store, "ada", PASSWORD + "!", "viewer", NOW)
    with store.transaction() as tx:
        assert HASHER.verify(PASSWORD + "!", tx.admins.by_name("ada").password_hash)


@pytest.mark.parametrize(
    ("name", "password", "role", "said"),
    [
        ("ada", PASSWORD, "king", "no role 'king'"),  # a role nobody knows
        ("  ", PASSWORD, "viewer", "needs a name"),  # no name
        ("a" * 101, PASSWORD, "viewer", "needs a name"),  # a novel
        ("ada", "p" * (SHORTEST_PASSWORD - 1), "viewer", "too short"),  # length is what helps
    ],
)
def test_an_admin_that_cannot_be_is_refused(store, name, password, role, said):
    """The message says what to change, and shows no password."""
    with pytest.raises(InputError, match=said) as refusal:
        add_admin_to(store, name, password, role, NOW)
    assert password not in str(refusal.value)


class TestRotation:
    """A new key first; every row is brought over; the older keys may go."""

    @pytest.fixture
    def ring(self, tmp_path):
        Keyring.create(tmp_path / "ring")
        return tmp_path / "ring"

    def opened(self, database_url, ring):
        return open_store(database_url, Keyring.from_file(ring))

    def filled(self, store, athletes=3):
        """Athletes with tokens and an address."""
        ids = []
        with store.transaction() as tx:
            for number in range(athletes):
                athlete = tx.athletes.connect(number, SCOPES, "UTC", NOW)
                tx.tokens.put(athlete.id, Tokens(f"access {number}", f"refresh {number}", NOW))
                tx.addresses.confirm(tx.addresses.propose(athlete.id, f"{number}@example.org", NOW), NOW)
                ids.append(athlete.id)
        return ids

    def without_older_keys(self, ring):
        """The file as an operator leaves it: the first key and the index."""
        lines = [line for line in ring.read_text().splitlines() if line and not line.startswith("#")]
        ring.write_text("\n".join([lines[0], *(line for line in lines if line.startswith("index "))]) + "\n")

    def test_every_row_is_brought_over_in_batches(self, database_url, ring):
        """Afterwards the new key alone opens everything."""
        before = self.opened(database_url, ring)
        ids = self.filled(before)
        before.close()
        Keyring.renew(ring)
        between = self.opened(database_url, ring)
        assert reencrypt(between, batch=2) == (6, 0)
        between.close()
        self.without_older_keys(ring)
        after = self.opened(database_url, ring)
        with after.transaction() as tx:
            assert [tx.tokens.get(each).refresh_token for each in ids] == [
                "refresh 0",
                "refresh 1",
                "refresh 2",
            ]
            assert [tx.addresses.confirmed(each) for each in ids] == [f"{n}@example.org" for n in range(3)]
        after.close()

    def test_a_row_in_use_is_left_and_said(self, database_url, ring):
        """A refresh that is running keeps its row; its key must stay in the ring."""
        store = self.opened(database_url, ring)
        ids = self.filled(store, athletes=2)
        Keyring.renew(ring)
        newer = self.opened(database_url, ring)
        with store.transaction() as tx:
            tx.tokens.get(ids[0], lock=True)
            assert reencrypt(newer) == (3, 1)
        assert reencrypt(newer) == (1, 0)
        newer.close()
        store.close()

    def test_twice_is_harmless(self, database_url, ring):
        """Nothing is left to do."""
        store = self.opened(database_url, ring)
        self.filled(store)
        assert reencrypt(store) == (0, 0)
        store.close()
