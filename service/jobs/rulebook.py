"""The constants behind each reason, with their sources, straight from the files that judgement reads."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from service.domain.finding import Cause
from service.domain.rule import Chapter, Constant

OWN: Mapping[Cause, tuple[str, ...]] = {
    Cause.MUSCLE_FATIGUE: ("fatigue", "spike", "descent", "terrain", "answers", "heart_rate", "score"),
    Cause.OVERREACHING: ("overreaching", "trend", "effort", "answers", "heart_rate"),
    Cause.STRENGTH: ("strength",),
    Cause.HEAT_AND_FLUID: ("heat_and_fluid", "heat", "fluid"),
    Cause.RUNNING_FORM: ("running_form", "form", "cadence"),
    Cause.WARM_UP: ("warm_up",),
    Cause.FUELLING: ("fuelling", "fuel"),
}
"""Sections that speak of a cause, the one without which it is not judged at all first; those that the file
does not have are passed over."""
SHARED = ("fusion", "contexts", "load", "quality", "gates")
TITLES = {
    "gates": "Which recordings count",
    "load": "How heavy a session is",
    "quality": "How far a load is believed",
    "trend": "Fitness and fatigue",
    "spike": "The long run",
    "heart_rate": "Heart rate at your own speed",
    "effort": "How hard runs felt",
    "answers": "Your answers",
    "score": "How the signs are weighed",
    "fatigue": "Tired muscles",
    "overreaching": "Recovery over weeks",
    "strength": "Strength work",
    "fusion": "How sure a finding is",
    "contexts": "Races, breaks and journeys",
    "restraint": "When a mail is worth writing",
}


@dataclass(frozen=True, slots=True)
class Rulebook:
    """Every constant by its section."""

    sections: Mapping[str, tuple[Constant, ...]]

    def behind(self, cause: Cause) -> Sequence[Chapter]:
        """The chapters that a finding of this cause rests on, its own first."""
        names = (*OWN[cause], *SHARED, "restraint")
        return [Chapter(_title(name), self.sections[name]) for name in names if name in self.sections]

    def judges(self, cause: Cause) -> bool:
        """Whether there is a rule for this cause at all."""
        return any(name in self.sections for name in OWN[cause])


def load_rulebook(heuristics: Path, advice: Path) -> Rulebook:
    """From heuristics.toml and the restraint of advice.toml; both were checked by their own readers."""
    record = tomllib.loads(heuristics.read_text(encoding="utf-8"))
    record["restraint"] = tomllib.loads(advice.read_text(encoding="utf-8"))["restraint"]
    sections = {name: section for name, section in record.items() if isinstance(section, dict)}
    return Rulebook({name: tuple(_constants(section)) for name, section in sections.items()})


def _constants(section: Mapping[str, Mapping[str, Any]]) -> list[Constant]:
    return [
        Constant(
            name=name.replace("_", " "),
            value=_said(entry["value"]),
            unit=entry["unit"],
            grade=entry["grade"],
            source=entry["source"],
        )
        for name, entry in section.items()
    ]


def _said(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(str(each).replace("_", " ") for each in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _title(name: str) -> str:
    return TITLES.get(name) or name.replace("_", " ").capitalize()
