"""Who does the work."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from database.opening import open_with_key
from database.session import Database
from foundation.execution import InProcessExecutor, default_workers
from foundation.pools import WorkerPool
from ingest.crew import WORKER_BYTES, choose_workers, open_crew
from ingest.ingest import IngestConfig, ingest


@pytest.mark.parametrize(
    ("workers", "memory", "free_bytes", "expected"),
    [
        (None, None, 10**15, default_workers()),
        (None, None, 2 * WORKER_BYTES, 1),
        (None, None, 0, 1),
        (None, 10 * WORKER_BYTES, 0, min(10, default_workers())),
        (7, None, 0, 7),
        (7, 10**15, 0, 7),
        (7, 3 * WORKER_BYTES + 1, 0, 3),
        (7, 1, 0, 1),
    ],
)
def test_memory_decides_how_many(
    workers: int | None, memory: int | None, free_bytes: int, expected: int
) -> None:
    """Half of what is free where nothing is said; a number that is given yields to a given budget alone."""
    assert choose_workers(workers, memory=memory, free_bytes=free_bytes) == expected


def test_one_that_was_asked_for_works_here() -> None:
    """And is given one batch after the other."""
    with open_crew(workers=1) as crew:
        assert isinstance(crew.executor, InProcessExecutor)
        assert crew.ahead == 2


def test_one_that_memory_allows_works_apart() -> None:
    """So that what kills it does not end the run."""
    with open_crew(memory=1) as crew:
        assert isinstance(crew.executor, WorkerPool)
        assert crew.executor.submit(int, "7").result() == 7


def test_the_callers_executor_stays_open() -> None:
    """It may be needed again."""
    mine = InProcessExecutor()
    with open_crew(executor=mine) as crew:
        assert crew.executor is mine
    assert mine.submit(int, "7").result() == 7


def test_ctrl_c_ends_a_pool_at_once() -> None:
    """Only the second one gets here: the first lets batches end."""
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        press_while_it_works()
    assert time.monotonic() - started < 30


def press_while_it_works() -> None:
    """Press Ctrl-C while a worker is at something long."""
    with open_crew(workers=2) as crew:
        future = crew.executor.submit(time.sleep, 60)
        while not future.running():
            time.sleep(0.01)
        raise KeyboardInterrupt


@pytest.mark.slow
def test_the_workers_of_a_scheduler_store_what_one_process_does(
    sqlite_database: Database,
    mixed_folder: Path,
    key_file: Path,
    dump_rows: Callable[[Database], dict[str, list[str]]],
    cluster_address: str,
) -> None:
    """Two processes of Dask's, each with a connection of its own."""
    # By threes the two files of one picture are one batch's: which of them comes first is no race.
    config = IngestConfig(paths=(mixed_folder,), batch_size=3, operator_file=mixed_folder.with_name("p.tsv"))
    remote = config.model_copy(update={"scheduler": cluster_address})
    report = ingest(remote, database=sqlite_database)
    assert report.num_files == 6
    beside = f"sqlite:///{key_file.with_name('beside.db')}"
    with open_with_key(beside, key_file=key_file, create=True) as database:
        ingest(config.model_copy(update={"workers": 1}), database=database)
        expected, found = dump_rows(database), dump_rows(sqlite_database)
    assert {name: rows for name, rows in found.items() if name != "source"} == {
        name: rows for name, rows in expected.items() if name != "source"
    }
    assert len(found["source"]) == len(expected["source"]) == 3
