"""How much memory worker processes take at most, as Linux counts it."""

from __future__ import annotations

import re
import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

from foundation.pools import WorkerPool

_WORKERS = 2


def peak_bytes_of_workers(work: Callable[[Any], object]) -> tuple[int, int]:
    """Run work on a pool; return the most that one worker took with its children, and this process.

    Args:
        work: given the pool.
    """
    pool = WorkerPool(_WORKERS)
    try:
        work(pool)
        processes = list((pool._pool._processes or {}).values())
        workers = max(_peak(process.pid) for process in processes)
    finally:
        pool.shutdown()
    return workers, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


def _peak(pid: int) -> int:
    """Return the peak of a process and of those it started."""
    told = Path(f"/proc/{pid}/status").read_text()
    own = int(re.search(r"VmHWM:\s+(\d+) kB", told)[1]) << 10  # type: ignore[index] - Linux tells it
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return own + sum(_peak(int(child)) for child in children)
