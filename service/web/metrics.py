"""The same signs of life as figures, for Prometheus; only for who knows the token, and off without one."""

import hmac
from collections.abc import Iterable, Iterator, Mapping

from fastapi import APIRouter, Request
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.exceptions import HTTPException
from starlette.responses import Response

from service.store.vitals import Vitals
from service.web.deps import Deps
from service.web.health import AWAY

FORMAT = "text/plain; version=0.0.4; charset=utf-8"

routes = APIRouter()


@routes.get("/metrics", response_class=Response)
def metrics(request: Request, deps: Deps) -> Response:
    """Read from the database at every call, so that any process tells of all; one that is away is a figure,
    too. 404 to everybody else."""
    given = request.headers.get("authorization", "").encode()
    wanted = f"Bearer {deps.metrics_token}".encode()
    if not deps.metrics_token or not hmac.compare_digest(given, wanted):
        raise HTTPException(404)
    registry = CollectorRegistry(auto_describe=False)
    try:
        with deps.store.transaction() as tx:
            registry.register(_Figures(tx.vitals.read(deps.now())))
    except AWAY:
        registry.register(_Away())
    return Response(generate_latest(registry), media_type=FORMAT)


class _Away(Collector):
    """All that is known without a database."""

    def collect(self) -> Iterator[Metric]:
        yield _database(up=False)


class _Figures(Collector):
    """One reading as metric families."""

    def __init__(self, seen: Vitals) -> None:
        self._seen = seen

    def collect(self) -> Iterator[Metric]:
        yield _database(up=True)
        yield from self._processes()
        yield from self._work()
        yield from self._outside()

    def _processes(self) -> Iterator[Metric]:
        seen = self._seen
        beats = {beat.name: (seen.now - beat.beat_at).total_seconds() for beat in seen.beats}
        yield _by("clock_beat_age_seconds", "Since each tick last went well", "tick", beats)
        yield _one("workers", "Workers that have beaten lately or not", len(seen.workers))
        yield _one(
            "worker_beat_age_seconds", "Since the liveliest worker beat", min(seen.workers, default=-1)
        )
        if seen.backup_at is not None:
            age = (seen.now - seen.backup_at).total_seconds()
            yield _one("backup_age_seconds", "Since the last backup", age)

    def _work(self) -> Iterator[Metric]:
        seen = self._seen
        yield _by("jobs", "Jobs in the queue", "state", seen.jobs)
        yield _one("oldest_job_seconds", "Since the oldest waiting job was asked for", seen.oldest_job_s or 0)
        due = {"sync": seen.syncs, "night": seen.nights, "event": seen.events}
        yield _by("due", "Rows due now", "work", {name: work.count for name, work in due.items()})
        late = {
            name: (seen.now - work.oldest).total_seconds() if work.count and work.oldest else 0
            for name, work in due.items()
        }
        yield _by("due_oldest_seconds", "Since the oldest of them was due", "work", late)
        parked = {"sync": seen.parked_syncs, "night": seen.parked_nights}
        yield _by("parked", "Athletes given up on until an admin looks", "work", parked)
        yield _one("quarantined", "Rows that could not be read", seen.quarantined)
        yield _by("nights_judged_24h", "Nights by outcome", "outcome", seen.judged)

    def _outside(self) -> Iterator[Metric]:
        seen = self._seen
        yield _by("athletes", "Athletes", "state", seen.athletes)
        yield _one("backfills", "Athletes of whom there is more of the past to read", seen.backfills)
        yield _by("mails", "Mails", "state", seen.mails)
        unsent = (seen.now - seen.unsent.oldest).total_seconds() if seen.unsent.oldest else 0
        yield _one("mail_unsent_oldest_seconds", "Since the oldest unsent mail was decided", unsent)
        stopped = {guard.value: float(switch.on) for guard, switch in seen.guards.items()}
        yield _by("stopped", "Guards that stop mail", "guard", stopped)
        told = {state: float(state == seen.subscription) for state in ("hearing", "silent", "none")}
        yield _by("subscription", "How it stands with Strava's events: one of these is 1", "state", told)
        yield _by("posts_dropped_7d", "Posts that were no event of ours", "reason", seen.surprises)
        used = {window.family: window.used for window in seen.quota}
        limits = {window.family: window.limit for window in seen.quota if window.limit}
        yield _by("strava_calls_used", "Calls in the windows open now", "window", used)
        yield _by("strava_calls_limit", "Most calls in a window, where Strava has said", "window", limits)


def _database(*, up: bool) -> Metric:
    return _one("database_up", "Whether Postgres answered", up)


def _one(name: str, told: str, value: float) -> Metric:
    return GaugeMetricFamily(f"freshlegs_{name}", told, value=value)


def _by(name: str, told: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(f"freshlegs_{name}", told, labels=[label])
    pairs: Iterable[tuple[str, float]] = values.items()
    for key, value in pairs:
        family.add_metric([key], value)
    return family
