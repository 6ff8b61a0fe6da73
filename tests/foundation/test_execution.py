"""Batches, here and in other processes."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.errors import KeyFileError
from foundation.execution import InProcessExecutor, batched, default_workers, map_batches, open_executor
from foundation.keys import read_key_file

ROOT = Path(__file__).parents[2]


class CountingExecutor(InProcessExecutor):
    """An executor that leaves its futures pending until one is asked for, and counts them."""

    def __init__(self) -> None:
        self.in_flight: list[Future[Any]] = []

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Keep the future; it is cancelled or set by the test."""
        future: Future[Any] = Future()
        self.in_flight.append(future)
        return future


@given(st.lists(st.integers()), st.integers(1, 7))
def test_batches_hold_every_item_once_in_order(items: list[int], size: int) -> None:
    """Cutting loses nothing, and only the last batch may be shorter."""
    batches = list(batched(items, size))
    assert [item for batch in batches for item in batch] == items
    assert all(len(batch) == size for batch in batches[:-1])


@given(st.lists(st.integers(-9, 9)), st.integers(1, 4))
def test_results_come_in_the_order_of_the_batches(numbers: list[int], ahead: int) -> None:
    """However many are in flight."""
    assert list(map_batches(InProcessExecutor(), pow, numbers, 2, ahead=ahead)) == [n * n for n in numbers]


def test_only_a_few_batches_are_in_flight() -> None:
    """The source of batches is read as results are taken, so memory stays flat."""
    taken = []

    def numbers() -> Iterator[int]:
        for number in range(100):
            taken.append(number)
            yield number

    results = map_batches(InProcessExecutor(), abs, numbers(), ahead=3)
    next(results)
    assert len(taken) == 3
    next(results)
    assert len(taken) == 4


def test_leaving_early_cancels_what_has_not_started() -> None:
    """A consumer that stops drops the batches in flight."""
    executor = CountingExecutor()
    results = map_batches(executor, abs, range(9), ahead=3)
    with pytest.raises(TimeoutError):
        executor_times_out(executor, results)
    assert [future.cancelled() for future in executor.in_flight] == [False, True, True]


def executor_times_out(executor: CountingExecutor, results: Iterator[int]) -> None:
    """Make the first batch fail, as a worker would."""
    original = executor.submit

    def submit(fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future = original(fn, *args, **kwargs)
        if len(executor.in_flight) == 1:
            future.set_exception(TimeoutError())
        return future

    executor.submit = submit  # type: ignore[method-assign]
    next(results)


def test_an_error_in_process_is_kept_for_its_result() -> None:
    """As with every executor, asking for the result raises it."""
    future = InProcessExecutor().submit(int, "no number")
    assert isinstance(future.exception(), ValueError)


def test_one_worker_needs_no_other_process() -> None:
    """A single worker runs here."""
    with open_executor(1) as executor:
        assert isinstance(executor, InProcessExecutor)
        assert executor.submit(os.getpid).result() == os.getpid()


def test_one_worker_a_core_is_the_default() -> None:
    """There is at least one."""
    assert 1 <= default_workers() <= (os.cpu_count() or 1)


def test_a_system_without_affinity_counts_its_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """MacOS and Windows know no sched_getaffinity."""
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert default_workers() == 1


def test_a_pool_gives_the_same_results_as_this_process() -> None:
    """Two spawned workers, results in order, and neither is this process."""
    with open_executor(2) as executor:
        assert list(map_batches(executor, pow, range(20), 3)) == [n**3 for n in range(20)]
        assert executor.submit(os.getpid).result() != os.getpid()


def test_a_workers_error_arrives_whole_and_ends_the_pool(tmp_path: Path) -> None:
    """Our errors cross the process border; leaving by one drops the rest and closes the pool."""
    paths = [tmp_path / str(number) for number in range(50)]
    with pytest.raises(KeyFileError, match=r"Cannot read the key file"), open_executor(2) as executor:
        list(map_batches(executor, read_key_file, paths))
    with pytest.raises(RuntimeError, match="shutdown"):
        executor.submit(abs, 1)


SLEEPING_POOL = textwrap.dedent(
    """
    import os, sys, time
    from foundation.execution import map_batches, open_executor

    if __name__ == "__main__":
        with open_executor(2) as executor:
            print(executor.submit(os.getpid).result(), flush=True)
            for _ in map_batches(executor, time.sleep, [0.3] * 200):
                pass
    """
)


def start_pool(tmp_path: Path) -> tuple["subprocess.Popen[str]", int]:
    """Start a process with a pool in a group of its own; return it and one worker's id."""
    script = tmp_path / "sleeping_pool.py"
    script.write_text(SLEEPING_POOL)
    parent = subprocess.Popen(
        [sys.executable, str(script)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    assert parent.stdout is not None
    with parent.stdout:
        return parent, int(parent.stdout.readline())


def is_alive(pid: int) -> bool:
    """Tell whether a process still runs (a zombie does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def wait_until_gone(pid: int, seconds: float = 10.0) -> bool:
    """Wait for a process to end; tell whether it did."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not is_alive(pid):
            return True
        time.sleep(0.05)
    return False


needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc, which is Linux")


@needs_proc
def test_ctrl_c_ends_the_pool_without_leaving_workers(tmp_path: Path) -> None:
    """The whole terminal group gets the signal; what had not started is dropped, nobody stays behind."""
    parent, worker = start_pool(tmp_path)
    os.killpg(parent.pid, signal.SIGINT)
    assert parent.wait(timeout=15) != 0
    assert wait_until_gone(worker)


@needs_proc
def test_workers_end_with_a_killed_parent(tmp_path: Path) -> None:
    """A parent that is killed outright leaves no worker holding a connection."""
    parent, worker = start_pool(tmp_path)
    parent.kill()
    parent.wait(timeout=15)
    assert wait_until_gone(worker)
