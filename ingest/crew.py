"""Who does the work: this process, a pool of processes that memory suffices for, or Dask's workers."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass

from foundation.execution import default_workers, open_executor
from foundation.memory import available_bytes, workers_within
from foundation.pools import WorkerPool
from foundation.schedulers import open_scheduler
from ingest.batch import PORTION_BYTES

WORKER_BYTES = (272 << 20) + 4 * PORTION_BYTES
"""What a worker is reckoned to take: itself with its libraries and its decoders' process, and a portion as
it is read, parsed, encoded and sent."""

_AHEAD = 2
"""Batches in flight for each worker: one that it is at, one that it takes next."""


@dataclass(frozen=True)
class Crew:
    """An executor and how much it is given at once.

    Attributes:
        executor: where batches run.
        ahead: batches in flight at most.
    """

    executor: Executor
    ahead: int


@contextmanager
def open_crew(
    *,
    workers: int | None = None,
    memory: int | None = None,
    scheduler: str | None = None,
    executor: Executor | None = None,
) -> Iterator[Crew]:
    """Give who does the work; leaving by Ctrl-C ends processes at once, by another error when they are done.

    Args:
        workers: processes; see `choose_workers`.
        memory: bytes for all of them.
        scheduler: address of a Dask scheduler.
        executor: the caller's own, which stays open.

    Raises:
        ConfigError: the scheduler does not answer.
    """
    if executor is not None:
        yield Crew(executor, _AHEAD * default_workers())
    elif scheduler is not None:
        with open_scheduler(scheduler) as remote:
            yield Crew(remote, _AHEAD * remote.count)
    else:
        count = choose_workers(workers, memory=memory)
        with open_executor(count, apart=workers is None) as own:
            try:
                yield Crew(own, _AHEAD * count)
            except KeyboardInterrupt:
                if isinstance(own, WorkerPool):
                    own.kill()
                raise


def choose_workers(workers: int | None, *, memory: int | None, free_bytes: int | None = None) -> int:
    """Return how many workers to have.

    A number that is given holds, unless a budget that is given allows fewer. Without one: one a core,
    as far as the budget, or half of the memory that is free, allows `WORKER_BYTES` for each.

    Args:
        workers: asked for, or None.
        memory: bytes for all workers together, or None.
        free_bytes: memory that is free; asked of the system when not given.

    Example:
        >>> choose_workers(None, memory=3 * WORKER_BYTES) <= 3, choose_workers(5, memory=None)
        (True, 5)
    """
    if memory is None and workers is not None:
        return workers
    if memory is None:
        free = available_bytes() if free_bytes is None else free_bytes
        memory = None if free is None else free // 2
    at_most = workers or default_workers()
    return at_most if memory is None else workers_within(memory, worker_bytes=WORKER_BYTES, at_most=at_most)
