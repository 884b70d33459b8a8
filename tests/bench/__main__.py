"""``make bench``: every ratio we claim, measured side by side with its reference in one run.

A bench is a module ``bench_<name>.py`` in this folder with a function ``bench()`` that yields lines; each is
printed as ``BENCH <name> <line>``. Names as arguments select some. Single timings say little on a shared
machine, so a line always carries a ratio.
"""

import sys
from importlib import import_module
from pathlib import Path


def main(wanted: list[str]) -> int:
    """Run the benches named, or all."""
    names = sorted(path.stem.removeprefix("bench_") for path in Path(__file__).parent.glob("bench_*.py"))
    unknown = set(wanted) - set(names)
    if unknown:
        print(f"no bench is called {', '.join(sorted(unknown))}: take of {', '.join(names)}", file=sys.stderr)
        return 2
    for name in wanted or names:
        for line in import_module(f"tests.bench.bench_{name}").bench():
            print(f"BENCH {name} {line}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
