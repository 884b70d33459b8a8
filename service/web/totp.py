"""Codes of an authenticator app: RFC 6238 (M'Raihi et al., 2011), SHA-1, six digits, a new one every 30 s."""

import base64
import hmac
import secrets
import struct
from datetime import datetime
from urllib.parse import quote

STEP_S = 30
DIGITS = 6
SECRET_BYTES = 20
DRIFT_STEPS = 1
"""Steps before and after the present one that pass as well: clocks of telephones are not exact."""


def new_secret() -> str:
    """160 random bits in base32, as apps take them."""
    return base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()


def code(secret: str, step: int) -> str:
    """The code of one 30 s step since 1970 (RFC 4226, 5.3: dynamic truncation)."""
    digest = hmac.digest(base64.b32decode(secret), struct.pack(">Q", step), "sha1")
    offset = digest[-1] & 15
    number = int.from_bytes(digest[offset : offset + 4]) & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def step_of(secret: str, given: str, now: datetime) -> int | None:
    """The step whose code was ``given``; None if it is none of the present ones. Each is compared, so that
    the time taken tells nothing."""
    present = int(now.timestamp()) // STEP_S
    steps = range(present - DRIFT_STEPS, present + DRIFT_STEPS + 1)
    fits = [step for step in steps if hmac.compare_digest(code(secret, step).encode(), given.encode())]
    return fits[-1] if fits else None


def address(secret: str, name: str) -> str:
    """What an app takes from a picture or a link. It holds the secret: show it once, to its owner."""
    return f"otpauth://totp/{quote(f'freshlegs:{name}')}?secret={secret}&issuer=freshlegs"
