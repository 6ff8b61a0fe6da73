"""Pools of spawned processes: bounded, ended with their parent, and made anew when a worker dies."""

from __future__ import annotations

import atexit
import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from typing import Any

from foundation.stopping import interrupts_held, leave_interrupts

_ENDING_SECONDS = 5.0
_NOTICING_SECONDS = 1.0


class WorkerPool(Executor):
    """Spawned processes behind the concurrent.futures interface.

    Processes are spawned, never forked: a fork copies open connections and library threads. They leave
    Ctrl-C to their parent and end when it does, however it ends.

    Args:
        count: processes.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self._pool = _open_pool(count)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run the call in one of the processes.

        Raises:
            BrokenExecutor: a process died; `renew` makes new ones.
        """
        with interrupts_held():  # a call may start a process
            return self._pool.submit(fn, *args, **kwargs)

    def renew(self) -> None:
        """Make new processes in the place of those that are there; what they were at is lost."""
        self.kill()
        self._pool = _open_pool(self.count)

    def kill(self) -> None:
        """End every process at once, in the middle of what it does."""
        # There is no public way to them.
        watcher: Any = self._pool._executor_manager_thread
        processes = list((self._pool._processes or {}).values())
        self._pool.shutdown(wait=False, cancel_futures=True)
        if watcher is not None:
            _wait_until(lambda: not watcher.is_alive() or not _holds_cancelled(watcher.pending_work_items))
        for process in processes:
            process.kill()
        if watcher is not None:
            # Else the interpreter, at its end, may wake it by a pipe that it is closing.
            watcher.join(_ENDING_SECONDS)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more calls; wait for those that run, so that none is cut in the middle."""
        self._pool.shutdown(wait=wait, cancel_futures=cancel_futures)


def _holds_cancelled(work_items: Mapping[int, Any]) -> bool:
    """Tell whether the watcher would still try to fail a call that was cancelled, and die of that."""
    return any(item.future.cancelled() for item in list(work_items.values()))


def _wait_until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + _NOTICING_SECONDS
    while not is_so() and time.monotonic() < end:
        time.sleep(0.005)


def _open_pool(count: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(
        count, mp_context=multiprocessing.get_context("spawn"), initializer=_prepare_worker
    )


def _prepare_worker() -> None:
    """Leave Ctrl-C to the parent, end with the parent however it ends, and end at once.

    At once: without the teardown of native libraries. Some (dicomsdl was seen to) wait there for an
    interpreter that is gone, now and then, and the pool would wait with them.
    """
    atexit.register(os._exit, 0)
    leave_interrupts()
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Wait for the parent's end; a killed parent would otherwise leave its workers behind."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
