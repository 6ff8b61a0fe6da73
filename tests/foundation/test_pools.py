"""Pools of processes that can be made anew."""

from __future__ import annotations

import os
import signal
import time
from concurrent.futures import BrokenExecutor

import pytest

from foundation.pools import WorkerPool


def test_a_pool_works_again_after_a_death() -> None:
    """The old processes are gone, the new ones are others."""
    pool = WorkerPool(1)
    first = pool.submit(os.getpid).result()
    with pytest.raises(BrokenExecutor):
        pool.submit(os.kill, first, signal.SIGKILL).result()
    with pytest.raises(BrokenExecutor):
        pool.submit(os.getpid).result()
    pool.renew()
    assert pool.submit(os.getpid).result() != first
    pool.shutdown()


def test_killing_does_not_wait_for_what_runs() -> None:
    """Somebody pressed Ctrl-C twice."""
    pool = WorkerPool(1)
    future = pool.submit(time.sleep, 60)
    pool.submit(time.sleep, 60)
    while not future.running():
        time.sleep(0.01)
    started = time.monotonic()
    pool.kill()
    pool.shutdown()
    assert time.monotonic() - started < 30
    assert not future.done() or isinstance(future.exception(), BrokenExecutor)
