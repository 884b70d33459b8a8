"""The shape of the code: small modules, small functions, plain names, tests that can fail."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SERVICE = sorted((ROOT / "service").rglob("*.py"))
TESTS = sorted(ROOT.glob("tests/**/test_*.py"))
MODULE_LINES, FUNCTION_LINES, MOST_FUNCTION_LINES = 300, 50, 25
BEARERS_OF_CONSTANTS = {"constants.py"}
"""One field a constant of config/heuristics.toml: long, and nothing to read through."""
NOT_TO_RAISE = {"test_no_header_text_raises", "test_a_quit_that_breaks_changes_nothing"}
"""Their promise is that nothing is raised; that says itself."""
VAGUE = re.compile(r"(^|_)(utils?|helpers?|common|misc|base|manager)(_|$)")


def functions(path: Path) -> list[tuple[str, int]]:
    """Name and length in lines of every function, decorators left out."""
    found = [
        node
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    return [(f"{path.name}:{node.name}", (node.end_lineno or 0) - node.lineno + 1) for node in found]


LENGTHS = [each for path in SERVICE for each in functions(path)]


def test_modules_are_one_noun_of_three_hundred_lines():
    """Longer ones are two nouns."""
    long = {path.name: len(path.read_text().splitlines()) for path in SERVICE}
    assert {
        name: lines
        for name, lines in long.items()
        if lines > MODULE_LINES and name not in BEARERS_OF_CONSTANTS
    } == {}


def test_functions_do_one_thing():
    """None above fifty lines, nine of ten below twenty-five."""
    assert [each for each in LENGTHS if each[1] > FUNCTION_LINES] == []
    assert sorted(lines for _, lines in LENGTHS)[len(LENGTHS) * 9 // 10] <= MOST_FUNCTION_LINES


@pytest.mark.parametrize("path", SERVICE, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_says_what_it_is(path):
    """In its docstring; its name is no drawer; no type is waved through."""
    text = path.read_text()
    assert "type: ignore" not in text
    assert not VAGUE.search(path.stem)
    assert path.name == "__init__.py" or ast.get_docstring(ast.parse(text))


def asserts(node: ast.AST) -> bool:
    """Whether this can fail by its own words: an ``assert``, a ``raise``, or ``pytest.raises``."""
    return any(
        isinstance(inner, ast.Assert | ast.Raise)
        or (isinstance(inner, ast.Call) and named(inner) == "raises")
        for inner in ast.walk(node)
    )


def named(call: ast.Call) -> str:
    """The last word of what is called."""
    return str(getattr(call.func, "attr", None) or getattr(call.func, "id", ""))


@pytest.mark.parametrize("path", TESTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_test_can_fail(path):
    """One that asserts nothing promises nothing."""
    tree = ast.parse(path.read_text())
    asserting = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and asserts(node)}

    def can_fail(test: ast.FunctionDef) -> bool:
        called = {named(call) for call in ast.walk(test) if isinstance(call, ast.Call)}
        return bool({test.name, *called} & (asserting | NOT_TO_RAISE))

    tests = [
        node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]
    assert [test.name for test in tests if not can_fail(test)] == []


@pytest.mark.parametrize("path", sorted(ROOT.glob("requirements*.txt")), ids=lambda path: path.name)
def test_locks_name_no_registry(path):
    """Every package by hash; where it comes from is the installer's affair."""
    text = path.read_text()
    assert "://" not in text
    assert "--hash=sha256:" in text
    assert "--index-url" not in text
