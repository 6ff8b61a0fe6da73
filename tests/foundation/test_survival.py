"""Runs that outlive their workers."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Future
from pathlib import Path
from typing import Any

import pytest

from foundation.errors import ExecutionError
from foundation.execution import InProcessExecutor, batched, open_executor
from foundation.survival import Course, Death, Done, map_surviving

DEADLY = """
import os, pathlib, signal

def double(batch, deadly, once=""):
    for number in batch:
        if number in deadly and not (once and pathlib.Path(once).exists()):
            pathlib.Path(once or os.devnull).touch()
            os.kill(os.getpid(), signal.SIGKILL)
    return [2 * number for number in batch]
"""


@pytest.fixture
def double(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[int]]:
    """Give a function that kills its process at some numbers, where other processes can import it."""
    (tmp_path / "deadly_numbers.py").write_text(DEADLY)
    monkeypatch.syspath_prepend(str(tmp_path))
    function: Callable[..., list[int]] = importlib.import_module("deadly_numbers").double
    return function


class MortalExecutor(InProcessExecutor):
    """An executor in this process whose workers die of an item's word, as a pool's would."""

    def __init__(self) -> None:
        self.renewals = 0
        self.calls: list[Any] = []

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run the call, or tell that the process died of it."""
        self.calls.append(args[0])
        future: Future[Any] = super().submit(fn, *args, **kwargs)
        if isinstance(future.exception(), SystemError):
            future = Future()
            future.set_exception(BrokenExecutor("A process died."))
        return future

    def renew(self) -> None:
        """Count."""
        self.renewals += 1


def results_of(outcomes: Iterable[Done[Any, Any] | Death[Any]]) -> list[Any]:
    """Return what came of the batches."""
    return [outcome.result for outcome in outcomes if isinstance(outcome, Done)]


def upper(batch: Sequence[str]) -> str:
    """Join the words; `die` kills."""
    if "die" in batch:
        raise SystemError
    return "".join(batch).upper()


def test_every_batch_is_done_once() -> None:
    """Without deaths it is a plain map."""
    outcomes = list(map_surviving(InProcessExecutor(), sum, batched(range(10), 3), course=Course(ahead=4)))
    assert sorted(results_of(outcomes)) == [3, 9, 12, 21]
    assert all(isinstance(outcome, Done) and sum(outcome.batch) == outcome.result for outcome in outcomes)


def test_only_as_many_as_allowed_are_in_flight() -> None:
    """Batches are taken as others end, so memory stays flat."""
    taken: list[int] = []
    futures: list[Future[int]] = []

    class Pending(InProcessExecutor):
        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
            futures.append(Future())
            if len(futures) == 3:
                futures[1].set_result(1)
            return futures[-1]

    def batches() -> Iterator[tuple[int, ...]]:
        for number in range(100):
            taken.append(number)
            yield (number,)

    results = map_surviving(Pending(), sum, batches(), course=Course(ahead=3))
    assert next(results) == Done((1,), 1)
    assert taken == [0, 1, 2]


def test_the_item_that_kills_is_found_and_the_others_are_done() -> None:
    """The batch, the item, the item again: then it is told; its neighbours are done once."""
    executor = MortalExecutor()
    words = ["a", "b", "c", "die", "e", "f"]
    outcomes = list(map_surviving(executor, upper, batched(words, 3), course=Course(ahead=4)))
    assert [outcome for outcome in outcomes if isinstance(outcome, Death)] == [Death("die")]
    assert sorted("".join(results_of(outcomes))) == list("ABCEF")
    assert executor.calls.count(("die",)) == 2
    assert executor.renewals == 4


def test_an_item_that_kills_once_is_no_culprit(tmp_path: Path, double: Callable[..., list[int]]) -> None:
    """The process was killed by somebody else: everything is done in the end."""
    deaths: list[int] = []
    with open_executor(2) as executor:
        course = Course(ahead=4, on_death=lambda: deaths.append(1))
        outcomes = list(
            map_surviving(
                executor,
                double,
                batched(range(12), 3),
                frozenset({4}),
                str(tmp_path / "once"),
                course=course,
            )
        )
    assert sorted(number for result in results_of(outcomes) for number in result) == list(range(0, 24, 2))
    assert len(deaths) == 1


@pytest.mark.slow
def test_a_pool_survives_items_that_kill_its_processes(double: Callable[..., list[int]]) -> None:
    """Real processes, killed outright: two culprits among twenty."""
    with open_executor(2) as executor:
        outcomes = list(
            map_surviving(executor, double, batched(range(20), 5), frozenset({3, 11}), course=Course(ahead=4))
        )
    told = sorted(outcome.item for outcome in outcomes if isinstance(outcome, Death))
    done = sorted(number for result in results_of(outcomes) for number in result)
    assert told == [3, 11]
    assert done == [2 * number for number in range(20) if number not in (3, 11)]


def test_an_executor_that_cannot_be_renewed_ends_the_run() -> None:
    """One clear line, as what was given cannot be used any more."""

    class Broken(InProcessExecutor):
        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
            raise BrokenExecutor

    with pytest.raises(ExecutionError, match="run it again"):
        list(map_surviving(Broken(), sum, [(1,)], course=Course(ahead=1)))


def test_what_may_be_tried_again_is() -> None:
    """A batch that fails twice for a passing reason is done at the third try."""
    tries: list[int] = []

    def flaky(batch: Sequence[int]) -> int:
        tries.append(1)
        if len(tries) < 3:
            raise TimeoutError
        return sum(batch)

    course = Course(ahead=1, may_retry=lambda error, retries: isinstance(error, TimeoutError) and retries < 2)
    assert results_of(map_surviving(InProcessExecutor(), flaky, [(1, 2)], course=course)) == [3]


def test_what_may_not_is_raised() -> None:
    """A mistake stays a mistake."""
    with pytest.raises(ZeroDivisionError):
        list(map_surviving(InProcessExecutor(), lambda batch: 1 / 0, [(1,)], course=Course(ahead=1)))


def test_a_stop_lets_what_is_under_way_end() -> None:
    """No further batch is begun; those in flight give their results."""
    asked: list[int] = []
    course = Course(ahead=1, is_stopped=lambda: len(asked) >= 2)

    def note(batch: Sequence[int]) -> int:
        asked.append(batch[0])
        return batch[0]

    results = map_surviving(InProcessExecutor(), note, batched(range(9), 1), course=course)
    assert results_of(results) == [0, 1]


def test_an_empty_batch_lets_what_is_under_way_be_seen_to() -> None:
    """A folder that is watched has nothing new now; what it gave before must not wait for more."""
    order: list[str] = []

    def batches() -> Iterator[tuple[int, ...]]:
        for number in range(3):
            yield (number,)
            order.append("looked again")
            yield ()

    class Later(InProcessExecutor):
        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
            future: Future[Any] = Future()
            threading.Timer(0.01, future.set_result, [fn(*args, **kwargs)]).start()
            return future

    for outcome in map_surviving(Later(), sum, batches(), course=Course(ahead=9)):
        order += [str(result) for result in results_of([outcome])]
    assert order == ["looked again", "0", "looked again", "1", "looked again", "2"]


def test_work_that_a_scheduler_let_go_is_told() -> None:
    """Its futures are cancelled when it is stopped."""

    class Forgetting(InProcessExecutor):
        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
            future: Future[Any] = Future()
            future.cancel()
            future.set_running_or_notify_cancel()
            return future

    with pytest.raises(ExecutionError, match="scheduler"):
        list(map_surviving(Forgetting(), sum, [(1,)], course=Course(ahead=1)))
