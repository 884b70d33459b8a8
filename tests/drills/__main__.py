"""``make drills``: run every drill, or those named, print a line each, and fail if a promise is not kept."""

import os
import random
import signal
import sys
import time
import traceback
from importlib import import_module
from types import FrameType

from tests.drills.figure import Figure, line
from tests.drills.headline import TOLD
from tests.drills.size import Size

DRILLS = (
    "kill9", "postgres", "refresh_race", "pages", "nights", "queue_lost", "sigterm", "freeze",
    "many", "archive_fuzz", "stepped_clock",
    "lost_rotation", "switched_off", "withdrawal",
    "post_storm", "post_down", "mail_lint", "one_click", "runaway", "oauth_forgery", "doors", "injection",
    "erasure",
    "quota_storm", "bad_network", "mutated", "interleaving", "moving_pages", "retention", "webhook_flood",
    "poison", "clock_dead", "self_report", "stolen_dump", "key_rotation", "throttle", "restore", "migrations",
    "privileges", "ledger",
    "flights", "cut", "disk_full", "rolling", "fault_points",
)  # fmt: skip


def main() -> int:
    """Exit code 0: every figure as promised. Names are arguments; the environment may hold SEED and SOAK."""
    named = sys.argv[1:]
    unknown = sorted(set(named) - set(DRILLS))
    if unknown:
        print(f"no such drill: {', '.join(unknown)}; there are {', '.join(DRILLS)}", file=sys.stderr)
        return 2
    seed = int(os.environ.get("SEED") or random.SystemRandom().randrange(10**6))
    size = Size(seed, soak=bool(os.environ.get("SOAK")))
    signal.signal(signal.SIGTERM, _end)
    told = [run(name, size) for name in named or DRILLS]
    if not named:
        TOLD.parent.mkdir(exist_ok=True)
        TOLD.write_text("".join(f"{each}\n" for each, _ in told))
    return 0 if all(kept for _, kept in told) else 1


def run(name: str, size: Size) -> tuple[str, bool]:
    """One drill from its start to its line; the line, and whether all was as promised."""
    began = time.monotonic()
    try:
        figures = import_module(f"tests.drills.{name}").drill(size)
    except Exception:
        traceback.print_exc()
        figures = [Figure("broke_off", 1, most=0)]
    told = [*figures, Figure("seed", size.seed), Figure("seconds", round(time.monotonic() - began, 1))]
    print(line(name, told), flush=True)
    return line(name, told), all(figure.kept for figure in figures)


def _end(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(143)  # by way of every ``finally``: no process and no folder stays


if __name__ == "__main__":
    sys.exit(main())
