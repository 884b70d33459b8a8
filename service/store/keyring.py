"""Keys at rest: AES-256-GCM bound to the row, and an HMAC for look-up.

A ciphertext is ``v1.<key id>.<nonce>.<ciphertext>`` (base64url) and decrypts only at the table, column
and row it was made for. The ring's newest key encrypts, all of them decrypt. The index key never changes:
look-ups, tombstones and suppressions made years ago must still be found. A ring from a file is read again
when the file has changed, so that keys are renewed under processes that run.
"""

import base64
import contextlib
import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from service.errors import DecryptionError, SettingsError

KEY_BYTES = 32
NONCE_BYTES = 12
INDEX = "index"
HEADER = "# freshlegs keyring, newest key first. Losing this file loses every token and address.\n"


class Keyring:
    """Keys by id, newest first, and the index key. Its repr shows neither."""

    def __init__(self, keys: Mapping[str, bytes], index_key: bytes) -> None:
        """Raises ``SettingsError`` if there is no key or one is not 32 bytes long."""
        if not keys or any(len(key) != KEY_BYTES for key in (*keys.values(), index_key)):
            raise SettingsError("a keyring needs at least one key, and every key 32 bytes: make one anew")
        self._keys = dict(keys)
        self._index_key = index_key
        self._path: Path | None = None
        self._mark: tuple[int, int] | None = None

    def __repr__(self) -> str:
        return f"Keyring({len(self._keys)} keys)"

    @property
    def newest(self) -> str:
        """The id of the key that encrypts."""
        return next(iter(self._current()))

    def _current(self) -> dict[str, bytes]:
        """The keys by now. A file that has become unusable, or somebody else's, is not followed."""
        if self._path is not None and (mark := _mark(self._path)) not in (None, self._mark):
            with contextlib.suppress(SettingsError):
                found = type(self).from_file(self._path)
                if found._index_key == self._index_key:
                    self._keys = found._keys  # one assignment: other threads see the old keys or the new ones
            self._mark = mark
        return self._keys

    @classmethod
    def from_secret(cls, *newest_first: bytes) -> Self:
        """A ring derived from secrets of at least 16 bytes; the last, oldest one gives the index key."""
        if not newest_first or any(len(secret) < 16 for secret in newest_first):
            raise SettingsError("the secret must have at least 16 bytes: `openssl rand -base64 32` makes one")
        keys = {}
        for secret in newest_first:
            key = _derived(secret, b"freshlegs encryption")
            keys[hashlib.sha256(key).hexdigest()[:8]] = key
        return cls(keys, _derived(newest_first[-1], b"freshlegs index"))

    @classmethod
    def from_file(cls, path: Path) -> Self:
        """Read ``<id> <base64 key>`` lines. Raises ``SettingsError`` naming the file and what is wrong."""
        mark = _mark(path)  # taken before reading: a file that changes meanwhile is read again
        try:
            if path.stat().st_mode & 0o077:
                raise SettingsError(f"{path} can be read by others: run `chmod 600 {path}`")
            lines = path.read_text().splitlines()
        except OSError as error:
            raise SettingsError(f"the keyring {path} cannot be read: {error.strerror}") from None
        keys = {}
        for number, line in enumerate(lines, start=1):
            words = line.split()
            if not words or words[0].startswith("#"):
                continue
            keys[words[0]] = _key(words, path, number)
        index_key = keys.pop(INDEX, b"")
        ring = cls(keys, index_key)
        ring._path, ring._mark = path, mark
        return ring

    @classmethod
    def create(cls, path: Path) -> Self:
        """Write a new ring to ``path`` (0600) unless there is one, and read it."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        body = HEADER + _line(secrets.token_hex(4)) + _line(INDEX)
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        _write(temporary, body)
        try:
            os.link(temporary, path)  # of two processes that start together, one wins
        except FileExistsError:
            pass
        finally:
            temporary.unlink()
        return cls.from_file(path)

    @classmethod
    def renew(cls, path: Path) -> Self:
        """Put a new key before the others; the old ones stay until nothing is encrypted with them."""
        cls.from_file(path)
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        _write(temporary, HEADER + _line(secrets.token_hex(4)) + path.read_text().removeprefix(HEADER))
        temporary.replace(path)
        return cls.from_file(path)

    def encrypt(self, plain: str, *, table: str, column: str, row: object) -> bytes:
        """Encrypt for one place; ``row`` is its key (a UUID)."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        newest, key = next(iter(self._current().items()))
        sealed = AESGCM(key).encrypt(nonce, plain.encode(), _place(table, column, row, newest))
        return b".".join((b"v1", newest.encode(), _text(nonce), _text(sealed)))

    def decrypt(self, sealed: bytes, *, table: str, column: str, row: object) -> str:
        """The inverse. Raises ``DecryptionError`` if moved, altered, or its key is gone."""
        try:
            version, kid, nonce, body = sealed.split(b".")
            key = self._current()[kid.decode()]
            place = _place(table, column, row, kid.decode())
            if version != b"v1":
                raise ValueError(version)
            return AESGCM(key).decrypt(_bytes(nonce), _bytes(body), place).decode()
        except (ValueError, KeyError, InvalidTag):
            raise DecryptionError(
                f"{table}.{column} of a row does not decrypt: restore its key to the keyring, "
                "or ask the athlete to connect again"
            ) from None

    def blind_index(self, value: str) -> bytes:
        """HMAC-SHA256 of ``value``, to find what may not be read."""
        return hmac.digest(self._index_key, value.encode(), "sha256")

    def strava_index(self, strava_id: int) -> bytes:
        """How a tombstone names an athlete, in the database and in the file beside this ring."""
        return self.blind_index(f"strava athlete {strava_id}")


def digest_of(token: str) -> bytes:
    """How a random token of ours is stored: it has 256 bits, so a plain digest hides it."""
    return hashlib.sha256(token.encode()).digest()


def new_token() -> str:
    """256 random bits for a link or a cookie."""
    return secrets.token_urlsafe(32)


def _mark(path: Path) -> tuple[int, int] | None:
    """What changes when the file does."""
    try:
        seen = path.stat()
    except OSError:
        return None
    return seen.st_ino, seen.st_mtime_ns


def _place(table: str, column: str, row: object, kid: str) -> bytes:
    return f"{table}|{column}|{row}|{kid}".encode()


def _derived(secret: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose).derive(secret)


def _text(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def _bytes(text: bytes) -> bytes:
    return base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))


def _line(name: str) -> str:
    return f"{name} {base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()}\n"


def _key(words: list[str], path: Path, number: int) -> bytes:
    try:
        _name, text = words
        key = base64.b64decode(text, validate=True)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise SettingsError(f"{path}:{number} is not `<id> <32 bytes in base64>`: restore the file")
    return key


def _write(path: Path, body: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
