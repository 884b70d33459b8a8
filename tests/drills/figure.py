"""What a drill has counted, and what was promised."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One number with its promise; without ``most`` and ``least`` it is only told."""

    name: str
    value: float
    most: float | None = None
    least: float | None = None

    @property
    def kept(self) -> bool:
        above = self.most is not None and self.value > self.most
        below = self.least is not None and self.value < self.least
        return not (above or below)

    def __str__(self) -> str:
        return f"{self.name}={self.value:g}" + ("" if self.kept else f"!({self._promise})")

    @property
    def _promise(self) -> str:
        return f"≤{self.most:g}" if self.most is not None else f"≥{self.least:g}"


def none(name: str, value: float) -> Figure:
    """A figure that must be zero."""
    return Figure(name, value, most=0)


def line(drill: str, figures: Sequence[Figure]) -> str:
    """``DRILL name figure…``."""
    return f"DRILL {drill} {' '.join(map(str, figures))}"
