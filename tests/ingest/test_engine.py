"""The engine: what it does around batches. What cuts it short stands in test_interruptions.py."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from database.opening import require_key
from database.patience import Patience
from database.runs import begin_run
from database.schema import IngestRun
from database.session import Database, transaction
from foundation.errors import DatabaseUnavailableError
from foundation.execution import InProcessExecutor
from foundation.progress import SilentProgress
from foundation.stopping import Stop
from imaging.settings import ReadSettings
from ingest import engine as engine_module
from ingest.batch import BatchSettings
from ingest.engine import Engine, Surroundings
from ingest.operator_file import OperatorFile
from ingest.sources import SourceFile, batch_files, find_files


class Listening(SilentProgress):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.done = 0

    def advance(self, count: int = 1) -> None:
        """Count."""
        self.done += count

    def tell(self, line: str, *, aside: str = "") -> None:
        """Keep the line."""
        self.told.append(line)


class House:
    """An engine with all that it needs."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database, self.folder = database, folder
        self.run_id = transaction(
            database, lambda session: begin_run(session, source_name="disk", profile="research", config={})
        )
        read = ReadSettings(key=require_key(database))
        settings = BatchSettings(database.url_text, self.run_id, "disk", read, class_task=None)
        self.progress, self.stop, self.put_away = Listening(), Stop(), list[SourceFile]()
        patience = Patience(database, seconds=0, tell=self.progress.tell)
        around = Surroundings(
            OperatorFile(folder.with_name("paths.tsv"), run_id=self.run_id),
            self.progress,
            patience,
            self.stop,
            self.put_away.extend,
        )
        self.engine = Engine(settings, around)

    def run(self, executor: InProcessExecutor | None = None, size: int = 2) -> None:
        """Run over the folder."""
        batches = batch_files(find_files([self.folder]), size)
        self.engine.run(executor or InProcessExecutor(), batches, ahead=2)

    def row(self) -> IngestRun:
        """Return the run's row."""
        with self.database.session() as session:
            return session.scalars(select(IngestRun)).one()


@pytest.fixture
def house(sqlite_database: Database, mixed_folder: Path) -> House:
    """Give an engine over a folder with a file of each end."""
    return House(sqlite_database, mixed_folder)


def test_every_file_is_counted_told_and_put_away(house: House) -> None:
    """Once each."""
    house.run()
    assert house.engine.dispositions == {"stored": 2, "resent": 1, "not_an_image": 1, "rejected": 2}
    assert house.engine.reasons.total() == 3
    assert house.progress.done == len(house.put_away) == 6
    assert len(house.folder.with_name("paths.tsv").read_text().splitlines()) == 4


def test_counts_are_kept_while_it_runs(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a run that is killed tells how far it came; only a whole one is closed."""
    monkeypatch.setattr(engine_module, "_KEEP_COUNTS_EVERY_SECONDS", 0.0)
    house.run()
    row = house.row()
    assert row.counts == {"stored": 2, "resent": 1, "not_an_image": 1, "rejected": 2}
    assert row.finished_at is None
    house.engine.close(is_whole=True)
    assert house.row().finished_at is not None


def test_a_stop_begins_no_further_batch(house: House) -> None:
    """The batch that was under way is counted."""
    house.stop.is_asked = True
    house.run()
    assert house.engine.dispositions.total() == 0


class Flaky(InProcessExecutor):
    """Loses the database a few times at each batch."""

    def __init__(self, times: int) -> None:
        self._times = times
        self._begun: Counter[object] = Counter()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Fail, or run."""
        self._begun[args[0]] += 1
        if self._begun[args[0]] <= self._times:
            future: Future[Any] = Future()
            future.set_exception(DatabaseUnavailableError("No database server answers."))
            return future
        return super().submit(fn, *args, **kwargs)


def test_a_batch_that_lost_its_database_is_run_again(house: House) -> None:
    """Each file is counted once however often its batch was begun."""
    house.run(Flaky(3))
    assert house.engine.dispositions.total() == 6


def test_a_database_that_stays_away_ends_the_run(house: House) -> None:
    """After the tries that a server has that answers in between."""
    with pytest.raises(DatabaseUnavailableError):
        house.run(Flaky(4))
