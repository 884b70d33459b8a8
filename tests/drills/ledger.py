"""Drill 10: three ledgers on a real Postgres beside plain models of them, whatever step comes next."""

import traceback
from collections import Counter

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from service.store.session import Store
from tests.drills.figure import Figure, none
from tests.drills.house import open_room
from tests.drills.ledger_book import Book
from tests.drills.ledger_mails import Mails
from tests.drills.ledger_nights import Nights
from tests.drills.ledger_syncs import Syncs
from tests.drills.size import Size

LEDGERS: tuple[type[Book], ...] = (Nights, Syncs, Mails)
STEPS = 50


def drill(size: Size) -> list[Figure]:
    """3 × 60 runs of up to 50 steps; soaked, 3 × 1,000. What was found is printed with the way to it."""
    runs = size.of(60, 1000)
    told: Counter[str] = Counter()
    with open_room() as store:
        found = sum(not _holds(ledger, store, runs, size.seed, told) for ledger in LEDGERS)
    return [
        Figure("ledgers", len(LEDGERS)),
        Figure("runs", told["runs"], least=len(LEDGERS) * runs),
        Figure("steps", told["steps"], least=len(LEDGERS) * runs * STEPS // 4),
        Figure("begun", told["begun"], least=runs),
        Figure("done", told["done"], least=runs),
        none("counter_examples", found),
    ]


def _holds(ledger: type[Book], store: Store, runs: int, number: int, told: Counter[str]) -> bool:
    ledger.store, ledger.told = store, told
    chosen = settings(
        max_examples=runs,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    try:
        run_state_machine_as_test(seed(number)(ledger), settings=chosen)
    except Exception:
        traceback.print_exc()
        return False
    return True
