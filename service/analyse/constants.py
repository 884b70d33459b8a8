"""The constants of judgement, typed. config/heuristics.toml holds value, unit, source and grade of each."""

import dataclasses
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from service.analyse.run_sections import (
    Descent,
    Forecast,
    Form,
    Fuelling,
    Heat,
    Peaks,
    Speed,
    Splits,
    WarmUp,
)
from service.analyse.sections import (
    Answers,
    Contexts,
    Effort,
    Fatigue,
    Fusion,
    Gates,
    HeartRate,
    Load,
    Overreaching,
    Quality,
    Score,
    Spike,
    Sports,
    Strength,
    Trend,
)
from service.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Constants:
    """Every number a rule uses. ``rule_version`` is part of each verdict."""

    rule_version: str
    gates: Gates
    load: Load
    quality: Quality
    sports: Sports
    trend: Trend
    spike: Spike
    heart_rate: HeartRate
    effort: Effort
    answers: Answers
    score: Score
    fatigue: Fatigue
    overreaching: Overreaching
    strength: Strength
    fusion: Fusion
    contexts: Contexts
    splits: Splits
    descent: Descent
    speed: Speed
    peaks: Peaks
    heat: Heat
    form: Form
    warm_up: WarmUp
    fuelling: Fuelling
    forecast: Forecast


SECTIONS: dict[str, type[Any]] = {
    field.name: field.type
    for field in dataclasses.fields(Constants)
    if isinstance(field.type, type) and dataclasses.is_dataclass(field.type)
}


def load_constants(path: Path) -> Constants:
    """Read the constants. Raises ``SettingsError`` naming the first missing, unknown or ill-typed one."""
    try:
        record = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}. Restore config/heuristics.toml.") from error
    version = record.pop("rule_version", None)
    if not isinstance(version, str):
        raise SettingsError(f"{path}: rule_version must be a text, such as '2026.1'")
    if unknown := sorted(record.keys() - SECTIONS.keys()):
        raise SettingsError(f"{path}: no rule reads [{unknown[0]}]; remove it or spell it as the rules do")
    sections = {name: _section(path, name, cls, record.get(name, {})) for name, cls in SECTIONS.items()}
    return Constants(rule_version=version, **sections)


def _section(path: Path, name: str, cls: type[Any], record: Mapping[str, Mapping[str, Any]]) -> Any:
    fields = {field.name: field.type for field in dataclasses.fields(cls)}
    if unknown := sorted(record.keys() - fields.keys()):
        raise SettingsError(
            f"{path}: no rule reads {name}.{unknown[0]}; remove it or spell it as the rules do"
        )
    return cls(**{key: _value(path, f"{name}.{key}", kind, record.get(key)) for key, kind in fields.items()})


def _value(path: Path, key: str, kind: object, entry: Mapping[str, Any] | None) -> float | int:
    value = None if entry is None else entry.get("value")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise SettingsError(f"{path}: {key} needs a number under 'value'")
    if kind is int and not isinstance(value, int):
        raise SettingsError(f"{path}: {key} must be a whole number")
    return value if kind is int else float(value)
