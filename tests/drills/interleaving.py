"""Drill 15: sessions come, change, hide and go; events are lost, doubled, late, shuffled; then one list."""

import random
from datetime import timedelta
from typing import Any
from uuid import UUID

from service.jobs.events import hear
from service.jobs.listing import DEPTH
from service.jobs.sync import sync
from tests.drills.figure import Figure, none
from tests.drills.size import Size
from tests.drills.workshop import Workshop, open_workshop
from tests.posts import STEADY, posted

LOST, DOUBLED, LATE = 0.2, 0.2, 0.2


class Post:
    """Carries events as badly as it can."""

    def __init__(self, shop: Workshop, rng: random.Random) -> None:
        self._shop, self._rng = shop, rng
        self._later: list[bytes] = []
        self.carried = 0

    def send(self, object_id: int, aspect: str, **updates: str) -> None:
        body = posted(object_id, aspect, at=int(self._shop.clock.now().timestamp()), updates=updates)
        if self._rng.random() >= LOST:
            self._later += [body] * (2 if self._rng.random() < DOUBLED else 1)

    def deliver(self, *, all_of_it: bool = False) -> None:
        self._rng.shuffle(self._later)
        keep = 0 if all_of_it else round(LATE * len(self._later))
        for body in self._later[keep:]:
            self._shop.carry(body)
            self.carried += 1
        del self._later[keep:]


def drill(size: Size) -> list[Figure]:
    """Each case is a handful of changes, looked into at random, and one list at its end."""
    cases = size.of(300, 1000)
    rng = random.Random(size.seed)
    with open_workshop(size.seed, ["steady"], future_days=0) as shop:
        [athlete] = shop.connect_all().values()
        shop.settle()
        shop.subscribe()
        post = Post(shop, rng)
        diverged = changes = 0
        for _ in range(cases):
            changes += _case(shop, rng, post, athlete)
            diverged += any(shop.differences(since=shop.clock.now() - DEPTH))  # older ones are let go of
        return [
            Figure("cases", cases),
            Figure("changes", changes),
            Figure("events", post.carried),
            none("diverged", diverged),
            none("uncaught", shop.uncaught),
        ]


def _case(shop: Workshop, rng: random.Random, post: Post, athlete: UUID) -> int:
    changes = rng.randrange(2, 8)
    for _ in range(changes):
        _change(shop, rng, post)
        shop.move(timedelta(minutes=rng.randrange(1, 90)))
        if rng.random() < 0.4:
            post.deliver()
            shop.guarded(lambda: hear(shop.app, [str(athlete)]))
    post.deliver(all_of_it=rng.random() < 0.5)
    shop.list_due()
    shop.guarded(lambda: sync(shop.app, [str(athlete)]))
    shop.queue.asked.clear()
    return changes


def _change(shop: Workshop, rng: random.Random, post: Post) -> None:
    rows: list[dict[str, Any]] = shop.standin.activities(STEADY)
    kind = rng.choice(("create", "late", "edit", "hide", "show", "delete"))
    if kind in ("create", "late") or len(rows) < 20:
        now = shop.clock.now()
        ago = timedelta(minutes=50) if kind == "create" else timedelta(hours=rng.randrange(1, 200))
        row = shop.standin.insert(
            STEADY, start_date=(now - ago).isoformat(), distance=float(rng.randrange(3000, 20_000))
        )
        post.send(row["id"], "create")
        return
    row = rng.choice(rows[:60])
    if kind == "delete":
        shop.standin.delete(row["id"])
        post.send(row["id"], "delete")
    elif kind == "edit":
        shop.standin.edit(row["id"], distance=float(rng.randrange(3000, 20_000)))  # nobody is told
    else:
        shop.standin.edit(row["id"], private=kind == "hide")
        post.send(row["id"], "update", private=str(kind == "hide").lower())
