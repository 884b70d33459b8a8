"""CPU time of this process: what a bench compares, whatever else the machine does meanwhile."""

import time
from collections.abc import Callable


def cpu_s(work: Callable[[], object]) -> float:
    """Seconds of CPU that ``work`` takes once."""
    began = time.process_time()
    work()
    return time.process_time() - began


def least_cpu_s(work: Callable[[], object], times: int = 3) -> float:
    """The best of some."""
    return min(cpu_s(work) for _ in range(times))
