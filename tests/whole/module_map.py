"""Writes docs/map.md, one line a module: the first sentence of its docstring."""

import ast
import re
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MAP = ROOT / "docs" / "map.md"
HEAD = """# The map

One line a module. A new module gets its line by `python -m tests.whole.module_map`, which takes the first
sentence of its docstring; `make test` fails until every module has one.

The stages `strava archive store analyse advise notify` never import each other; only `jobs` joins them, and
`app.py` wires everything (`make lint` checks it).
"""
TESTS = """
## tests
| folder | what |
|---|---|
| `domain` `strava` `archive` `store` `analyse` `advise` `notify` `web` | one stage each |
| `jobs` | every job on a real Postgres, with the stand-in where Strava is met and fakes where mail leaves |
| `whole` | seasons end to end, the command line, compose, docs, the shape of the code |
| `strava_standin` | a stand-in for Strava's API, a program of its own |
| `demo` `drills` `bench` | `make demo`, `make drills`, `make bench` |
"""


def modules() -> list[Path]:
    """Every module of the service, relative to the repository, packages left out."""
    found = (path.relative_to(ROOT) for path in (ROOT / "service").rglob("*.py"))
    return sorted(
        (path for path in found if path.name != "__init__.py"), key=lambda path: (path.parent, path)
    )


def sentence(path: Path) -> str:
    """The first sentence of a module's docstring, on one line."""
    text = ast.get_docstring(ast.parse((ROOT / path).read_text())) or ""
    first = re.split(r"(?<=[.!?])\s", text.split("\n\n")[0].replace("\n", " "), maxsplit=1)[0]
    return first.replace("``", "`").replace("|", "\\|")


def written() -> str:
    """The whole page."""
    parts = [HEAD]
    for folder, paths in groupby(modules(), key=lambda path: path.parent):
        rows = "".join(f"| `{path.name}` | {sentence(path)} |\n" for path in paths)
        parts.append(f"\n## {folder}\n| module | what it is |\n|---|---|\n{rows}")
    return "".join([*parts, TESTS])


def listed(text: str) -> list[Path]:
    """The modules that a page lists, below the folder they stand under."""
    found: list[Path] = []
    folder = Path()
    for line in text.splitlines():
        if line.startswith("## "):
            folder = Path(line.removeprefix("## "))
        elif named := re.match(r"\| `([a-z_]+\.py)` \| \S", line):
            found.append(folder / named[1])
    return found


if __name__ == "__main__":
    MAP.write_text(written())
