"""Mapping a function over batches so that the run outlives its workers: the culprit is found and told.

When a worker process dies (out of memory, a crash in a library) every batch in flight is lost with it.
Each lost batch is run again alone; one that kills again is taken apart, and an item that kills two
workers on its own is the culprit. Results come as they are ready, in any order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Executor, Future, wait
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

from foundation.errors import ExecutionError

Item = TypeVar("Item")
Result = TypeVar("Result")

TRIES_ALONE = 2
"""How many workers an item must kill on its own: one may have died of something else."""

_DASK_DEATH = "KilledWorker"


@runtime_checkable
class Renewable(Protocol):
    """An executor that has workers again after one of them died."""

    def renew(self) -> None:
        """Make new workers, where that does not happen by itself."""


@dataclass(frozen=True)
class Done(Generic[Item, Result]):
    """A batch and what came of it."""

    batch: Sequence[Item]
    result: Result


@dataclass(frozen=True)
class Death(Generic[Item]):
    """An item that every worker died of."""

    item: Item


@dataclass(frozen=True)
class Course:
    """How a mapping goes on when something comes up.

    Attributes:
        ahead: batches in flight at most.
        is_stopped: asked before each batch; once true no further one is begun, and those in flight end.
        may_retry: asked with the error of a batch that failed, and how often the batch was begun anew
            before; when true it is once more.
        on_death: told each time a worker died.
    """

    ahead: int
    is_stopped: Callable[[], bool] = lambda: False
    may_retry: Callable[[BaseException, int], bool] = lambda _error, _retries: False
    on_death: Callable[[], None] = lambda: None


def map_surviving(
    executor: Executor,
    function: Callable[..., Result],
    batches: Iterable[Sequence[Item]],
    *arguments: Any,
    course: Course,
) -> Iterator[Done[Item, Result] | Death[Item]]:
    """Yield each batch with `function(batch, *arguments)` as it is ready, or the item that kills workers.

    Args:
        executor: anything with the concurrent.futures interface; deaths are survived where it is
            `Renewable`.
        function: picklable, of one batch and the further arguments.
        batches: taken lazily, so memory stays flat however many there are. An empty one says that there
            is none at the moment: what is under way is seen to before the next one is asked for.
        arguments: passed on with every batch.
        course: bounds, and what to do when something comes up.

    Raises:
        ExecutionError: the workers are gone and this executor cannot make new ones.
    """
    flight: _Flight[Item, Result] = _Flight(executor, function, arguments, course)
    waiting = iter(batches)
    try:
        goes_on = True
        while goes_on or flight.has_batches:
            goes_on = flight.fill(waiting)
            if flight.has_batches:
                yield from flight.settle(*flight.take_ready())
    finally:
        flight.cancel()


@dataclass(frozen=True)
class _Underway(Generic[Item]):
    """A batch that was begun, and how often before."""

    batch: Sequence[Item]
    retries: int = 0


class _Flight(Generic[Item, Result]):
    """The batches that are under way."""

    def __init__(
        self,
        executor: Executor,
        function: Callable[..., Result],
        arguments: tuple[Any, ...],
        course: Course,
    ) -> None:
        self._executor, self._function, self._arguments = executor, function, arguments
        self._course = course
        self._futures: dict[Future[Result], _Underway[Item]] = {}

    @property
    def has_batches(self) -> bool:
        """Whether any is under way."""
        return bool(self._futures)

    def fill(self, waiting: Iterator[Sequence[Item]]) -> bool:
        """Begin batches up to the bound, or until one is ready; tell whether there may be more of them."""
        while len(self._futures) < self._course.ahead:
            batch = None if self._course.is_stopped() else next(waiting, None)
            if batch is None:
                return False
            if not batch or self._begin(_Underway(batch)).done():  # in this process each is done at once
                break
        return True

    def take_ready(self) -> tuple[_Underway[Item], Future[Result]]:
        """Wait for a batch to end and return it; others that have may be needed where they are."""
        ready = next(iter(wait(self._futures, return_when=FIRST_COMPLETED).done))
        return self._futures.pop(ready), ready

    def settle(
        self, ended: _Underway[Item], future: Future[Result]
    ) -> Iterator[Done[Item, Result] | Death[Item]]:
        """Yield what became of a batch that has ended; begin it anew where it may be tried again."""
        error = _error_of(future)
        if error is None:
            yield Done(ended.batch, future.result())
        elif _is_death(error):
            lost = [ended.batch, *self._take_lost()]
            self._renew(error)
            for each in lost:
                yield from self._run_alone(each)
        elif self._course.may_retry(error, ended.retries):
            self._begin(_Underway(ended.batch, ended.retries + 1))
        else:
            raise error

    def cancel(self) -> None:
        """Drop what has not started."""
        for future in self._futures:
            future.cancel()

    def _begin(self, begun: _Underway[Item]) -> Future[Result]:
        """Submit one batch; a pool that is found broken gives a future that says so."""
        try:
            future = self._executor.submit(self._function, begun.batch, *self._arguments)
        except BrokenExecutor as error:
            future = Future()
            future.set_exception(error)
        self._futures[future] = begun
        return future

    def _take_lost(self) -> list[Sequence[Item]]:
        """Wait until all are over; return the batches that a death took, keep the others."""
        wait(self._futures)
        lost = [future for future in self._futures if _is_death(_error_of(future))]
        return [self._futures.pop(future).batch for future in lost]

    def _run_alone(self, batch: Sequence[Item]) -> Iterator[Done[Item, Result] | Death[Item]]:
        """Run a lost batch while nothing else runs; take it apart when a worker dies of it again."""
        deaths = retries = 0
        while not self._course.is_stopped():
            future = self._begin(_Underway(batch))
            error = _error_of(future)
            del self._futures[future]
            if error is None:
                yield Done(batch, future.result())
                return
            if not _is_death(error):
                if not self._course.may_retry(error, retries):
                    raise error
                retries += 1
                continue
            self._renew(error)
            deaths += 1
            if len(batch) > 1:
                for item in batch:
                    yield from self._run_alone((item,))
                return
            if deaths == TRIES_ALONE:
                yield Death(batch[0])
                return

    def _renew(self, error: BaseException) -> None:
        if not isinstance(self._executor, Renewable):
            raise ExecutionError(
                "A worker process died and the executor that was given cannot make a new one. "
                "What was finished is kept; run it again."
            ) from error
        self._course.on_death()
        self._executor.renew()


def _error_of(future: Future[Any]) -> BaseException | None:
    try:
        return future.exception()
    except CancelledError:
        return ExecutionError(
            "The scheduler let go of work that it was given; it was stopped or started anew. "
            "What was finished is kept; run it again."
        )


def _is_death(error: BaseException | None) -> bool:
    return isinstance(error, BrokenExecutor) or type(error).__name__ == _DASK_DEATH
