"""The docs are tested: every command, setting, module, link and constant in them exists, and the reverse."""

import re
import tomllib
from pathlib import Path

import pytest

from service.jobs import clock
from service.settings import Settings
from service.store import logbook
from tests.whole import constants_page
from tests.whole.commands import ROOT, commands
from tests.whole.module_map import MAP, listed, modules

DOCS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
CONFIGS = sorted((ROOT / "config").glob("*.toml"))
CONSTANT = {"value", "unit", "source", "grade"}
GRADES = set("ABCDX")
SETTING = re.compile(r"`([A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+)(?:=[^`]*)?`")
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
docs = pytest.mark.parametrize("path", DOCS, ids=lambda path: str(path.relative_to(ROOT)))


def code_of(text: str) -> list[str]:
    """What stands in code: spans, and the lines of fenced blocks with their comments left out."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))
    return [*spans, *(line.split("#")[0].strip() for block in blocks for line in block.splitlines())]


def targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))


@docs
def test_every_make_target_exists(path):
    """`make X` in code is a target that `make` lists."""
    named = {
        found for code in code_of(path.read_text()) for found in re.findall(r"(?:^|\s)make ([a-z-]+)", code)
    }
    assert named - targets() == set()


@docs
def test_every_command_exists(path):
    """`freshlegs X` in code is a command of the command line."""
    known = {word for name in commands() for word in (name, name.split()[0])}
    named = {
        found.strip()
        for code in code_of(path.read_text())
        for found in re.findall(r"(?:^|[\s/])freshlegs ((?:admin )?[a-z][a-z-]+)", code)
    }
    assert named - known == set()


def test_every_command_is_documented():
    """In the README or among the operations."""
    text = "\n".join(path.read_text() for path in DOCS)
    assert [name for name in commands() if f"freshlegs {name}" not in text] == []


@docs
def test_every_setting_exists(path):
    """A name in capitals is a setting, or is known to be none."""
    known = {name.upper() for name in Settings.model_fields}
    named = {
        name.removesuffix("_FILE") if name not in known else name
        for name in SETTING.findall(path.read_text())
    }
    assert named - known == set()


@docs
def test_every_link_leads_somewhere(path):
    """Within the repository; what is outside is not asked."""
    inside = [
        link
        for link in LINK.findall(path.read_text())
        if "://" not in link and not link.startswith("mailto:")
    ]
    assert [link for link in inside if not (path.parent / link).exists()] == []


def test_every_module_is_on_the_map_and_the_reverse():
    """If this fails: `python -m tests.whole.module_map`, and read the line it made."""
    assert listed(MAP.read_text()) == modules()


def test_every_page_of_docs_can_be_found():
    """From the README or the page it belongs to."""
    text = "\n".join(path.read_text() for path in DOCS)
    pages = [path for path in DOCS if path.parent.name == "docs"]
    assert [path.name for path in pages if path.name not in text] == []


def test_decisions_are_numbered_without_gaps():
    """The number in the name is that of the title."""
    pages = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [page.name[:4] for page in pages] == [f"{number:04}" for number in range(1, len(pages) + 1)]
    titles = [re.match(r"# 0*(\d+)[.:] \S", page.read_text()) for page in pages]
    assert [int(title[1]) for title in titles if title] == list(range(1, len(pages) + 1))


def constants(value, name=""):
    """Every table that holds a ``value``, by its dotted name."""
    if isinstance(value, dict):
        if "value" in value:
            yield name, value
        else:
            for key, inner in value.items():
                yield from constants(inner, f"{name}.{key}".strip("."))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_every_constant_says_where_it_comes_from(path):
    """Value, unit, grade and source: a number without a reason is not judgement."""
    found = dict(constants(tomllib.loads(path.read_text())))
    assert found
    for name, constant in found.items():
        assert set(constant) >= CONSTANT, name
        assert constant["grade"] in GRADES, name
        assert constant["unit"], name
        assert constant["source"], name


def test_no_constant_stands_bare():
    """A number of judgement outside such a table could not be explained."""

    def bare(value, name):
        if isinstance(value, dict) and "value" not in value:
            for key, inner in value.items():
                yield from bare(inner, f"{name}.{key}".strip("."))
        elif isinstance(value, int | float):
            yield name

    heuristics = tomllib.loads(Path(ROOT / "config" / "heuristics.toml").read_text())
    assert list(bare(heuristics, "")) == []


def test_what_is_promised_about_keeping_is_what_is_done():
    """docs/privacy.md names the days that the code uses."""
    promised = (ROOT / "docs" / "privacy.md").read_text()
    for row, kept in (("log rows", logbook.KEPT_FOR), ("mails", clock.MAIL_TEXT_KEPT)):
        (line,) = [line for line in promised.splitlines() if line.startswith(f"| {row} |")]
        assert f"{kept.days} days" in line
    days = Settings.model_fields["strava_retention_days"].default
    assert f"`STRAVA_RETENTION_DAYS` ({days})" in promised


def test_the_page_of_heuristics_lists_every_constant_as_it_is():
    """A threshold that is changed is changed on the page, or this fails."""
    assert constants_page.PAGE.read_text() == constants_page.written()
