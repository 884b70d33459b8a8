"""How large a drill is, and by which seed it is drawn."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """``soak`` asks for hours instead of minutes."""

    seed: int
    soak: bool = False

    def of(self, usual: int, soaked: int) -> int:
        return soaked if self.soak else usual
