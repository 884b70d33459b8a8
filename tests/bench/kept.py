"""Figures of the last bench, kept beside the rules they speak of: docs/measured/<name>.toml.

Written by the commands (``--write``), read by docs/heuristics.md's test and by ``calibrate``. Plain TOML with
strings and numbers only, so that a change of a figure is one line of a diff.
"""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "measured"


def write(name: str, figures: Mapping[str, Mapping[str, Sequence[Mapping[str, Any]]]]) -> None:
    """``figures[part][table]`` are rows; a part without tables is left out."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    lines = [f"# Figures of the last `make bench-{name}`, written by it; not to be edited."]
    for part, tables in figures.items():
        for table, rows in tables.items():
            for row in rows:
                lines += [
                    "",
                    f"[[{part}.{table}]]",
                    *(f"{_key(key)} = {_value(value)}" for key, value in row.items()),
                ]
    (FOLDER / f"{name}.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def read(name: str) -> dict[str, Any]:
    """The figures as they were written."""
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def markdown(rows: Sequence[Mapping[str, Any]]) -> str:
    """The rows as a table."""
    if not rows:
        return "(nothing)"
    head = list(rows[0])
    lines = [" | ".join(str(name).replace("_", " ") for name in head), "|".join(["---"] * len(head))]
    lines += [" | ".join(str(row[name]) for name in head) for row in rows]
    return "\n".join(f"| {line} |" if "---" not in line else f"|{line}|" for line in lines)


def _key(key: str) -> str:
    return key if key.replace("_", "").isalnum() and key.isascii() else f'"{key}"'


def _value(value: object) -> str:
    if isinstance(value, bool | int | float):
        return str(value).lower() if isinstance(value, bool) else str(value)
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
