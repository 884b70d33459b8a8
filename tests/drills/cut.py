"""Drill 5: every connection to Postgres cut every other second, then none let in for a while."""

import time

import psycopg

from tests.demo.season import wait_for_pages
from tests.drills.audit import audit
from tests.drills.event_stream import Events
from tests.drills.figure import Figure, none
from tests.drills.ground import FOUR, Ground, open_ground
from tests.drills.passage import Passage
from tests.drills.size import Size

CREW = ("worker", "worker", "clock", "web")
NIGHT_S = 3.0
"""As soon time goes on: with new events there is always something left to do."""
EVERY_S = 2.0
CUT = """SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"""


class Cutter:
    """Ends every session each two seconds; ``refuse`` also turns away whoever wants a new one."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self.working, self.cuts, self.ended = False, 0, 0
        self.refused: list[tuple[float, float]] = []
        self._at = 0.0
        # The server's own database: it lets us in while the service's does not.
        self._door = psycopg.conninfo.make_conninfo(ground.dsn, dbname="postgres")
        self._name = str(psycopg.conninfo.conninfo_to_dict(ground.dsn)["dbname"])

    def __call__(self) -> None:
        if self.working and time.monotonic() >= self._at and not self._ground.worn_out():
            with psycopg.connect(self._door, autocommit=True) as door:
                self._cut(door)
            self._at = time.monotonic() + EVERY_S

    def refuse(self, seconds: float) -> None:
        with psycopg.connect(self._door, autocommit=True) as door:
            self._allow(door, False)
            self._cut(door)
            began = time.monotonic()
            time.sleep(seconds)
            self.refused.append((began, time.monotonic()))
            self._allow(door, True)

    def _allow(self, door: psycopg.Connection, allowed: bool) -> None:
        name = psycopg.sql.Identifier(self._name)
        word = psycopg.sql.SQL("true" if allowed else "false")
        door.execute(psycopg.sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}").format(name, word))

    def _cut(self, door: psycopg.Connection) -> None:
        row = door.execute(CUT).fetchone()
        self.cuts += 1
        self.ended += row[0] if row else 0


def drill(size: Size) -> list[Figure]:
    """10 s of cuts while nights pass, and 4 s without a database; soaked, 60 s of each."""
    with open_ground(size.seed, kinds=FOUR) as ground:
        passage = Passage(ground)
        passage.meddle = cutter = Cutter(ground)
        pids = {member.pid for member in map(ground.crew.start, CREW)}
        passage.begin()
        wait_for_pages(ground.web)
        events = Events(ground)
        events.start()
        _cut_for(passage, cutter, events, size.of(10, 60))
        cutter.refuse(size.of(4, 60))
        _cut_for(passage, cutter, events, EVERY_S)
        cutter.working = False
        events.stop()
        passage.finish()
        [(shut, opened)] = cutter.refused
        away = [each for each in events.posted if shut <= each.began and each.ended <= opened]
        in_flight = 2 * 4 * cutter.cuts  # two workers with four jobs each, at every cut
        return [
            Figure("cuts", cutter.cuts, least=3),
            Figure("sessions_ended", cutter.ended, least=cutter.cuts),
            none("restarted_by_hand", pids != {each.pid for each in ground.crew.members if each.alive}),
            Figure("events_acknowledged", len(events.acknowledged), least=1),
            none("events_lost_after_200", len(events.acknowledged - events.kept)),
            Figure("refused_while_away", sum(each.status != 200 for each in away), least=1),
            none("acknowledged_while_away", sum(each.status == 200 for each in away)),
            *audit(passage, doubts=in_flight, losses=in_flight, repeats=cutter.cuts),
        ]


def _cut_for(passage: Passage, cutter: Cutter, events: Events, seconds: float) -> None:
    """Nights pass under the knife."""
    until = time.monotonic() + seconds
    cutter.working = True
    while time.monotonic() < until:
        passage.step(NIGHT_S)
        events.look()
