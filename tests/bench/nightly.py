"""One night of many athletes from database to database: the service's own job, and ``orm_loop``'s."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert, text
from structlog.testing import capture_logs

from service.app import App
from service.domain.activity import Activity, Lap, Split
from service.domain.history import CheckIn
from service.jobs.nightly import judge
from service.store.checkins import ANSWERS
from service.store.tables import CheckInRow
from tests.apps import an_app, an_athlete, with_runs
from tests.bench import orm_loop
from tests.bench.runners import Runner, on
from tests.fixtures_postgres import store_apart

HISTORY_DAYS = 400
NIGHT = on(HISTORY_DAYS)
NOW = datetime.combine(NIGHT, time(6), UTC)
UNJUDGED = """
    UPDATE athlete SET next_night = :night, next_night_at = :due, last_night_at = NULL, night_attempts = 0,
        night_lease_until = NULL"""


@dataclass(frozen=True, slots=True)
class Nightly:
    """The two ways over the same rows of the same Postgres."""

    app: App
    athletes: Sequence[UUID]

    def ours(self) -> None:
        """The service's job ``judge``, as its clock hands it out."""
        with capture_logs():
            judge(self.app, [str(athlete) for athlete in self.athletes])

    def theirs(self) -> None:
        orm_loop.judge(self.app.store.engine, list(self.athletes), NIGHT)

    def forget(self, *, diaries: bool = False) -> None:
        """No night was judged; with ``diaries`` none is packed either."""
        with self.app.store.transaction() as tx:
            if diaries:
                tx.connection.execute(text("DELETE FROM diary"))
            tx.connection.execute(text("DELETE FROM night"))
            tx.connection.execute(text(UNJUDGED), {"night": NIGHT, "due": NOW - timedelta(hours=2)})

    def judged(self) -> int:
        """How many nights of ours stand in the database."""
        with self.app.store.transaction() as tx:
            return int(tx.connection.execute(text("SELECT count(*) FROM night")).scalar_one())


@contextmanager
def nightly(athletes: int) -> Iterator[Nightly]:
    """Runners with all that a watch and the athlete tell, in a Postgres of their own. Nobody left an address,
    so no mail is set: that is another bench."""
    with store_apart() as (store, dsn), an_app(store, dsn=dsn, now=lambda: NOW) as app:
        orm_loop.Base.metadata.create_all(store.engine)
        known = [_runner(app, seed) for seed in range(athletes)]
        with store.transaction() as tx:
            tx.connection.execute(text("ANALYZE"))
        yield Nightly(app, known)


def _runner(app: App, seed: int) -> UUID:
    athlete = an_athlete(app, 1000 + seed, address=None, zone="UTC")
    history = Runner(seed, 4, HISTORY_DAYS).history("answers")
    with_runs(app, athlete, [detailed(run) for run in history.activities])
    with app.store.transaction() as tx:
        rows = [_answered(athlete.id, answers) for answers in history.checkins]
        tx.connection.execute(insert(CheckInRow), rows)
    return athlete.id


def _answered(athlete: UUID, answers: CheckIn) -> dict[str, Any]:
    values = {name: getattr(answers, name) for name in ANSWERS}
    return {"athlete_id": athlete, "day": answers.date, "answered_at": NOW, **values}


def detailed(run: Activity) -> Activity:
    """The same with even kilometres, over which the heart rises a little and the steps get fewer."""
    count = max(1, int(run.distance_m / 1000))
    seconds, metres = run.moving_s // count, run.distance_m / count

    def drifting(value: float | None, share: float, place: int) -> float | None:
        return None if value is None else round(value * (1 + share * (place / count - 0.5)), 1)

    splits, laps = [], []
    for place in range(count):
        beats = drifting(run.average_hr, 0.05, place)
        rise = 6.0 * (-1) ** place
        splits.append(Split(metres, seconds, rise, beats, round(metres / seconds, 3), seconds))
        began = run.start + timedelta(seconds=place * seconds)
        laps.append(Lap(began, metres, seconds, beats, drifting(run.cadence_spm, -0.02, place)))
    return replace(run, detailed=True, splits=tuple(splits), laps=tuple(laps))
