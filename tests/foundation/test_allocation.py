"""Freed memory that is kept."""

from __future__ import annotations

import ctypes
import subprocess
import sys

import pytest

from foundation.allocation import keep_freed_memory

PROGRAM = """
import resource
from foundation.allocation import keep_freed_memory

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(50):
        one, other = bytearray(1 << 20), bytearray(1 << 20)
        del one, other
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

faults()
by_default = faults()
assert keep_freed_memory()
faults()
print(by_default, faults())
"""


def has_glibc() -> bool:
    """Tell whether the C library is the one that this is for."""
    try:
        return hasattr(ctypes.CDLL("libc.so.6"), "mallopt")
    except OSError:
        return False


@pytest.mark.skipif(not has_glibc(), reason="another C library than glibc")
def test_memory_is_taken_from_the_kernel_once() -> None:
    """A megabyte that is freed and taken again costs no page fault any more."""
    told = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    by_default, kept = (int(word) for word in told.stdout.split())
    assert kept < 50
    assert kept <= by_default


def test_another_system_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has another way, or none."""

    def no_library(_name: str) -> object:
        raise OSError

    monkeypatch.setattr(ctypes, "CDLL", no_library)
    keep_freed_memory.cache_clear()
    assert keep_freed_memory() is False
    keep_freed_memory.cache_clear()
