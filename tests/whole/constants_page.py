"""Writes the table of constants at the end of docs/heuristics.md, straight from the files judgement reads."""

from pathlib import Path

from service.jobs.rulebook import load_rulebook

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "heuristics.md"
MARK = "## Every constant\n"


def table() -> str:
    """The generated end of the page."""
    rulebook = load_rulebook(ROOT / "config" / "heuristics.toml", ROOT / "config" / "advice.toml")
    parts = [MARK, "\nWritten by `python -m tests.whole.constants_page`; a test holds it to the files.\n"]
    for section, constants in rulebook.sections.items():
        rows = "".join(
            f"| {each.name} | {each.value} | {each.unit} | {each.grade} | {each.source.replace('|', '/')} |\n"
            for each in constants
        )
        parts.append(
            f"\n### {section}\n| constant | value | unit | grade | source |\n|---|---|---|---|---|\n{rows}"
        )
    return "".join(parts)


def written() -> str:
    """The whole page: the prose as it stands, the table anew."""
    return PAGE.read_text().split(MARK)[0] + table()


if __name__ == "__main__":
    PAGE.write_text(written())
