"""The wording limits over every text that is written down: pages, words, mails, advice, whoever reads it."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.wording import FORBIDDEN

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted((ROOT / "service").rglob("templates/**/*.*"))
SPOKEN = [
    path
    for folder in ("web", "notify", "jobs", "advise")
    for path in sorted((ROOT / "service" / folder).rglob("*.py"))
]
MARKUP = re.compile(r"{%.*?%}|{#.*?#}|<(style|script).*?</\1>|<[^>]*>", re.DOTALL)


MEANT = ("Value Grade Source", "grade", "diagnostic-code", "you said you were ill")
"""Grades are those of evidence, the code is a mail server's, and who said so is told that they did."""


def sentences(text: str) -> Iterator[str]:
    yield from (" ".join(said.split()) for said in re.split(r"(?<=[.?!:])\s", text))


def forbidden(text: str) -> list[str]:
    return [said for said in sentences(text) if FORBIDDEN.search(said) and not said_otherwise(said)]


def said_otherwise(said: str) -> bool:
    return any(said.rstrip(".") == each or (len(each) > 10 and each in said) for each in MEANT)


def strings(path: Path) -> Iterator[str]:
    """Every text of a module but its docstrings, which nobody is shown."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    silent = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in silent:
            yield node.value


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_page_says_what_may_not_be_said(path: Path) -> None:
    """As it stands in the template, whatever is filled in."""
    if path.suffix in (".css", ".svg", ".png"):
        pytest.skip("has no words")
    assert forbidden(MARKUP.sub(" ", path.read_text(encoding="utf-8"))) == []


def test_no_module_that_speaks_to_people_does() -> None:
    """Words, notes, headlines, sentences put together."""
    assert len(SPOKEN) > 60
    assert {path.name: found for path in SPOKEN if (found := forbidden(". ".join(strings(path))))} == {}


def test_no_advice_does() -> None:
    """Titles, texts, questions, limits and how to move on."""
    advice = tomllib.loads((ROOT / "config" / "advice.toml").read_text(encoding="utf-8"))
    told = [advice["entries"], advice["blocks"]]
    assert forbidden(". ".join(_texts(told))) == []


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)


def test_the_check_can_fail() -> None:
    """In a template, in a module, in advice: the same words are found."""
    assert forbidden(MARKUP.sub(" ", "<p>You are <b>dehydrated</b>.</p>"))
    assert forbidden("Rest. Your injury risk is high.")
