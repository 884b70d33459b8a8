"""Twelve weeks of load as a picture of a few kilobytes, for mails whose claim is a trend.

Drawn straight into a 4-bit palette at twice the size it is shown at: 4 ms, where an RGB image costs 15 and
a plotting library 200. The background is part of the picture, so it reads in the dark as well.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from PIL import Image, ImageDraw, ImageFont

from service.domain.course import Day
from service.notify import days as said

WIDTH, HEIGHT = 1200, 480
"""Pixels; shown at half of it."""
LEFT, RIGHT, TOP, BOTTOM = 20, 1180, 64, 424
RECENT_DAYS = 7
PALETTE = (
    (255, 255, 255),  # ground
    (174, 189, 184),  # bars
    (15, 118, 110),  # bars of the last week
    (20, 32, 29),  # the line of what one is used to
    (85, 100, 95),  # words
    (219, 226, 223),  # grid
)
GROUND, BAR, RECENT, LINE, WORDS, GRID = range(len(PALETTE))
ROUND_STEPS = (25, 50, 75, 100, 150, 200, 250, 300, 400, 500, 600, 800, 1000, 1500)
LETTER_PX = 26
COMPRESSION = 3
ALT = "Chart: a column for the load of each day, and a line for what you are used to"


@dataclass(frozen=True, slots=True)
class Picture:
    """``png`` is the image; ``caption`` says what it shows."""

    png: bytes
    caption: str


def picture(course: Sequence[Day]) -> Picture | None:
    """The picture of these days, oldest first; ``None`` where no load was observed."""
    loads = [day.load for day in course if day.load is not None]
    if not loads:
        return None
    return Picture(_png(course, max(loads)), _caption(course, loads))


def _caption(course: Sequence[Day], loads: Sequence[float]) -> str:
    weeks = len(course) // 7
    last = sum(day.load or 0 for day in course[-7:])
    usual = 7 * sum(loads) / len(loads)
    return (
        f"The load of each day from {said.short(course[0].date)} to {said.short(course[-1].date)}: "
        f"{last:.0f} load points in the last seven days, {usual:.0f} in an average week of these {weeks}. "
        "The line is what you are used to."
    )


def _png(course: Sequence[Day], highest: float) -> bytes:
    image = Image.new("P", (WIDTH, HEIGHT), GROUND)
    image.putpalette([channel for colour in PALETTE for channel in colour])
    draw = ImageDraw.Draw(image)
    top = next((step for step in ROUND_STEPS if step >= highest), round(highest))
    slot = (RIGHT - LEFT) / len(course)
    scale = (BOTTOM - TOP) / top
    _frame(draw, top, course, slot)
    for index, day in enumerate(course):
        if day.load:
            x = LEFT + index * slot
            colour = RECENT if index >= len(course) - RECENT_DAYS else BAR
            draw.rectangle((x + 1, BOTTOM - day.load * scale, x + slot - 3, BOTTOM), fill=colour)
    line = [
        (LEFT + (index + 0.5) * slot, BOTTOM - day.fitness * scale)
        for index, day in enumerate(course)
        if day.fitness is not None
    ]
    if len(line) > 1:
        draw.line(line, fill=LINE, width=4)
    packed = io.BytesIO()
    image.save(packed, "PNG", bits=4, compress_level=COMPRESSION)
    return packed.getvalue()


def _frame(draw: ImageDraw.ImageDraw, top: int, course: Sequence[Day], slot: float) -> None:
    """Grid, the figure at its top, and the months below."""
    font = _font()
    for height in (TOP, (TOP + BOTTOM) / 2):
        draw.line((LEFT, height, RIGHT, height), fill=GRID, width=2)
    draw.line((LEFT, BOTTOM + 2, RIGHT, BOTTOM + 2), fill=WORDS, width=2)
    draw.text((RIGHT, TOP - 8), f"{top} load points", fill=WORDS, font=font, anchor="rb")
    for index, day in enumerate(course):
        if day.date.day == 1:
            x = LEFT + index * slot
            draw.line((x, BOTTOM + 2, x, BOTTOM + 16), fill=WORDS, width=2)
            if x < RIGHT - 4 * LETTER_PX:
                draw.text((x + 8, BOTTOM + 10), said.MONTHS[day.date.month - 1], fill=WORDS, font=font)


@cache
def _font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """The typeface that comes with Pillow: none has to be installed."""
    return ImageFont.load_default(LETTER_PX)
