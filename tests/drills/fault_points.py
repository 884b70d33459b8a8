"""Drill 2: at every point that the service names, once each: kill −9, an error, a commit that never reached
the database, and a commit of which nobody learned.

The points are read out of the source, so one that is added later is drilled, or missed aloud.
"""

import random
import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from uuid import UUID

import service
from tests.demo.season import wait_for_pages
from tests.drills.audit import audit
from tests.drills.erasure import receipts_in, rows_of
from tests.drills.event_stream import Events
from tests.drills.figure import Figure, none
from tests.drills.ground import FOUR, Ground, open_ground
from tests.drills.passage import Passage
from tests.drills.size import Size
from tests.drills.striker import MODES, Plan, striking

CREW = ("worker", "worker", "clock", "web")
NIGHT_S = 10.0
"""As soon time goes on at the latest: what was struck is done again by then, some leases later."""
MODE_ENDS_WITHIN_S = 60.0
AT_ONCE = 6
DIES_WITHIN_S = 1.0
NAMED = re.compile(r'^\s+point\("(\w+)"\)$', re.MULTILINE)
THERE = "SELECT id FROM athlete WHERE strava_id = ANY(%s)"
DOUBTFUL = ("mail_handed", "mail_gone")
"""Points after which nobody may know whether a mail has left."""


class Trouble:
    """Lets the next faults happen and starts whoever was killed, while nights pass."""

    def __init__(self, ground: Ground, chance: random.Random) -> None:
        self._ground, self._chance = ground, chance
        self.plan = Plan(ground.home)
        self.kills, self.ended_otherwise = 0, 0
        self._waiting: list[tuple[str, str]] = []

    def want(self, names: Sequence[str], mode: str) -> None:
        self._waiting = [(name, mode) for name in self._chance.sample(names, len(names))]

    @property
    def left(self) -> bool:
        return bool(self._waiting) or self.plan.look() > 0

    def __call__(self) -> None:
        self.revive()
        if self._waiting and self.plan.look() < AT_ONCE and not self._ground.worn_out():
            self.plan.put(*self._waiting.pop())

    def revive(self) -> None:
        crew = self._ground.crew
        for member in [each for each in crew.members if not each.alive]:
            if member.process.exitcode == -9:
                self.kills += 1
            else:
                self.ended_otherwise += 1
            crew.stop(member)
            crew.start(member.role, striking)


def named_points() -> list[str]:
    """Every point in the code of the service."""
    files = Path(service.__file__ or "").parent.rglob("*.py")
    return sorted(name for file in files for name in NAMED.findall(file.read_text()))


def drill(size: Size) -> list[Figure]:
    """Each point in each mode once; soaked, 5 times."""
    names, rounds = named_points(), size.of(1, 5)
    leaving = [name for name in names if name.startswith("erase_")]
    with open_ground(size.seed, kinds=FOUR * rounds) as ground:
        passage = Passage(ground)
        passage.meddle = trouble = Trouble(ground, random.Random(size.seed))
        for role in CREW:
            ground.crew.start(role, striking)
        passage.begin()
        wait_for_pages(ground.web)
        events = Events(ground)
        events.start()
        for mode in MODES * rounds:
            trouble.want([name for name in names if name not in leaving], mode)
            deadline = time.monotonic() + MODE_ENDS_WITHIN_S
            while trouble.left and time.monotonic() < deadline:
                ground.query("UPDATE athlete SET listed_at = NULL")  # lists are read although events come
                passage.step(NIGHT_S)
                events.look()
        events.stop()
        time.sleep(DIES_WITHIN_S)
        trouble.revive()
        passage.finish()
        others = len(MODES) * rounds
        doubts, losses = trouble.kills + len(DOUBTFUL) * others, trouble.kills + others
        figures = audit(passage, doubts=doubts, losses=losses, repeats=trouble.kills)
        figures += _erased(ground, trouble, leaving, MODES * rounds)
        struck = trouble.plan.struck
        return [
            Figure("points", len(names)),
            Figure("modes", len({mode for _, mode in struck}), least=len(MODES)),
            Figure("faults", sum(struck.values()), least=len(names) * others),
            none(
                "points_without_a_drill", sum((name, mode) not in struck for name in names for mode in MODES)
            ),
            none("points_named_twice", len(names) - len(set(names))),
            Figure("kills", trouble.kills),
            none("ended_otherwise", trouble.ended_otherwise),
            Figure("events_acknowledged", len(events.acknowledged), least=1),
            none("events_lost_after_200", len(events.acknowledged - events.kept)),
            *figures,
        ]


def _erased(ground: Ground, trouble: Trouble, points: Sequence[str], modes: Sequence[str]) -> list[Figure]:
    """In each of ``modes`` as many leave as there are points, and are back for the next."""
    ids = [athlete["id"] for athlete in ground.standin.athletes()][: len(points)]
    gone: list[UUID] = []
    for mode in modes:
        trouble.want(points, mode)
        for strava_id in ids:
            ground.connect(strava_id)
        leaving = [row[0] for row in ground.query(THERE, ids)]
        with ground.store.transaction() as tx:
            for athlete in leaving:
                tx.athletes.disconnect(athlete)
        gone += leaving
        _wait(trouble, lambda: not (trouble.left or ground.query(THERE, ids)))
    pending = "SELECT 1 FROM mail WHERE state IN ('queued', 'sending', 'deferred')"
    _wait(trouble, lambda: not ground.query(pending))
    receipts = len(receipts_in(ground))
    [(doubtful,)] = ground.query("SELECT count(*) FROM mail WHERE state IN ('handed', 'in_doubt')")
    return [
        Figure("erased", len(gone)),
        none("rows_left", sum(rows_of(ground, athlete) for athlete in gone)),
        none("receipts_missing", max(0, len(gone) - receipts - doubtful)),
        none("receipts_doubled", max(0, receipts - len(gone))),
    ]


def _wait(trouble: Trouble, done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + MODE_ENDS_WITHIN_S
    while not done() and time.monotonic() < deadline:
        trouble()
        time.sleep(0.03)
