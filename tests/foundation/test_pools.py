"""Pools of processes that can be made anew."""

from __future__ import annotations

import os
import signal
import threading
import time
from concurrent.futures import BrokenExecutor
from multiprocessing.process import BaseProcess
from typing import Any

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


def test_a_process_that_is_still_loading_outlives_ctrl_c() -> None:
    """A terminal sends Ctrl-C to every process of the command; only the parent may act on it."""
    pool = WorkerPool(1)
    future = pool.submit(signal.raise_signal, signal.SIGINT)
    process: Any
    (process,) = list(pool._pool._processes.values())
    for _ in range(20):
        os.kill(process.pid, signal.SIGINT)
        time.sleep(0.01)
    assert future.result() is None
    assert pool.submit(os.getpid).result() == process.pid
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())
    pool.shutdown()


def test_killing_after_calls_were_cancelled_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """A broken run cancels what it can first; the pool's thread must not die of failing it once more."""
    kill = BaseProcess.kill

    def kill_slowly(process: BaseProcess) -> None:
        kill(process)
        time.sleep(0.3)  # the thread sees the death before anything else is told

    died: list[object] = []
    monkeypatch.setattr(BaseProcess, "kill", kill_slowly)
    monkeypatch.setattr(threading, "excepthook", died.append)
    pool = WorkerPool(1)
    futures = [pool.submit(time.sleep, 60) for _ in range(4)]
    while not futures[1].running():  # as far as the pool's thread hands calls on
        time.sleep(0.01)
    time.sleep(0.2)
    for future in futures:
        future.cancel()
    pool.kill()
    assert died == []


def test_after_killing_nothing_of_the_pool_is_left() -> None:
    """A thread that is still closing its pipes would be woken by them at the interpreter's end."""
    pool = WorkerPool(1)
    pool.submit(os.getpid).result()
    watcher: Any = pool._pool._executor_manager_thread
    pool.kill()
    assert watcher is not None
    assert not watcher.is_alive()
