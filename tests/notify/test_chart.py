"""The picture of a trend: small, whole, and said in words too."""

import io
from dataclasses import replace
from datetime import date, timedelta

import pytest
from PIL import Image

from service.domain.course import Day
from service.notify.chart import BAR, HEIGHT, LINE, RECENT, WIDTH, picture
from tests.notify.samples import COURSE


def drawn(course: list[Day]) -> Image.Image:
    found = picture(course)
    assert found is not None
    image = Image.open(io.BytesIO(found.png))
    image.load()
    return image


def count(image: Image.Image, colour: int) -> int:
    return image.histogram()[colour]


def test_it_is_a_small_palette_image_at_twice_its_size() -> None:
    """Under ten kilobytes, four bits a pixel."""
    found = picture(COURSE)
    assert found is not None
    assert len(found.png) < 10_000
    assert found.png[24] == 4  # bit depth in the header of the PNG
    image = drawn(COURSE)
    assert (image.size, image.mode) == ((WIDTH, HEIGHT), "P")


def test_the_same_days_give_the_same_bytes() -> None:
    """Every attempt to send a mail sends the same one."""
    assert picture(COURSE) == picture(COURSE)


def test_columns_and_line_are_what_was_given() -> None:
    """A doubled week doubles its columns; without fitness there is no line."""
    quiet = [replace(day, load=100.0 if n == 0 else 10.0) for n, day in enumerate(COURSE[:-7])]
    one, two = (drawn([*quiet, *(replace(d, load=load) for d in COURSE[-7:])]) for load in (90.0, 45.0))
    assert count(one, RECENT) == pytest.approx(2 * count(two, RECENT), rel=0.05)
    assert count(one, BAR) > 0
    assert count(one, LINE) > 0
    assert count(drawn([replace(day, fitness=None) for day in COURSE]), LINE) == 0


def test_unobserved_days_and_rest_have_no_column() -> None:
    """Only the last week is drawn strongly."""
    bare = [replace(day, load=None) for day in COURSE[:-1]]
    image = drawn([*bare, replace(COURSE[-1], load=50.0)])
    assert count(image, BAR) == 0
    assert count(image, RECENT) > 0
    assert count(drawn([replace(day, load=0.0) for day in COURSE]), RECENT) == 0


def test_a_load_beyond_all_still_fits() -> None:
    """A day of 24 hours, or a mistake."""
    assert count(drawn([replace(day, load=9_000.0) for day in COURSE]), BAR) > 0


def test_where_nothing_was_observed_there_is_none() -> None:
    """No axis without a value."""
    assert picture([Day(date(2026, 3, 1) + timedelta(days=n), None, None) for n in range(84)]) is None
    assert picture([]) is None


def test_the_caption_says_what_is_seen() -> None:
    """First and last day, the last week, an average one."""
    found = picture([Day(date(2026, 2, 16) + timedelta(days=n), 10.0, 10.0) for n in range(14)])
    assert found is not None
    assert found.caption == (
        "The load of each day from 16 February to 1 March: 70 load points in the last seven days, 70 in an "
        "average week of these 2. The line is what you are used to."
    )
