"""Drill 14: payloads that are almost right, over list, detail, token and event."""

import json
import random
from typing import Any
from uuid import UUID

from service.jobs.sync import deepen, sync
from tests.drills.figure import Figure, none
from tests.drills.size import Size
from tests.drills.workshop import Workshop, open_workshop
from tests.posts import STEADY, event

NASTY: tuple[Any, ...] = (
    None, True, -1, 0, 2**63, 2**200, 1e308, float("nan"), float("inf"), "", "x" * 70_000, "NaN", "1e400",
    "\u202etxt\u0000\u0007", "2026-02-30T25:61:61Z", "2026-03-01T10:00:60Z", "0000-00-00", [], {}, [[[[]]]],
    {"a": {"b": {"c": [None]}}}, [None] * 100, "\ud800",
)  # fmt: skip


def drill(size: Size) -> list[Figure]:
    """Of every payload one thing is wrong; whatever stands beside it has to arrive."""
    total = size.of(1000, 50_000)
    rng = random.Random(size.seed)
    with open_workshop(size.seed, ["steady"], future_days=0) as shop:
        [athlete] = shop.connect_all().values()
        shop.settle()
        harmed = sum(_list(shop, rng, athlete) for _ in range(total * 4 // 10))
        for _ in range(total * 2 // 10):
            _detail(shop, rng, athlete)
        for _ in range(total // 10):
            _token(shop, rng, athlete)
        for _ in range(total * 3 // 10):
            shop.guarded(
                lambda: shop.carry(_mutated(rng, event(1, "update", updates={"title": "x"}), dump=True))
            )
        shop.standin.clear_faults()
        connected = shop.count("SELECT count(*) FROM athlete WHERE state = 'connected'")
        return [
            Figure("payloads", total, least=1000),
            none("uncaught", shop.uncaught),
            none("good_rows_harmed", harmed),
            Figure("quarantined_fields", shop.count("SELECT count(*) FROM quarantine"), least=1),
            Figure("surprises", shop.count("SELECT coalesce(sum(times), 0) FROM surprise"), least=1),
            Figure("connected", connected, least=1),
        ]


def _list(shop: Workshop, rng: random.Random, athlete: UUID) -> int:
    """How many of the rows beside the mutated one are missing after the list."""
    rows = shop.standin.activities(STEADY)
    victim = rng.randrange(len(rows))
    good = {str(row["id"]) for n, row in enumerate(rows) if n != victim}
    rows[victim] = _mutated(rng, rows[victim])
    _answer(shop, "/athlete/activities", rows)
    shop.query("DELETE FROM activity RETURNING 1")
    shop.query(
        "UPDATE athlete SET sync_due_at = :now, listed_whole_at = NULL RETURNING 1", now=shop.clock.now()
    )
    shop.guarded(lambda: sync(shop.app, [str(athlete)]))
    here = {row[0] for row in shop.query("SELECT external_id FROM activity")}
    return len(good - here)


def _detail(shop: Workshop, rng: random.Random, athlete: UUID) -> None:
    row = shop.standin.activities(STEADY)[0]
    split = {
        "distance": 1000.0,
        "elapsed_time": 300,
        "moving_time": 300,
        "split": 1,
        "average_heartrate": 150.0,
    }
    whole = row | {"splits_metric": [_mutated(rng, split)], "laps": [_mutated(rng, split)]}
    _answer(shop, "/activities/", _mutated(rng, whole) if rng.random() < 0.5 else whole)
    shop.query("UPDATE activity SET detailed = false RETURNING 1")
    shop.guarded(lambda: deepen(shop.app, [str(athlete)]))


def _token(shop: Workshop, rng: random.Random, athlete: UUID) -> None:
    good = {"access_token": "a" * 40, "refresh_token": "r" * 40, "expires_at": 4_000_000_000, "expires_in": 1}
    _answer(shop, "/oauth/token", _mutated(rng, good))
    shop.guarded(lambda: shop.app.oauth.refresh("never kept", shop.clock.now()))


def _answer(shop: Workshop, path: str, body: Any) -> None:
    """The next call to ``path`` is answered with this, and those after it as usual."""
    shop.standin.clear_faults()
    shop.standin.fault(path=path, calls=[1], status=200, body=json.dumps(body))


def _mutated(rng: random.Random, value: dict[str, Any], *, dump: bool = False) -> Any:
    """One field replaced, left out or doubled in another type; now and then the whole thing."""
    changed = dict(value)
    field = rng.choice(sorted(changed))
    kind = rng.random()
    if kind < 0.1:
        del changed[field]
    elif kind < 0.15:
        changed = rng.choice(NASTY)  # type: ignore[assignment]
    else:
        changed[field] = rng.choice(NASTY)
    if not dump:
        return changed
    text = json.dumps(changed)
    return (text[: rng.randrange(len(text))] if rng.random() < 0.1 and text else text).encode(
        "utf-8", "replace"
    )
