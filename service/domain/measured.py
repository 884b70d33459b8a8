"""How often warnings of a kind turned out right: in open study data, and for the athlete."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from service.domain.finding import Cause, Level
from service.domain.reply import Felt


@dataclass(frozen=True, slots=True)
class Share:
    """Warnings of one reason at one level (``None``: at any) and what followed within three days.

    ``followed`` of the ``warnings`` were followed by ``outcome`` (a few words); ``by_chance`` is what the
    people's own base rates would have given on any three days. Both are shares, 0 to 1.
    """

    cause: Cause
    level: Level | None
    outcome: str
    followed: float
    by_chance: float
    warnings: int
    people: int
    source: str


@dataclass(frozen=True, slots=True)
class Felts:
    """One athlete's own answers to warnings of one reason."""

    counts: Mapping[Felt, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.counts.values())
