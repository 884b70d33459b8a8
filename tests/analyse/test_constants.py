"""config/heuristics.toml: complete, typed, sourced; a slip is named, never guessed at."""

import tomllib
from pathlib import Path

import pytest

from service.analyse.constants import load_constants
from service.errors import SettingsError

PATH = Path(__file__).parents[2] / "config" / "heuristics.toml"
TEXT = PATH.read_text(encoding="utf-8")


def test_every_constant_has_unit_source_and_grade():
    """A number without its reason is a magic number."""
    for name, section in tomllib.loads(TEXT).items():
        for key, entry in section.items() if isinstance(section, dict) else []:
            assert set(entry) == {"value", "unit", "grade", "source"}, f"{name}.{key}"
            assert entry["grade"] in {"A", "B", "C", "D", "X"}, f"{name}.{key}"
            assert entry["unit"], f"{name}.{key}"
            assert entry["source"], f"{name}.{key}"


@pytest.mark.parametrize(
    ("message", "old", "new"),
    [
        ("rule_version must be a text", 'rule_version = "', 'rule_version = 1 # "'),
        ("no rule reads \\[guess\\]", "[gates]", "[guess]\n[gates]"),
        ("no rule reads gates.guess", "[gates]\n", "[gates]\nguess = { value = 1 }\n"),
        ("gates.merge_gap_min needs a number", "merge_gap_min = { value = 30, ", "merge_gap_min = { "),
        (
            "gates.merge_gap_min needs a number",
            "merge_gap_min = { value = 30",
            "merge_gap_min = { value = true",
        ),
        ("trend.seed_days must be a whole number", "seed_days = { value = 28", "seed_days = { value = 28.5"),
        ("cannot be read", "[gates]", "[gates"),
    ],
)
def test_a_slip_in_the_file_is_named(message, old, new, tmp_path):
    """The message holds the key and what to do."""
    path = tmp_path / "heuristics.toml"
    path.write_text(TEXT.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(SettingsError, match=message):
        load_constants(path)


def test_a_missing_file_is_named(tmp_path):
    """With its path."""
    with pytest.raises(SettingsError, match=r"nowhere\.toml cannot be read"):
        load_constants(tmp_path / "nowhere.toml")
