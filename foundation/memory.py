"""How much memory there is, and how many workers it suffices for."""

from __future__ import annotations

import os
import re
from pathlib import Path

# A container's bound and what it uses of it: version 2 of control groups, then version 1.
_GROUP_FILES = (
    ("memory.max", "memory.current"),
    ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"),
)


def available_bytes(root: Path = Path("/")) -> int | None:
    """Return how much memory can still be taken, by the machine and by a container's bound.

    Args:
        root: where `proc` and `sys` lie.

    Returns:
        None where the system does not tell.
    """
    groups = root / "sys/fs/cgroup"
    found = [_machine_bytes(root), *(_group_bytes(groups, *names) for names in _GROUP_FILES)]
    known = [number for number in found if number is not None]
    return min(known) if known else None


def workers_within(budget: int, *, worker_bytes: int, at_most: int) -> int:
    """Return how many workers a budget suffices for: at least one.

    Args:
        budget: bytes for all workers together.
        worker_bytes: what one takes at most.
        at_most: more are of no use.

    Example:
        >>> workers_within(4_000_000_000, worker_bytes=400_000_000, at_most=16)
        10
        >>> workers_within(1, worker_bytes=400_000_000, at_most=16)
        1
    """
    return max(1, min(at_most, budget // worker_bytes))


def _machine_bytes(root: Path) -> int | None:
    """Return what Linux says can be taken without swapping, else half of all there is."""
    told = re.search(r"^MemAvailable:\s+(\d+) kB", _text_of(root / "proc/meminfo"), re.MULTILINE)
    if told:
        return int(told.group(1)) << 10
    names = getattr(os, "sysconf_names", {})
    if "SC_PAGE_SIZE" not in names or "SC_PHYS_PAGES" not in names:
        return None
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2


def _group_bytes(folder: Path, bound_name: str, used_name: str) -> int | None:
    """Return what a container may still take; its cached files do not count as taken."""
    bound, used = _text_of(folder / bound_name).strip(), _text_of(folder / used_name).strip()
    if not bound.isdigit() or not used.isdigit():
        return None
    cached = re.search(
        r"^(?:total_)?inactive_file (\d+)",
        _text_of((folder / used_name).with_name("memory.stat")),
        re.MULTILINE,
    )
    return max(0, int(bound) - int(used) + (int(cached.group(1)) if cached else 0))


def _text_of(path: Path) -> str:
    """Return what the system tells in a file; nothing where it does not have that file."""
    try:
        return path.read_text()
    except OSError:
        return ""
