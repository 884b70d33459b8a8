"""Drill 46: every migration up, down and up again on a full database, while others read and write it.

The traffic is that of the oldest version: it names the columns of the first schema only, as a version that
is about to be replaced does.
"""

import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg
from alembic.script import ScriptDirectory

from service.store.postgres import EmbeddedPostgres
from service.store.schema import FOLDER, drift, migrate
from tests.drills.figure import Figure, none
from tests.drills.size import Size

ATHLETES = 200
LONGEST_S = 1.0
FILL = (
    """INSERT INTO athlete (id, strava_id, state, scopes, zone, units, connected_at, sync_due_at, next_night,
         next_night_at)
       SELECT md5('a' || n)::uuid, n, 'connected', '{read}', 'Europe/Oslo', 'metric', now(), now(),
         current_date, now() FROM generate_series(1, %(athletes)s) n""",
    """INSERT INTO activity (athlete_id, source, external_id, fetched_at, summary_digest, sport, start,
         utc_offset_s, moving_s, elapsed_s, distance_m, trainer, manual, start_hidden, detailed, splits, laps)
       SELECT md5('a' || 1 + n %% %(athletes)s)::uuid, 'strava', n::text, now(), '', 'Run',
         now() - n * interval '1 min', 3600, 3600, 3600, 10000, false, false, false, true,
         (SELECT jsonb_agg(jsonb_build_object('distance_m', 1000, 'moving_s', 300 + k))
          FROM generate_series(1, 10) k), '[]'
       FROM generate_series(1, %(rows)s) n""",
    """INSERT INTO night (athlete_id, night, judged_at, state, rule_version, inputs_digest, assessment)
       SELECT md5('a' || 1 + n %% %(athletes)s)::uuid, date '2000-01-01' + n / %(athletes)s, now(), 'clear',
         'x', 'x', '{}' FROM generate_series(0, %(rows)s) n""",
)
TRAFFIC = (
    "SELECT external_id, splits FROM activity WHERE athlete_id = md5('a' || %(n)s)::uuid ORDER BY start",
    "UPDATE athlete SET sync_due_at = now() WHERE id = md5('a' || %(n)s)::uuid",
    "UPDATE activity SET fetched_at = now() WHERE athlete_id = md5('a' || %(n)s)::uuid "
    "AND source = 'strava' AND external_id = (%(n)s - 1)::text",
    "UPDATE night SET judged_at = now() WHERE athlete_id = md5('a' || %(n)s)::uuid AND night = '2000-01-01'",
    "SELECT state, count(*) FROM mail GROUP BY state",
)
SUMS = """SELECT (SELECT sum(hashtextextended(athlete_id::text || external_id || start || distance_m, 0))
    FROM activity), (SELECT count(*) FROM night), (SELECT count(*) FROM athlete)"""


class Traffic(threading.Thread):
    """One session after the other statement, until it is told to leave. Times in seconds."""

    def __init__(self, dsn: str, lane: int) -> None:
        super().__init__(daemon=True)
        self._dsn, self._lane = dsn, lane
        self.leaving = threading.Event()
        self.sent = self.failed = 0
        self.longest_s = 0.0

    def run(self) -> None:
        with psycopg.connect(self._dsn, autocommit=True) as connection:
            while not self.leaving.is_set():
                statement = TRAFFIC[(self.sent + self._lane) % len(TRAFFIC)]
                began = time.monotonic()
                try:
                    connection.execute(statement, {"n": 1 + self.sent % ATHLETES})
                except psycopg.Error as error:
                    print(f"  {error}", flush=True)
                    self.failed += 1
                self.longest_s = max(self.longest_s, time.monotonic() - began)
                self.sent += 1


def drill(size: Size) -> list[Figure]:
    """50,000 sessions; soaked, a million."""
    rows = size.of(50_000, 1_000_000)
    steps = [script.revision for script in ScriptDirectory(str(FOLDER)).walk_revisions()][::-1]
    way = [*steps[1:], *reversed(steps[:-1]), *steps[1:]]
    with (
        tempfile.TemporaryDirectory(prefix="freshlegs-drill-") as folder,
        EmbeddedPostgres(Path(folder) / "postgres") as server,
        psycopg.connect(server.dsn, autocommit=True) as connection,
    ):
        migrate(server.dsn, steps[0])
        for statement in FILL:
            connection.execute(statement, {"athletes": ATHLETES, "rows": rows})
        connection.execute("VACUUM ANALYZE")
        before = connection.execute(SUMS).fetchone()
        with _traffic(server.dsn) as lanes:
            slowest = _walk(server.dsn, way)
        after = connection.execute(SUMS).fetchone()
        longest = max(lane.longest_s for lane in lanes)
        return [
            Figure("sessions", rows),
            Figure("migrations", len(way)),
            Figure("slowest_migration_s", round(slowest, 2)),
            Figure("statements", sum(lane.sent for lane in lanes), least=len(way)),
            none("statements_failed", sum(lane.failed for lane in lanes)),
            Figure("longest_wait_s", round(longest, 2), most=LONGEST_S),
            none("sums_changed", before != after),
            none("drift", len(drift(server.dsn))),
        ]


@contextmanager
def _traffic(dsn: str) -> Iterator[Sequence[Traffic]]:
    lanes = [Traffic(dsn, lane) for lane in range(3)]
    for lane in lanes:
        lane.start()
    try:
        yield lanes
    finally:
        for lane in lanes:
            lane.leaving.set()
            lane.join()


def _walk(dsn: str, way: Sequence[str]) -> float:
    """One migration after the other; how long the slowest took."""
    slowest = 0.0
    for revision in way:
        began = time.monotonic()
        migrate(dsn, revision)
        slowest = max(slowest, time.monotonic() - began)
    return slowest
