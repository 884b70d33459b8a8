"""An application wired by hand: a real store, real or no Strava, and fakes for what leaves the house.

``with an_app(store, now=clock.now) as app: judge(app, [str(athlete)])``; what it asked the queue for is in
``app.queue.asked``, what it mailed in ``app.mailer.mails``.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from service.advise.catalogue import load as load_catalogue
from service.analyse.constants import load_constants
from service.app import CONFIG, App
from service.domain.activity import Activity, Source
from service.domain.athlete import WANTED_SCOPES, Athlete
from service.domain.grant import Tokens
from service.jobs.ledger import StoreLedger
from service.notify.envelope import Envelope
from service.settings import Settings
from service.store.session import Store
from service.strava.client import StravaClient
from service.strava.oauth import OAuth
from service.strava.quota import Limits, Pair
from tests.fixtures_postgres import keyring
from tests.strava_standin.control import Standin

NOBODY = "http://127.0.0.1:9"
"""An address where nothing listens: Strava is down, without a wait."""
CONSTANTS = load_constants(CONFIG / "heuristics.toml")
CATALOGUE = load_catalogue(CONFIG / "advice.toml")
ZONE = "Europe/Oslo"


@dataclass
class Asked:
    """A queue that only remembers what it was asked for: (job, subject, subject, …)."""

    asked: list[tuple[Any, ...]] = field(default_factory=list)

    def defer(self, job: str, *subjects: UUID) -> None:
        self.asked.append((job, *subjects))

    def defer_each(self, job: str, subjects: Sequence[UUID]) -> None:
        self.asked += [(job, subject) for subject in subjects]

    def of(self, job: str) -> list[UUID]:
        """Every row that this job was asked to look at."""
        return [subject for name, *subjects in self.asked if name == job for subject in subjects]


@dataclass
class Recording:
    """A mailer that keeps what it is given; ``troubles`` are errors raised by the next attempts, before the
    hand-over or, if ``after``, when the message may have left."""

    mails: list[Envelope] = field(default_factory=list)
    troubles: list[Exception] = field(default_factory=list)
    after: bool = False

    def deliver(self, envelope: Envelope, on_handed: Callable[[], None]) -> None:
        if self.troubles and not self.after:
            raise self.troubles.pop(0)
        on_handed()
        if self.troubles:
            raise self.troubles.pop(0)
        self.mails.append(envelope)

    @property
    def recipients(self) -> list[str]:
        return [mail.recipient for mail in self.mails]


@contextmanager
def an_app(
    store: Store,
    *,
    now: Callable[[], datetime],
    standin: Standin | None = None,
    dsn: str = "",
    mailer: Any = None,
    queue: Any = None,
    limits: Limits | None = None,
    **settings: Any,
) -> Iterator[App]:
    """An application on ``store``. Without ``standin`` Strava is out of reach; ``settings`` override the
    defaults (the environment is not read)."""
    strava = standin.url if standin else NOBODY
    given = {"strava_app_id": Standin.client_id, "strava_app_secret": Standin.client_secret, **settings}
    ledger = StoreLedger(store, limits or Limits(read=Pair(100, 1000)))
    client = StravaClient(ledger, now, api_base=f"{strava}/api/v3")
    oauth = OAuth(
        Standin.client_id,
        Standin.client_secret,
        "http://127.0.0.1/oauth/callback",
        ledger=ledger,
        oauth_base=strava,
    )
    try:
        yield App(
            settings=Settings(_env_file=None, **given),
            dsn=dsn,
            store=store,
            keyring=keyring(),
            queue=queue or Asked(),
            strava=client,
            oauth=oauth,
            mailer=mailer or Recording(),
            constants=CONSTANTS,
            catalogue=CATALOGUE,
            now=now,
        )
    finally:
        client.close()
        oauth.close()


def connect(app: App, standin: Standin, strava_id: int, scopes: Sequence[str] = WANTED_SCOPES) -> Athlete:
    """An athlete of the stand-in who has just consented; nothing is read yet."""
    answer = standin.grant(strava_id, scopes)
    expires_at = datetime.fromtimestamp(answer["expires_at"], UTC)
    with app.store.transaction() as tx:
        athlete = tx.athletes.connect(strava_id, frozenset(scopes), "UTC", app.now())
        tx.tokens.put(athlete.id, Tokens(answer["access_token"], answer["refresh_token"], expires_at))
    return athlete


def an_athlete(
    app: App, strava_id: int = 7, *, address: str | None = "runner@example.org", zone: str = ZONE
) -> Athlete:
    """An athlete without Strava behind it, with a confirmed address unless told otherwise."""
    with app.store.transaction() as tx:
        athlete = tx.athletes.connect(strava_id, frozenset(WANTED_SCOPES), zone, app.now())
        if address is not None:
            tx.addresses.confirm(tx.addresses.propose(athlete.id, address, app.now()), app.now())
    return athlete


def again(app: App, athlete: Athlete) -> Athlete:
    """The athlete as the store knows them now."""
    with app.store.transaction() as tx:
        found = tx.athletes.get(athlete.id)
    assert found is not None, "the athlete is gone"
    return found


def season_of_runs(last: date, *, days: int = 120, spike: bool = False) -> list[Activity]:
    """Every second day an easy hour with heart rate, 10 km, at seven local time in Oslo; with ``spike`` the
    last one is a long run of 26 km, which nobody's legs forget by the next morning."""
    runs = [_run(last - timedelta(days=back)) for back in range(days, 0, -2)]
    if spike:
        runs.append(_run(last, distance_m=26_000.0, moving_s=9_600))
    return runs


def _run(day: date, *, distance_m: float = 10_000.0, moving_s: int = 3_600) -> Activity:
    start = datetime.combine(day, time(7), ZoneInfo(ZONE))
    offset = start.utcoffset() or timedelta()
    return Activity(
        source=Source.STRAVA,
        external_id=f"{day:%Y%m%d}",
        sport="Run",
        start=start.astimezone(UTC),
        utc_offset_s=int(offset.total_seconds()),
        moving_s=moving_s,
        elapsed_s=moving_s + 60,
        distance_m=distance_m,
        average_hr=140.0 + day.toordinal() % 3,
        max_hr=158.0,
        perceived_exertion=4.0,
    )


def with_runs(app: App, athlete: Athlete, runs: Sequence[Activity]) -> None:
    """These runs, read just now: the athlete's night may be judged."""
    with app.store.transaction() as tx:
        tx.activities.upsert(athlete.id, runs, app.now())
        tx.athletes.synced(athlete.id, app.now(), zone=None, next_sync_at=app.now() + timedelta(days=1))
