"""What a browser may send us, as types: anything else is answered with 400 before a page sees it."""

import re
import unicodedata
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, StringConstraints

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z0-9-]{2,63}")
_LONGEST_ADDRESS = 254


def _printable(text: str) -> str:
    """Postgres refuses NUL, UTF-8 refuses surrogates, and no control character is ever meant."""
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in text):
        raise ValueError("control characters are not accepted")
    return text


def _blank_is_none(value: object) -> object:
    """An untouched field of a form arrives as an empty string."""
    return None if isinstance(value, str) and not value.strip() else value


def mail_address(text: str) -> str | None:
    """The address without surrounding blanks, or ``None`` if it cannot be one.

    Deliberately simple: whether an address works is what the confirmation mail finds out. Only ASCII,
    no quoted local parts, no IP literals, so nothing odd can reach a mail header.
    """
    address = text.strip()
    if len(address) > _LONGEST_ADDRESS or ".." in address or not _ADDRESS.fullmatch(address):
        return None
    local, _, domain = address.rpartition("@")
    if local.startswith(".") or local.endswith("."):
        return None
    if any(label.startswith("-") or label.endswith("-") for label in domain.split(".")):
        return None
    return f"{local}@{domain.lower()}"


Line = Annotated[str, StringConstraints(max_length=400), AfterValidator(_printable)]
"""One line of text."""

Password = Annotated[str, StringConstraints(max_length=400)]
"""Hashed, never stored or shown, so any character will do."""

Opaque = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.~-]{16,200}$")]
"""A token that we made: a bookmark that was cut short is a bad request, not a search."""

Blank = BeforeValidator(_blank_is_none)
"""``Annotated[int | None, Blank]``: an optional field of a form."""
