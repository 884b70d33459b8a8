"""Points at the edges of effects, by name: a drill lets a process die at each; in service they do nothing.

No setting and no environment variable reaches this: what is to happen is a function that the process itself
installs, and nothing in ``service`` installs one. A point costs one look at a module's name.
"""

from collections.abc import Callable

_strike: Callable[[str], None] | None = None


def point(name: str) -> None:
    """Here something has just been done, or is done but not yet committed; see the drill ``fault_points``."""
    if _strike is not None:
        _strike(name)


def install(strike: Callable[[str], None] | None) -> None:
    """Have ``strike`` called with the name of every point that this process passes; ``None``: no more."""
    global _strike
    _strike = strike
