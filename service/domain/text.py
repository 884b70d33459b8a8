"""Texts put together and texts from outside: small things that several rooms say in the same way."""

from collections.abc import Sequence

LONGEST = 100


def listed(words: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``; nothing for nothing."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def printable(text: str) -> str:
    """At most 100 characters of it, without those that no database holds (NUL, half characters) and those
    that control a terminal or turn a line."""
    return "".join(filter(str.isprintable, text[:LONGEST]))
