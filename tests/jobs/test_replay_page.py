"""A replay as one page: complete, self-contained, and without anything that was not judged."""

import io
import re
from datetime import date
from pathlib import Path

import pytest

from service.errors import InputError
from service.jobs import plot, replay
from tests.archive.samples import table, wide_row


def page(tmp_path: Path, *paths: Path) -> str:
    """What ``--html`` writes."""
    target = tmp_path / "page.html"
    err = io.StringIO()
    assert replay.run(paths, None, None, None, "Europe/Oslo", False, io.StringIO(), err, html=target) == 0
    assert "wrote" in err.getvalue()
    return target.read_text(encoding="utf-8")


@pytest.fixture
def season(tmp_path: Path) -> Path:
    """Twenty weeks of runs every second day, and one of thirty kilometres at their end."""
    rows = []
    for n in range(70):
        day = date.fromordinal(date(2025, 1, 1).toordinal() + 2 * n)
        last = n == 69
        rows.append(
            wide_row(
                n, Filename="", c1=f"{day:%b} {day.day}, 2025, 7:30:00 AM",
                c16="10800.0" if last else "3000.0", c17="30000" if last else str(8000 + n % 5 * 300),
                c31=str(140 + n % 4), c15="11000.0",
            )
        )  # fmt: skip
    path = tmp_path / "activities.csv"
    path.write_bytes(table(*rows))
    return path


def test_a_warning_stands_there_with_its_evidence(season: Path, tmp_path: Path) -> None:
    """In the calendar and below, with the numbers and what could not be seen."""
    html = page(tmp_path, season)
    assert re.search(r'<a class="c warn" href="#(2025-05-\d\d)"', html)
    assert "30.0 km" in html
    assert "Could not be seen." in html
    assert "there are no check-ins" in html
    assert html.count("<svg") == 3


def test_it_needs_nothing_else(season: Path, tmp_path: Path) -> None:
    """No script, no address, no picture from elsewhere, no title of a session."""
    html = page(tmp_path, season)
    assert re.findall(r"<script|https?://|src=|@import|url\(", html) == []
    assert "Secret" not in html


def test_a_short_history_is_a_page_too(tmp_path: Path) -> None:
    """One run: learning, nothing to draw, and no warning is no promise."""
    (tmp_path / "activities.csv").write_bytes(table(wide_row(1, Filename=""), wide_row(2, c1="<b>soon</b>")))
    html = page(tmp_path, tmp_path / "activities.csv")
    assert "no promise" in html
    assert "There is too little to draw." in html
    assert "line 3: its date cannot be read" in html
    assert "<b>soon" not in html


def test_a_place_that_cannot_be_written(season: Path, tmp_path: Path) -> None:
    """Said with the path."""
    with pytest.raises(InputError, match="cannot be written"):
        replay.run([season], None, None, None, None, False, io.StringIO(), io.StringIO(), html=tmp_path)


def test_plots_say_when_there_is_nothing() -> None:
    """No axis around emptiness; gaps break a line."""
    days = [date(2025, 1, n) for n in (1, 2, 3)]
    assert plot.curves([plot.Curve("a", days, [None, 1.0, None])], [], "x", from_zero=True) is None
    assert plot.bars([0.0, 0.0], [True, False], "x") is None
    drawn = plot.curves([plot.Curve("a", days, [1.0, None, 2.0])], days[:1], "<x>", from_zero=False)
    assert drawn is not None
    assert 'class="a" d="M0.0 200.0M1000.0 0.0"' in drawn.svg
    assert "&lt;x&gt;" in drawn.svg
