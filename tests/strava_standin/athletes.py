"""Athletes as the server keeps them: rows ready to be sent, newest first, each with its time of appearing."""

import json
from bisect import insort
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from .answers import Answers, checkin
from .clock import instant
from .kinds import Kind
from .rows import Row, stamp, summary
from .runner import Runner, Session
from .timeline import sessions_between

ONLY_IN_DETAIL = frozenset(
    "perceived_exertion prefer_perceived_exertion calories description gear laps splits_metric "
    "splits_standard best_efforts segment_efforts photos stats_visibility available_zones similar_activities "
    "hide_from_home embed_token private_note".split()
)


@dataclass
class Kept:
    """One activity. ``row`` is the summary as sent now, ``session`` the truth behind it, if seeded."""

    start: int
    visible_from: int
    row: Row
    session: Session | None = None
    detail: Row | None = None
    readable_from: int = 0
    inserted: bool = False
    _bytes: bytes | None = None

    @property
    def id(self) -> int:
        return int(self.row["id"])

    @property
    def private(self) -> bool:
        return bool(self.row.get("private")) or self.row.get("visibility") == "only_me"

    @property
    def body(self) -> bytes:
        """The row as JSON, made once."""
        if self._bytes is None:
            self._bytes = json.dumps(self.row, separators=(",", ":")).encode()
        return self._bytes

    def edit(self, changes: Row) -> None:
        self.row = self.row | changes
        self.start = epoch_of(self.row)
        if self.detail is not None:
            self.detail = self.detail | changes
        self._bytes = None


def epoch_of(row: Row) -> int:
    return int(instant(str(row["start_date"])).timestamp())


@dataclass
class Account:
    """One athlete of this stand-in and all their activities, newest first."""

    id: int
    kind: str
    zone: str
    profile: Row
    onset: date
    first: date
    last: date
    runner: Runner | None = None
    truth: Kind | None = None
    recorded: list[Row] = field(default_factory=list)
    _kept: list[Kept] | None = None

    @property
    def kept(self) -> list[Kept]:
        """All activities, past and to come, newest first; the seeded ones are drawn on first use."""
        if self._kept is None:
            rows = self._seeded() if self.runner else [_from_recording(row) for row in self.recorded]
            self._kept = sorted(rows, key=_newest_first)
        return self._kept

    def visible(self, now: int) -> list[Kept]:
        """What exists for Strava at ``now``: begun and uploaded."""
        return [kept for kept in self.kept if kept.visible_from <= now and kept.start <= now]

    def became_visible(self, since: int, now: int) -> list[Kept]:
        """What was uploaded after ``since`` and not later than ``now``, but by hand; oldest first."""
        return [
            kept
            for kept in reversed(self.kept)
            if since < max(kept.visible_from, kept.start) <= now and not kept.inserted
        ]

    def find(self, activity_id: int) -> Kept | None:
        return next((kept for kept in self.kept if kept.id == activity_id), None)

    def insert(self, kept: Kept) -> None:
        insort(self.kept, kept, key=_newest_first)

    def edit(self, kept: Kept, changes: Row) -> None:
        kept.edit(changes)
        self.kept.sort(key=_newest_first)

    def delete(self, activity_id: int) -> None:
        self._kept = [kept for kept in self.kept if kept.id != activity_id]

    def answers(self, first: date, last: date) -> list[Answers | None]:
        """The morning answers from ``first`` to ``last``; ``None`` where the athlete is silent."""
        if self.runner is None:
            return []
        days = (last - first).days + 1
        return [checkin(self.runner, first + timedelta(days=day), self.onset) for day in range(days)]

    def truth_window(self) -> tuple[str | None, str | None]:
        """First and last day of the planted trouble (ISO), ``None`` where it has none."""
        if self.truth is None or self.truth.first is None:
            return None, None
        last = None if self.truth.last is None else self.onset + timedelta(days=self.truth.last)
        return (self.onset + timedelta(days=self.truth.first)).isoformat(), last.isoformat() if last else None

    def _seeded(self) -> Iterable[Kept]:
        assert self.runner is not None
        for session, row in _drawn(self.runner_key(), self.first, self.last, self.onset):
            yield Kept(int(session.start.timestamp()), int(session.uploaded_at.timestamp()), row, session)

    def runner_key(self) -> "RunnerKey":
        assert self.runner is not None
        return RunnerKey(self.runner)


class RunnerKey:
    """Makes a runner hashable by everything that decides their days, so that resets can share drawn years."""

    def __init__(self, runner: Runner) -> None:
        self.runner = runner
        self.key = (runner.id, runner.slot, runner.kind.name, runner.zone, runner.seed)

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RunnerKey) and other.key == self.key


@lru_cache(maxsize=400)
def _drawn(key: RunnerKey, first: date, last: date, onset: date) -> list[tuple[Session, Row]]:
    return [(session, summary(session)) for session in sessions_between(key.runner, first, last, onset)]


def _newest_first(kept: Kept) -> tuple[int, int]:
    return (-kept.start, -kept.id)


def _from_recording(row: Row) -> Kept:
    start = epoch_of(row)
    detail = row if row.get("resource_state") == 3 else None
    listed = {key: value for key, value in row.items() if key not in ONLY_IN_DETAIL} | {"resource_state": 2}
    return Kept(start, start + int(row.get("elapsed_time") or 0), listed if detail else row, None, detail)


def new_row(account: Account, given: Row, now: datetime, free_id: int) -> Row:
    """A whole row from the few fields a test names; the rest is a quiet easy run that ended just now."""
    moving = int(given.get("moving_time", 2700))
    start = instant(str(given["start_date"])) if "start_date" in given else now - timedelta(seconds=moving)
    template: Row = dict(account.kept[0].row) if account.kept else {}
    offset = float(given.get("utc_offset") or template.get("utc_offset") or 0.0)
    fresh: Row = {
        "resource_state": 2,
        "athlete": {"id": account.id, "resource_state": 1},
        "name": "Morning Run",
        "distance": 8000.0,
        "moving_time": moving,
        "elapsed_time": moving,
        "total_elevation_gain": 20.0,
        "type": "Run",
        "sport_type": "Run",
        "id": free_id,
        "start_date": stamp(start),
        "start_date_local": stamp((start + timedelta(seconds=offset)).replace(tzinfo=UTC)),
        "private": False,
        "visibility": "everyone",
        "manual": False,
        "map": {"id": f"a{free_id}", "summary_polyline": "", "resource_state": 2},
    }
    return template | fresh | given
