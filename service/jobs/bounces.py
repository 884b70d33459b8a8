"""Bounces out of a mailbox into the store: one message, one transaction."""

import mailbox
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import BinaryIO

from service.app import App
from service.domain.bounce import Fate
from service.errors import InputError
from service.logs import log
from service.notify import bounce
from service.store.bounces import ENDS_MAIL, Outcome

STDIN = Path("-")
MBOX_STARTS = b"From "
SEEN = ":2,S"
"""How a Maildir marks a message as read."""


def take(app: App, raw: bytes) -> Outcome:
    """One message that came to the bounce address."""
    read = bounce.read(raw)
    with app.store.transaction() as tx:
        outcome, mail = tx.bounces.take(read, app.settings.bounce_address, app.now())
    if read.fate is not Fate.NOTHING:
        known = outcome not in (Outcome.FORGED, Outcome.UNKNOWN)
        log().info("bounce", mail=mail if known else None, kind=outcome, status=read.status)
    if outcome in ENDS_MAIL:
        log().warning("address_suppressed", mail=mail, reason=outcome)
    return outcome


def collect(app: App, places: Sequence[Path], stdin: BinaryIO) -> Counter[Outcome]:
    """Every message at these places: a Maildir, an mbox, a file with one message, or ``-``.

    Of a Maildir what is new; it is then moved to ``cur``, so that the next run reads what came since. Raises
    ``InputError`` for a place that cannot be read.
    """
    found: Counter[Outcome] = Counter()
    for place in places:
        try:
            found.update(_taken(app, place, stdin))
        except OSError as error:
            raise InputError(f"{place} cannot be read: {error.strerror}") from None
    return found


def _taken(app: App, place: Path, stdin: BinaryIO) -> Iterator[Outcome]:
    if place == STDIN:
        yield take(app, stdin.read(bounce.MOST_BYTES))
    elif (place / "new").is_dir():
        for file in sorted((place / "new").iterdir()):
            yield take(app, _start(file))
            (place / "cur").mkdir(exist_ok=True)
            file.rename(place / "cur" / f"{file.name}{SEEN}")
    elif place.is_dir():
        raise InputError(f"{place} is no Maildir: it has no folder `new`")
    elif _start(place, len(MBOX_STARTS)) == MBOX_STARTS:
        with closing(mailbox.mbox(place, create=False)) as box:
            for key in box.iterkeys():
                yield take(app, box.get_bytes(key))
    else:
        yield take(app, _start(place))


def _start(file: Path, length: int = bounce.MOST_BYTES) -> bytes:
    with file.open("rb") as opened:
        return opened.read(length)
