"""The README's headline, out of what the drills have counted: ``python -m tests.drills.headline``.

Reads the lines of ``out/drills.txt``, which ``make drills`` writes, or of the files named, and puts their
sums below the mark in README.md. A drill that broke off or did not keep a promise stops it, and so does a
sum that no drill has told anything of.
"""

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOLD = ROOT / "out" / "drills.txt"
README = ROOT / "README.md"
MARK = "<!-- filled by `.venv/bin/python -m tests.drills.headline` from what `make drills` counted -->\n"
LINE = re.compile(r"^DRILL (\w+) (.+)$", re.MULTILINE)
FIGURE = re.compile(r"(\w+)=([-+.\de]+)(!?)")
SUMS: Mapping[str, str] = {
    "faults injected": """
        *.kills *.stops *.cuts *.freezes *.times *.crashes *.faults *.payloads *.put_off *.refused *.hung_up
        lost_rotation.rotations_lost switched_off.calls_refused quota_storm.forced_429
    """,
    "activities lost": """
        *.activities_lost moving_pages.lost moving_pages.first_walk_lost moving_pages.shifted_walks_lost
        moving_pages.late_upload_lost interleaving.diverged mutated.good_rows_harmed webhook_flood.lost
    """,
    "nights missed": "*.nights_lost nights.missed *.others_unjudged",
    "duplicate e-mails": "*.mails_doubled *.doubled *.receipts_doubled nights.sendable_twice",
    "secrets found": "*.dump_hits *.log_hits *.argument_hits *.swaps_opened",
    "rows after erasure": "*.rows_left *.erased_back",
}
"""What is added up under each name: ``drill.figure``, ``*`` for any drill. Only what breaks something on
purpose is a fault; forged and fuzzed requests, of which there are many more, are none."""


class Unfit(Exception):
    """These figures make no headline, and why."""


def headline(told: str) -> str:
    """``N faults injected · 0 activities lost · …``. Raises ``Unfit``."""
    figures = dict(_figures(told))
    return " · ".join(f"{_sum(name, figures):,} {name}" for name in SUMS)


def _figures(told: str) -> Iterator[tuple[str, int]]:
    """``drill.figure`` and its value; of a drill told twice the later counts."""
    for drill, rest in LINE.findall(told):
        for name, value, broken in FIGURE.findall(rest):
            if broken:
                raise Unfit(f"{drill}: {name}={value} is not as promised")
            yield f"{drill}.{name}", round(float(value))


def _sum(name: str, figures: Mapping[str, int]) -> int:
    found = []
    for wanted in SUMS[name].split():
        fitting = [value for key, value in figures.items() if _fits(key, wanted)]
        if not fitting and not wanted.startswith("*"):
            raise Unfit(f"no drill has told {wanted}: run all of them")
        found += fitting
    if not found:
        raise Unfit(f"no drill has told anything of {name!r}: run all of them")
    return sum(found)


def _fits(key: str, wanted: str) -> bool:
    return key.endswith(wanted[1:]) if wanted.startswith("*") else key == wanted


def put_into(page: str, line: str) -> str:
    """``page`` with the line below the mark; an older one goes."""
    before, mark, after = page.partition(MARK)
    if not mark:
        raise Unfit(f"README.md lacks the line {MARK!r}")
    older, _, rest = after.partition("\n")
    return f"{before}{MARK}{line}\n{rest if ' faults injected · ' in older else after}"


def main(paths: Iterable[str]) -> int:
    """Exit code 0: the README holds the line, which is printed."""
    files = [Path(path) for path in paths] or [TOLD]
    try:
        line = headline("\n".join(file.read_text() for file in files))
        README.write_text(put_into(README.read_text(), f"**{line}**"))
    except (Unfit, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
