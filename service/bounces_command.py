"""`freshlegs bounces` and `freshlegs write-again`: mails that came back, from the command line."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from service import settings as settings_of
from service.app import open_app
from service.errors import InputError
from service.jobs.bounces import collect
from service.store.bounces import ENDS_MAIL, Outcome

WORDS: Mapping[Outcome, str] = {
    Outcome.SOFT: "came back for a passing reason",
    Outcome.DELAYED: "still on the way",
    Outcome.ARRIVED: "arrived",
    Outcome.AGAIN: "known already",
    Outcome.UNKNOWN: "of no mail of the last days",
    Outcome.FORGED: "with a signature that is not ours",
    Outcome.NOTHING: "no bounce",
}


def read_bounces(places: Sequence[Path]) -> str:
    """Take bounces in; the line says what they came to."""
    with open_app(settings_of.load(), migrating=False) as app:
        found = collect(app, places, sys.stdin.buffer)
    ended = sum(found[outcome] for outcome in ENDS_MAIL)
    told = [f"{found.total()} read", f"addresses not written to again: {ended}"]
    told += [f"{words}: {found[outcome]}" for outcome, words in WORDS.items() if found[outcome]]
    return "; ".join(told)


def write_again(address: str) -> str:
    """Take back that an address is not written to. Raises ``InputError`` where there is nothing to."""
    with open_app(settings_of.load(), migrating=False) as app, app.store.transaction() as tx:
        if not tx.addresses.write_again(address):
            raise InputError("this address is written to, or its reader complained, which stays")
    return "this address is written to again"
