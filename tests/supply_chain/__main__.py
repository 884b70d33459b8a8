"""``make audit``: one line a step; exit code 1 if one of them found something."""

import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from tests.supply_chain import advisories
from tests.supply_chain.bill import bill
from tests.supply_chain.danger import dangers
from tests.supply_chain.hidden import found
from tests.supply_chain.lock import packages, unhashed

ROOT = Path(__file__).resolve().parents[2]
RUNTIME = ROOT / "requirements.txt"
BILL = ROOT / "out" / "freshlegs.cdx.json"


def main() -> int:
    """Locks, bill, secrets, dangers, advisories."""
    bad = 0
    loose = [name for lock in sorted(ROOT.glob("requirements*.txt")) for name in unhashed(lock)]
    bad += told("locks", f"packages={len(packages(RUNTIME))} without_hash={len(loose)}", loose)
    BILL.parent.mkdir(exist_ok=True)
    made = bill(RUNTIME, version("freshlegs"))
    BILL.write_text(json.dumps(made, indent=1) + "\n")
    bad += told("bill", f"components={len(made['components'])} file={BILL.relative_to(ROOT)}", [])
    tree = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    hits = [f"{name}:{line} looks like a {what}" for name, line, what in found(ROOT, tree)]
    bad += told("secrets", f"files={len(tree)} found={len(hits)}", hits)
    modules = sorted((ROOT / "service").rglob("*.py")) + sorted((ROOT / "migrations").rglob("*.py"))
    calls = [f"{path.relative_to(ROOT)}:{n} {what}" for path in modules for n, what in dangers(path)]
    bad += told("dangerous_calls", f"modules={len(modules)} found={len(calls)}", calls)
    outcome, said = advisories.look(RUNTIME)
    skipped = outcome == "SKIPPED"
    bad += told("advisories", f"SKIPPED ({said[0]})" if skipped else outcome, [] if skipped else said)
    return 1 if bad else 0


def told(step: str, figures: str, problems: list[str]) -> int:
    """Print the line and what is wrong; how much that is."""
    print(f"AUDIT {step} {figures}")
    for problem in problems:
        print(f"  {problem}")
    return len(problems)


if __name__ == "__main__":
    sys.exit(main())
