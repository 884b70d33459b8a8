"""Keys: bound to the row, found again after rotation, never shown."""

import os
from pathlib import Path
from uuid import uuid4

import pytest

from service.errors import DecryptionError, SettingsError
from service.store.keyring import Keyring, digest_of, new_token

OLD, NEW = b"the old secret, long enough", b"the new secret, long enough"
PLACE = {"table": "token", "column": "access_token", "row": uuid4()}


def test_what_is_sealed_opens_at_its_place() -> None:
    """Any text; the same text seals differently each time."""
    ring = Keyring.from_secret(OLD)
    one, two = ring.encrypt("tökén", **PLACE), ring.encrypt("tökén", **PLACE)
    assert ring.decrypt(one, **PLACE) == ring.decrypt(two, **PLACE) == "tökén"
    assert one != two
    assert one.startswith(f"v1.{ring.newest}.".encode())


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"row": uuid4()},  # another athlete's row
        {"column": "refresh_token"},  # another column
        {"table": "address"},  # another table
    ],
)
def test_a_moved_ciphertext_does_not_open(elsewhere: dict) -> None:
    """The place is authenticated with the text."""
    ring = Keyring.from_secret(OLD)
    sealed = ring.encrypt("token", **PLACE)
    with pytest.raises(DecryptionError):
        ring.decrypt(sealed, **{**PLACE, **elsewhere})


def test_every_altered_byte_is_noticed() -> None:
    """Header, nonce, text and tag."""
    ring = Keyring.from_secret(OLD)
    sealed = ring.encrypt("token", **PLACE)
    for position in range(len(sealed) - 1):  # the last base64 digit has bits that mean nothing
        altered = bytearray(sealed)
        altered[position] ^= 1
        with pytest.raises(DecryptionError):
            ring.decrypt(bytes(altered), **PLACE)


def test_a_key_id_cannot_be_exchanged() -> None:
    """The id of the key is authenticated too."""
    ring = Keyring({"a": b"k" * 32, "b": b"k" * 32}, b"i" * 32)
    sealed = ring.encrypt("token", **PLACE)
    with pytest.raises(DecryptionError):
        ring.decrypt(sealed.replace(b"v1.a.", b"v1.b."), **PLACE)


def test_old_keys_open_and_the_newest_seals() -> None:
    """Rotation by secrets: the newest first; look-ups stay the same."""
    old, both, new = Keyring.from_secret(OLD), Keyring.from_secret(NEW, OLD), Keyring.from_secret(NEW)
    assert both.decrypt(old.encrypt("token", **PLACE), **PLACE) == "token"
    assert new.decrypt(both.encrypt("token", **PLACE), **PLACE) == "token"
    assert both.blind_index("x") == old.blind_index("x") != new.blind_index("x")
    with pytest.raises(DecryptionError, match="connect again"):
        new.decrypt(old.encrypt("token", **PLACE), **PLACE)


def test_a_ring_does_not_show_its_keys() -> None:
    """In a traceback, say."""
    assert repr(Keyring.from_secret(NEW, OLD)) == "Keyring(2 keys)"


def test_a_file_is_made_once_and_read_again(tmp_path: Path) -> None:
    """Private, and the same ring for everyone who starts."""
    path = tmp_path / "keys" / "ring"
    made = Keyring.create(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert Keyring.create(path).newest == made.newest
    sealed = made.encrypt("token", **PLACE)
    assert Keyring.from_file(path).decrypt(sealed, **PLACE) == "token"
    assert os.listdir(path.parent) == ["ring"]


def test_a_renewed_file_opens_what_was_sealed_before(tmp_path: Path) -> None:
    """A new key goes first; the old ones and the index stay."""
    path = tmp_path / "ring"
    old = Keyring.create(path)
    oldest, sealed = old.newest, old.encrypt("token", **PLACE)
    new = Keyring.renew(path)
    assert new.newest != oldest
    assert new.decrypt(sealed, **PLACE) == "token"
    assert new.blind_index("x") == old.blind_index("x")
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_process_that_runs_follows_the_file(tmp_path: Path) -> None:
    """It opens what was sealed with a key that came after its start, and seals with it, too."""
    path = tmp_path / "ring"
    running = Keyring.create(path)
    before = running.encrypt("token", **PLACE)
    renewed = Keyring.renew(path)
    assert running.decrypt(renewed.encrypt("token", **PLACE), **PLACE) == "token"
    assert running.encrypt("token", **PLACE).startswith(f"v1.{renewed.newest}.".encode())
    assert running.newest == renewed.newest
    assert running.decrypt(before, **PLACE) == "token"


def test_a_process_that_runs_does_not_follow_a_broken_file(tmp_path: Path) -> None:
    """Emptied, taken away, or another ring altogether: what was read at the start goes on."""
    path, other = tmp_path / "ring", tmp_path / "other"
    running = Keyring.create(path)
    sealed = running.encrypt("token", **PLACE)
    path.write_text("")
    assert running.decrypt(sealed, **PLACE) == "token"
    path.unlink()
    assert running.decrypt(sealed, **PLACE) == "token"
    Keyring.create(other)
    other.rename(path)
    assert running.decrypt(running.encrypt("token", **PLACE), **PLACE) == "token"
    assert running.decrypt(sealed, **PLACE) == "token"


@pytest.mark.parametrize(
    ("body", "mode", "message"),
    [
        ("", 0o600, "at least one key"),  # empty
        ("index " + "A" * 43 + "=\n", 0o600, "at least one key"),  # nothing to encrypt with
        ("k1 " + "A" * 43 + "=\n", 0o600, "every key 32 bytes"),  # no index key
        ("# made by hand\n\nk1 short\n", 0o600, r"ring:3 is not"),  # too short, with its line
        ("k1\n", 0o600, r"ring:1 is not"),  # no key
        ("k1 " + "A" * 43 + "=\n", 0o644, "chmod 600"),  # others may read it
    ],
)
def test_an_unusable_file_is_refused(tmp_path: Path, body: str, mode: int, message: str) -> None:
    """At start, with what to do."""
    path = tmp_path / "ring"
    path.write_text(body)
    path.chmod(mode)
    with pytest.raises(SettingsError, match=message):
        Keyring.from_file(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """A keyring is never made in passing where one was expected."""
    with pytest.raises(SettingsError, match="cannot be read"):
        Keyring.from_file(tmp_path / "ring")


@pytest.mark.parametrize("secrets", [(), (b"short",), (OLD, b"short")])
def test_a_weak_secret_is_refused(secrets: tuple[bytes, ...]) -> None:
    """Sixteen bytes at least, each of them."""
    with pytest.raises(SettingsError, match="16 bytes"):
        Keyring.from_secret(*secrets)


def test_tokens_are_random_and_stored_as_digests() -> None:
    """256 bits each."""
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert all(len(token) == 43 for token in tokens)
    assert len({digest_of(token) for token in tokens}) == 100
