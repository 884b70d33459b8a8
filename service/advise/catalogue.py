"""config/advice.toml as frozen values: what may be suggested, when, and where it comes from."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from service.advise import occasions
from service.advise.restraint import Limits
from service.domain.advice import Exercise
from service.domain.finding import Cause, Context, Level
from service.errors import SettingsError

Record = Mapping[str, Any]


class Place(StrEnum):
    """Where in time a suggestion stands; the head of config/advice.toml says how days are counted."""

    TODAY = "today"
    WINDOW = "window"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class Item:
    """One suggestion before it is given a date. ``days`` = None: without an end of its own."""

    title: str
    text: str
    source: str
    place: Place
    offset: int = 0
    days: int | None = None
    adults_only: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """One strength block before it is given a date."""

    name: str
    sessions_a_week: str
    weeks: str
    exercises: tuple[Exercise, ...]
    move_on_when: str
    source: str


@dataclass(frozen=True, slots=True)
class Ladder:
    """Which strength block suits whom; ``pain_free`` is for weekly strength work without a recent injury."""

    none: Block
    sometimes: Block
    weekly: Block
    pain_free: Block
    novice: Block


@dataclass(frozen=True, slots=True)
class Entry:
    """All that is suggested for one rule, or for every rule of a cause without an entry of its own.

    ``window_days`` is the recovery window, from the night on, where the finding names no last day.
    """

    cause: Cause
    rules: frozenset[str]
    window_days: int
    now: Item
    plan: tuple[Item, ...]
    question: str
    limits: str
    ladder: Ladder | None


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every suggestion there is, how sparingly warnings are written, and when other mails are."""

    entries: tuple[Entry, ...]
    blocks: Mapping[str, Block]
    sources: Mapping[str, str]
    restraint: Limits
    occasions: occasions.Limits

    def entry(self, cause: Cause, rule: str) -> Entry | None:
        """The entry made for this rule, else the cause's general one, else ``None``."""
        of_cause = [entry for entry in self.entries if entry.cause is cause]
        special = [entry for entry in of_cause if rule in entry.rules]
        general = [entry for entry in of_cause if not entry.rules]
        return next(iter(special + general), None)


def load(path: Path) -> Catalogue:
    """Read the catalogue; raises ``SettingsError`` that names the file and what is missing in it."""
    try:
        record = tomllib.loads(path.read_text(encoding="utf-8"))
        return _catalogue(record)
    except OSError as error:
        raise SettingsError(
            f"{path} cannot be read ({error.strerror}): restore it from the repository"
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise SettingsError(f"{path} is not a usable catalogue ({reason}): correct that entry") from error


def _catalogue(record: Record) -> Catalogue:
    sources: Mapping[str, str] = record["sources"]
    blocks = {key: _block(block, sources) for key, block in record["blocks"].items()}
    return Catalogue(
        entries=tuple(_entry(entry, sources, blocks) for entry in record["entries"]),
        blocks=blocks,
        sources=sources,
        restraint=_limits(record["restraint"]),
        occasions=occasions.Limits(**{name: entry["value"] for name, entry in record["occasions"].items()}),
    )


def _entry(record: Record, sources: Mapping[str, str], blocks: Mapping[str, Block]) -> Entry:
    strength: Mapping[str, str] | None = record.get("strength")
    return Entry(
        cause=Cause(record["cause"]),
        rules=frozenset(record.get("rules", ())),
        window_days=record["window_days"],
        now=_item(record["now"], sources),
        plan=tuple(_item(item, sources) for item in record["plan"]),
        question=record["question"],
        limits=record["limits"],
        ladder=None if strength is None else Ladder(**{who: blocks[key] for who, key in strength.items()}),
    )


def _item(record: Record, sources: Mapping[str, str]) -> Item:
    fields = {key: value for key, value in record.items() if key not in {"sources", "place"}}
    return Item(**fields, place=Place(record["place"]), source=_cited(record["sources"], sources))


def _block(record: Record, sources: Mapping[str, str]) -> Block:
    fields = {key: value for key, value in record.items() if key not in {"sources", "exercises"}}
    return Block(
        **fields,
        exercises=tuple(Exercise(**exercise) for exercise in record["exercises"]),
        source=_cited(record["sources"], sources),
    )


def _cited(keys: Sequence[str], sources: Mapping[str, str]) -> str:
    """The citations of these keys as one line; a mail takes them apart at the semicolons."""
    return "; ".join(sources[key] for key in keys)


def _limits(record: Mapping[str, Record]) -> Limits:
    values: dict[str, Any] = {name: entry["value"] for name, entry in record.items()}
    values["at_once"] = frozenset(values["at_once"])
    values["level_needed"] = Level(values["level_needed"])
    values["scored"] = frozenset(Cause(cause) for cause in values["scored"])
    values["never_mailed"] = frozenset(Cause(cause) for cause in values["never_mailed"])
    values["despite_contexts"] = frozenset(Context(context) for context in values["despite_contexts"])
    values["quiet_contexts"] = frozenset(Context(context) for context in values["quiet_contexts"])
    values["tiers"] = tuple(values["tiers"])
    return Limits(**values)
