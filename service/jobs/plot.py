"""Plots as inline SVG that stretch to any width: no text inside, so nothing shrinks on a phone.

Colours come from the page's classes. Points are strokes of no length with round ends: they stay round
however the picture is stretched.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

WIDTH, HEIGHT = 1000.0, 200.0
TICKS = 6


@dataclass(frozen=True, slots=True)
class Curve:
    """One series over days; ``None`` breaks a line. ``kind`` is its class; ``dots`` instead of a line."""

    kind: str
    days: Sequence[date]
    values: Sequence[float | None]
    dots: bool = False


@dataclass(frozen=True, slots=True)
class Plot:
    """A picture and the words around it: ``top`` and ``bottom`` of the scale, dates below."""

    svg: Markup
    top: str
    bottom: str
    ticks: tuple[str, ...]


def curves(series: Sequence[Curve], marks: Sequence[date], label: str, *, from_zero: bool) -> Plot | None:
    """Lines and points over the same days, with a thin upright for each of ``marks``; ``None`` where there
    is nothing to see."""
    known = [value for curve in series for value in curve.values if value is not None]
    days = [day for curve in series for day in curve.days]
    if len(known) < 2 or min(days) == max(days):
        return None
    low, high = (0.0 if from_zero else min(known)), max(known)
    first, last = min(days), max(days)

    def x(day: date) -> float:
        return (day - first).days / (last - first).days * WIDTH

    def y(value: float) -> float:
        return HEIGHT - (value - low) / ((high - low) or 1.0) * HEIGHT

    shapes = [f'<path class="mark" d="{"".join(f"M{x(day):.1f} 0V{HEIGHT:.0f}" for day in marks)}"/>']
    shapes += [f'<path class="{curve.kind}" d="{_drawn(curve, x, y)}"/>' for curve in series]
    step = (last - first) / (TICKS - 1)
    ticks = tuple(f"{first + n * step:%b %Y}" for n in range(TICKS))
    return Plot(_svg("".join(shapes), label), f"{high:.0f}", f"{low:.0f}", ticks)


def bars(values: Sequence[float], strong: Sequence[bool], label: str) -> Markup | None:
    """One bar a day; the ``strong`` ones stand out. ``None`` where all are zero."""
    highest = max(values, default=0.0)
    if highest <= 0:
        return None
    wide = WIDTH / len(values)
    shapes = [
        f'<rect class="{"strong" if loud else "bar"}" x="{n * wide + wide * 0.12:.1f}" '
        f'y="{HEIGHT * (1 - value / highest):.1f}" width="{wide * 0.76:.1f}" '
        f'height="{HEIGHT * value / highest:.1f}"/>'
        for n, (value, loud) in enumerate(zip(values, strong, strict=True))
        if value > 0
    ]
    return _svg("".join(shapes), label)


def _drawn(curve: Curve, x: Callable[[date], float], y: Callable[[float], float]) -> str:
    parts, open_line = [], False
    for day, value in zip(curve.days, curve.values, strict=True):
        if value is None:
            open_line = False
            continue
        place = f"{x(day):.1f} {y(value):.1f}"
        parts.append(f"M{place}h0" if curve.dots else f"{'L' if open_line else 'M'}{place}")
        open_line = True
    return "".join(parts)


def _svg(shapes: str, label: str) -> Markup:
    frame = Markup('<svg viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" aria-label="{}">{}</svg>')
    drawn = Markup(shapes)  # noqa: S704 - our own numbers and class names
    return frame.format(f"{WIDTH:.0f}", f"{HEIGHT:.0f}", label, drawn)
