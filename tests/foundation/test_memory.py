"""Memory there is, and workers it suffices for."""

from __future__ import annotations

from pathlib import Path

import pytest

from foundation.memory import available_bytes, workers_within


def system(root: Path, **texts: str) -> Path:
    """Write what a system tells: `proc__meminfo="..."` is the file proc/meminfo."""
    for name, text in texts.items():
        path = root / name.replace("__", "/").replace("-", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


MEMINFO = "MemTotal:       32000000 kB\nMemAvailable:   16000000 kB\n"


def test_this_machine_tells_its_memory() -> None:
    """At least what this test takes."""
    assert (available_bytes() or 0) > 10 << 20


def test_the_machine_bounds_where_no_container_does(tmp_path: Path) -> None:
    """What Linux calls available, which counts caches as free."""
    assert available_bytes(system(tmp_path, proc__meminfo=MEMINFO)) == 16_000_000 << 10


@pytest.mark.parametrize("bound", ["max", "9223372036854771712"])
def test_an_unbounded_container_bounds_nothing(tmp_path: Path, bound: str) -> None:
    """Both versions of control groups have a word for it."""
    root = system(
        tmp_path,
        proc__meminfo=MEMINFO,
        **{"sys__fs__cgroup__memory-max": bound, "sys__fs__cgroup__memory-current": "1000"},
    )
    assert available_bytes(root) == 16_000_000 << 10


def test_a_containers_bound_counts_without_its_cached_files(tmp_path: Path) -> None:
    """A gigabyte of which 800 MB are taken, 300 MB of them files that were read."""
    root = system(
        tmp_path,
        proc__meminfo=MEMINFO,
        **{
            "sys__fs__cgroup__memory-max": "1000000000\n",
            "sys__fs__cgroup__memory-current": "800000000\n",
            "sys__fs__cgroup__memory-stat": "anon 5\ninactive_file 300000000\n",
        },
    )
    assert available_bytes(root) == 500_000_000


def test_the_older_control_groups_are_read_too(tmp_path: Path) -> None:
    """Version 1 has other names."""
    root = system(
        tmp_path,
        proc__meminfo=MEMINFO,
        **{
            "sys__fs__cgroup__memory__memory-limit_in_bytes": "1000000000",
            "sys__fs__cgroup__memory__memory-usage_in_bytes": "1000000000",
        },
    )
    assert available_bytes(root) == 0


def test_a_system_without_meminfo_gives_half_of_its_memory(tmp_path: Path) -> None:
    """How much of it is free is not known there."""
    assert (available_bytes(tmp_path) or 0) > 10 << 20


def test_more_workers_than_are_of_use_are_not_made() -> None:
    """However much memory there is."""
    assert workers_within(10**12, worker_bytes=10**8, at_most=3) == 3
