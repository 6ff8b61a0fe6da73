"""Running a pure function over batches, here or in other processes, in bounded memory."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from itertools import islice
from typing import Any, TypeVar

from foundation.pools import WorkerPool

Item = TypeVar("Item")
Result = TypeVar("Result")


class InProcessExecutor(Executor):
    """The concurrent.futures interface without another process: each call runs at once."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run the call now and return a finished future."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - kept for result(), as every executor does
            future.set_exception(error)
        return future


def default_workers() -> int:
    """Return the number of cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def open_executor(workers: int | None = None, *, apart: bool = False) -> Iterator[Executor]:
    """Give an executor: in-process for one worker, else a pool of spawned processes.

    Args:
        workers: None for one a core.
        apart: also a single worker is a process of its own, so that its death can be survived.

    Leaving by an exception (Ctrl-C is one) drops the batches that have not started and waits for
    those that have, so that none is cut in the middle.
    """
    count = default_workers() if workers is None else workers
    if count <= 1 and not apart:
        yield InProcessExecutor()
        return
    pool = WorkerPool(max(1, count))
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=True, cancel_futures=True)
        raise
    pool.shutdown()


def map_batches(
    executor: Executor,
    function: Callable[..., Result],
    batches: Iterable[Item],
    *arguments: Any,
    ahead: int | None = None,
) -> Iterator[Result]:
    """Yield `function(batch, *arguments)` for each batch, in order, few at a time in flight.

    Args:
        executor: anything with the concurrent.futures interface.
        function: picklable, of one batch and the further arguments.
        batches: taken lazily, so memory stays flat however many there are.
        arguments: passed on with every batch.
        ahead: batches in flight at most; by default two a core.

    Example:
        >>> list(map_batches(InProcessExecutor(), pow, [2, 3], 2))
        [4, 9]
    """
    waiting = iter(batches)
    limit = ahead or 2 * default_workers()
    in_flight: deque[Future[Result]] = deque(
        executor.submit(function, batch, *arguments) for batch in islice(waiting, limit)
    )
    try:
        while in_flight:
            yield in_flight.popleft().result()
            for batch in islice(waiting, 1):
                in_flight.append(executor.submit(function, batch, *arguments))
    finally:
        for future in in_flight:
            future.cancel()


def batched(items: Iterable[Item], size: int) -> Iterator[tuple[Item, ...]]:
    """Yield the items in tuples of `size`, the last one possibly shorter.

    Example:
        >>> list(batched("abc", 2))
        [('a', 'b'), ('c',)]
    """
    rest = iter(items)
    while batch := tuple(islice(rest, size)):
        yield batch
