"""Known holes in what we are made of. Where nobody can be asked that is said, and never passed over."""

import json
import shutil
import subprocess
from pathlib import Path

LIMIT_S = 300


def look(lock: Path, program: str | None = None) -> tuple[str, list[str]]:
    """(``ok``, ``holes`` or ``SKIPPED``, and the holes or the reason).

    Asks pip-audit, which is not among our packages: it is the operator's, or the build machine's.
    """
    tool = program or shutil.which("pip-audit")
    if tool is None:
        return "SKIPPED", ["pip-audit is not installed: `pipx install pip-audit`, and run this again"]
    command = [tool, "--requirement", str(lock), "--require-hashes", "--disable-pip", "--format=json"]
    try:
        done = subprocess.run(
            [*command, "--progress-spinner=off"], capture_output=True, text=True, timeout=LIMIT_S, check=False
        )
        rows = json.loads(done.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, OSError):
        return "SKIPPED", ["the advisory source did not answer"]
    except (ValueError, KeyError):
        said = done.stderr.strip().splitlines()[-1:] or ["it said nothing"]
        return "SKIPPED", [f"no advisory source could be reached: {said[0][:200]}"]
    unknown = [row["name"] for row in rows if "skip_reason" in row]
    if len(unknown) == len(rows):
        return "SKIPPED", ["the advisory source knows none of our packages"]
    holes = [f"{row['name']} {row['version']}: {hole['id']}" for row in rows for hole in row.get("vulns", [])]
    return ("holes" if holes else "ok"), holes
