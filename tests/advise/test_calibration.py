"""What was measured of warnings: read from config/, said only where there was enough of it."""

from pathlib import Path

import pytest

from service.advise.calibration import Calibration, load
from service.domain.finding import Cause, Level
from service.domain.measured import Share
from service.errors import SettingsError
from tests.verdicts import finding

SHIPPED = Path(__file__).parents[2] / "config" / "calibration.toml"
FILE = """
[needed]
warnings = { value = 20 }
people = { value = 5 }
[sources]
study = "A study"
[[shares]]
cause = "muscle_fatigue"
level = "likely"
outcome = "a sore morning"
followed = 0.4
by_chance = 0.27
warnings = 30
people = 9
source = "study"
"""


def share(level: Level | None, warnings: int = 30, people: int = 9) -> Share:
    return Share(Cause.MUSCLE_FATIGUE, level, "a sore morning", 0.4, 0.27, warnings, people, "A study")


def test_a_file_is_read(tmp_path):
    path = tmp_path / "calibration.toml"
    path.write_text(FILE)
    assert load(path) == Calibration((share(Level.LIKELY),), 20, 5)


@pytest.mark.parametrize(
    ("measured", "told"),
    [
        ([share(Level.LIKELY), share(None, 90)], Level.LIKELY),
        ([share(Level.LIKELY, warnings=19), share(None, 90)], None),  # too few: any level
        ([share(Level.LIKELY, people=4), share(None, 90)], None),
        ([share(Level.STRONG), share(None, 90)], None),
    ],
)
def test_the_nearest_figure_with_enough_behind_it_is_taken(measured, told):
    found = Calibration(tuple(measured), 20, 5).of(finding(level=Level.LIKELY))
    assert found is not None
    assert found.level == told


@pytest.mark.parametrize(
    "measured", [(), (share(Level.STRONG),), (share(None, warnings=19),), (share(Level.LIKELY, people=1),)]
)
def test_where_too_little_was_measured_nothing_was(measured):
    assert Calibration(tuple(measured), 20, 5).of(finding(level=Level.LIKELY)) is None


def test_another_reason_has_its_own_figures():
    known = Calibration((share(Level.LIKELY),), 20, 5)
    assert known.of(finding(cause=Cause.FUELLING, level=Level.LIKELY)) is None


@pytest.mark.parametrize(
    ("was", "is_now"),
    [
        ("followed = 0.4", "followed = 40"),
        ('cause = "muscle_fatigue"', 'cause = "bad luck"'),
        ('source = "study"', 'source = "hearsay"'),
        ("[needed]", "[wanted]"),
        ("[needed]", "[needed"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(tmp_path, was, is_now):
    path = tmp_path / "calibration.toml"
    path.write_text(FILE.replace(was, is_now))
    with pytest.raises(SettingsError, match=r"calibration\.toml"):
        load(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SettingsError, match=r"nowhere\.toml"):
        load(tmp_path / "nowhere.toml")


def test_the_shipped_figures_cite_the_studies_and_hold_no_person():
    """Shares and counts; PMData and SoccerMon by name."""
    text = SHIPPED.read_text(encoding="utf-8")
    shipped = load(SHIPPED)
    assert shipped.shares
    assert shipped.warnings_needed >= 20
    assert "Midoglu et al. 2024" in text
    assert "Thambawita et al. 2020" in text
    assert all("Midoglu" in each.source and each.people > 0 for each in shipped.shares)
