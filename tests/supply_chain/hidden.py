"""Secrets that were left in the tree: what looks like one is one until somebody says why it is not."""

import re
from collections.abc import Iterator
from pathlib import Path

PATTERNS = {
    "private key": re.compile(r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----"),
    "cloud key": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "code host token": re.compile(r"\b(?:ghp|gho|ghs|github_pat|glpat)[_-][A-Za-z0-9_]{20,}"),
    "chat token": re.compile(r"\bxox[abpr]-[A-Za-z0-9-]{10,}"),
    "web token": re.compile(r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\."),
    "Strava secret": re.compile(r"(?<![0-9a-f:])[0-9a-f]{40}(?![0-9a-f])"),
    "keyring": re.compile(r"^(?:index|[0-9a-f]{8}) [A-Za-z0-9+/]{43}=$", re.MULTILINE),
    "password in an address": re.compile(r"\b[a-z]+://[^\s/:@'\"{}<]+:[^\s/@'\"{}<$]{4,}@[a-z0-9.-]+"),
}
LOCKS = re.compile(r"^requirements.*\.txt$")
LARGEST = 2_000_000
INVENTED = {
    ("tests/store/test_session.py", "password in an address"),
    ("tests/whole/test_backup.py", "password in an address"),
    ("tests/whole/test_compose.py", "password in an address"),
}
"""Passwords of tests, which open nothing."""


def found(root: Path, files: list[str]) -> Iterator[tuple[str, int, str]]:
    """(file, line, what it looks like). Hashes in locks are meant to be there."""
    for name in files:
        path = root / name
        if LOCKS.match(path.name) or not path.is_file() or path.stat().st_size > LARGEST:
            continue
        text = path.read_text(errors="replace")
        for what, pattern in PATTERNS.items():
            for hit in pattern.finditer(text) if (name, what) not in INVENTED else ():
                yield name, text.count("\n", 0, hit.start()) + 1, what
