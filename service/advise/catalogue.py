"""config/advice.toml as frozen values."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from service.advise.restraint import Limits
from service.domain.finding import Cause, Context


@dataclass(frozen=True, slots=True)
class Catalogue:
    restraint: Limits


def load(path: Path) -> Catalogue:
    """Read the catalogue."""
    record = tomllib.loads(path.read_text(encoding="utf-8"))
    return Catalogue(restraint=_limits(record["restraint"]))


def _limits(record: Mapping[str, Mapping[str, Any]]) -> Limits:
    values = {name: entry["value"] for name, entry in record.items()}
    return Limits(
        confirm_nights=values["confirm_nights"],
        cooldown_days=values["cooldown_days"],
        weekly_mails=values["weekly_mails"],
        agreeing_channels=values["agreeing_channels"],
        agreeing_strength=values["agreeing_strength"],
        at_once=frozenset(values["at_once"]),
        never_mailed=frozenset(Cause(cause) for cause in values["never_mailed"]),
        quiet_contexts=frozenset(Context(context) for context in values["quiet_contexts"]),
        tiers=tuple(values["tiers"]),
    )
