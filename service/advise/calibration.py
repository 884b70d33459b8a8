"""How often warnings were right on people who were asked: config/calibration.toml, written by
``python -m tests.bench.calibrate`` from what the benches measured."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from service.domain.finding import Cause, Finding, Level
from service.domain.measured import Share
from service.errors import SettingsError

ANY_LEVEL = "any"


@dataclass(frozen=True, slots=True)
class Calibration:
    """``shares`` by reason and level; a figure counts from ``warnings_needed`` warnings of
    ``people_needed`` people on: fewer say nothing."""

    shares: tuple[Share, ...] = ()
    warnings_needed: int = 0
    people_needed: int = 0

    def of(self, finding: Finding) -> Share | None:
        """What was measured for this reason at this level, else for the reason at any level; ``None`` where
        nothing was."""
        enough = [
            share
            for share in self.shares
            if share.cause is finding.cause
            and share.warnings >= self.warnings_needed
            and share.people >= self.people_needed
        ]
        by_level = {share.level: share for share in enough}
        return by_level.get(finding.level) or by_level.get(None)


def load(path: Path) -> Calibration:
    """Read the figures. Raises ``SettingsError`` that names the file and what is wrong in it."""
    try:
        record = tomllib.loads(path.read_text(encoding="utf-8"))
        needed = record["needed"]
        shares = tuple(_share(each, record["sources"]) for each in record.get("shares", ()))
        return Calibration(shares, int(needed["warnings"]["value"]), int(needed["people"]["value"]))
    except OSError as error:
        raise SettingsError(f"{path} cannot be read ({error.strerror}): restore it") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise SettingsError(f"{path} holds no usable figures ({reason}): write it anew") from error


def _share(record: Mapping[str, Any], sources: Mapping[str, str]) -> Share:
    followed, by_chance = float(record["followed"]), float(record["by_chance"])
    if not (0.0 <= followed <= 1.0 and 0.0 <= by_chance <= 1.0):
        raise ValueError(f"shares of {record['cause']} lie outside 0 to 1")
    level = record["level"]
    return Share(
        cause=Cause(record["cause"]),
        level=None if level == ANY_LEVEL else Level(level),
        outcome=str(record["outcome"]),
        followed=followed,
        by_chance=by_chance,
        warnings=int(record["warnings"]),
        people=int(record["people"]),
        source=sources[record["source"]],
    )
