"""Everything the stand-in knows, made anew by every reset."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

from .athletes import Account, Kept
from .clock import Clock, instant
from .faults import Faults
from .kinds import KINDS
from .ledger import Ledger
from .oauth import Grants
from .quota import OVERALL, READ, Quota
from .recording import account_of
from .rows import stamp
from .runner import make_runner
from .webhooks import Hooks

CLIENT_ID, CLIENT_SECRET = "4242", "standin-secret"
ONSET_AFTER_DAYS = 60
SECRETS = frozenset({"access_token", "client_secret", "code", "refresh_token", "token"})


@dataclass
class Settings:
    """What a reset decides. ``short_pages`` lists by how much each page in turn is shorter than asked,
    ``athlete_cap`` is how many athletes may be connected at a time, 0 = any number."""

    seed: int = 7
    now: datetime = field(default_factory=lambda: instant("2026-03-01T00:00:00Z"))
    running: bool = False
    onset: date | None = None
    history_days: int = 420
    future_days: int = 240
    athletes: list[Any] = field(default_factory=lambda: list(KINDS))
    recordings: list[str] = field(default_factory=list)
    overall_limit: tuple[int, int] = OVERALL
    read_limit: tuple[int, int] = READ
    short_pages: list[int] = field(default_factory=list)
    athlete_cap: int = 0
    client_id: str = CLIENT_ID
    client_secret: str = CLIENT_SECRET
    callback_domains: list[str] = field(default_factory=lambda: ["localhost", "127.0.0.1"])


class World:
    """Clock, athletes, grants, quota, ledger and counters of one run."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.clock = Clock(settings.now, running=settings.running)
        self.quota = Quota(settings.overall_limit, settings.read_limit)
        self.ledger = Ledger()
        self.counters: Counter[str] = Counter()
        self.faults = Faults(settings.seed)
        self.grants = Grants(self.clock, settings.seed, self.counters)
        number = int(settings.client_id) if settings.client_id.isdigit() else 0
        self.hooks = Hooks(self.clock, settings.seed, self.counters, application_id=number)
        self.accounts: dict[int, Account] = {}
        self._announced: dict[int, int] = {}
        self._inserted = 0
        for slot, wish in enumerate(settings.athletes):
            self._seat(slot, {"kind": wish} if isinstance(wish, str) else dict(wish))
        for file in settings.recordings:
            self._add(account_of(Path(file), None, self.onset))

    @property
    def onset(self) -> date:
        """Day 0 of the planted trouble: given at reset, or 60 days after its ``now``."""
        return self.settings.onset or self.settings.now.date() + timedelta(days=ONSET_AFTER_DAYS)

    def full_for(self, athlete: int) -> bool:
        """Whether as many athletes as may be are connected, and this is not one of them."""
        connected, cap = self.grants.by_athlete, self.settings.athlete_cap
        full = 0 < cap <= len(connected) and athlete not in connected
        if full:
            self.counters["athletes_refused"] += 1
        return full

    def find(self, activity_id: int) -> tuple[Account, Kept] | None:
        """The activity and its owner, whether or not it is visible yet."""
        for account in self.accounts.values():
            kept = account.find(activity_id)
            if kept is not None:
                return account, kept
        return None

    def tell(self, account: Account, activity_id: int, aspect: str, **updates: str) -> None:
        """Announce a change of an activity to whoever listens, as far as the grant lets them see it."""
        grant = self.grants.by_athlete.get(account.id)
        if grant is not None and grant.scopes & {"activity:read", "activity:read_all"}:
            self.hooks.happened("activity", activity_id, aspect, account.id, updates)

    def announce(self) -> None:
        """Announce the planted activities that have become visible since the last look."""
        if self.hooks.subscription is None:
            return
        now = self.clock.epoch()
        for account in self.accounts.values():
            grant = self.grants.by_athlete.get(account.id)
            if grant is None:
                continue
            since = self._announced.setdefault(account.id, now)
            for kept in account.became_visible(since, now):
                if not kept.private or "activity:read_all" in grant.scopes:
                    self.tell(account, kept.id, "create")
            self._announced[account.id] = now

    def note(self, method: str, path: str, query: str, status: int, notes: dict[str, Any]) -> None:
        """Write a request into the ledger; ``notes`` say whose it was and whether it counted."""
        self.ledger.add(
            time=stamp(self.clock.now()),
            method=method,
            path=path,
            query=urlencode([(name, "…" if name in SECRETS else text) for name, text in parse_qsl(query)]),
            athlete=notes.get("athlete"),
            counted=notes.get("counted", False),
            status=status,
        )

    def free_id(self) -> int:
        """An activity id that no seeded athlete uses."""
        self._inserted += 1
        return self.clock.epoch() // 60 * 10_000 + 9_999 - self._inserted % 1000

    def _seat(self, slot: int, wish: dict[str, Any]) -> None:
        onset = date.fromisoformat(wish["onset"]) if wish.get("onset") else self.onset
        if wish.get("recording"):
            self._add(account_of(Path(wish["recording"]), wish.get("id"), onset))
            return
        if wish.get("kind") not in KINDS:
            raise ValueError(f"unknown kind {wish.get('kind')!r}; choose one of {', '.join(KINDS)}")
        kind = KINDS[wish["kind"]]
        seed = wish.get("seed", self.settings.seed)
        runner = make_runner(slot, kind, seed, zone=wish.get("zone"), athlete_id=wish.get("id"))
        today = self.settings.now.date()
        first, last = (
            today - timedelta(days=self.settings.history_days),
            today + timedelta(days=self.settings.future_days),
        )
        profile = {"sex": runner.sex, "weight": runner.weight_kg}
        self._add(Account(runner.id, kind.name, runner.zone, profile, onset, first, last, runner, kind))

    def _add(self, account: Account) -> None:
        if account.id in self.accounts:
            raise ValueError(f"athlete {account.id} is there twice; give one of them another id")
        self.accounts[account.id] = account
