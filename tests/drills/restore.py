"""A backup restored after people were erased: all the rest is there, nobody of them is."""

import time

from service.backup import load, save
from service.store import tombstones
from tests.drills.figure import Figure, none
from tests.drills.ground import Ground, open_ground
from tests.drills.passage import Passage
from tests.drills.size import Size

CREW = ("worker", "worker", "clock")
KEPT = ("athlete", "token", "activity", "night", "mail", "address", "checkin", "consent")
COUNT = "SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)), 0)::text FROM {} t WHERE {} <> ALL(%s)"
RESTORED_WITHIN_S = 120.0


def drill(size: Size) -> list[Figure]:
    """Domain tables compared by a sum over every row; erased after the backup: four."""
    with open_ground(size.seed) as ground:
        passage = Passage(ground)
        for role in CREW:
            ground.crew.start(role)
        passage.begin()
        for _ in range(size.of(3, 30)):
            passage.step()
        journal, folder = ground.home / "data" / "tombstones", ground.home / "dumps"
        folder.mkdir()
        under_load = save(ground.store, ground.dsn, folder / "..", journal, ground.clock.now())
        ground.crew.stop()
        file = save(ground.store, ground.dsn, folder, journal, ground.clock.now())
        leaving = [row[0] for row in ground.query("SELECT id FROM athlete ORDER BY id LIMIT 4")]
        before = _sums(ground, leaving)
        _erase(ground, leaving, journal)
        ground.store.close()
        began = time.monotonic()
        forgotten = load(ground.dsn, ground.keyring, file, journal)
        took = time.monotonic() - began
        back = _left(ground, leaving)
        after = _sums(ground, leaving)
        back += load(ground.dsn, ground.keyring, under_load, journal) != len(leaving)
        return [
            Figure("rows", sum(count for count, _ in before.values()), least=1),
            Figure("erased_since", len(leaving)),
            Figure("forgotten_again", forgotten, least=len(leaving), most=len(leaving)),
            none("erased_back", back + _left(ground, leaving)),
            none("tables_changed", sum(before[name] != after[name] for name in before)),
            Figure("restored_in_s", round(took, 1), most=RESTORED_WITHIN_S),
        ]


def _erase(ground: Ground, leaving: list[object], journal: object) -> None:
    """What the job does, without Strava."""
    now = ground.clock.now()
    with ground.store.transaction() as tx:
        for athlete in tx.athletes.all():
            if athlete.id in leaving:
                index = ground.keyring.strava_index(athlete.strava_id)
                tombstones.note(journal, index, now)  # type: ignore[arg-type]
                tx.athletes.forget(athlete.id, now)


def _sums(ground: Ground, without: list[object]) -> dict[str, tuple[int, str]]:
    """Rows and a sum over their whole text for each table, those of ``without`` left out."""
    found = {}
    for table in KEPT:
        key = "id" if table == "athlete" else "athlete_id"
        [(count, total)] = ground.query(COUNT.format(table, f"t.{key}"), without)
        found[table] = (count, total)
    return found


def _left(ground: Ground, gone: list[object]) -> int:
    [(count,)] = ground.query("SELECT count(*) FROM athlete WHERE id = ANY(%s)", gone)
    return int(count)
