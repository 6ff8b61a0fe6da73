"""Runs that are cut short, anywhere and by anything: nothing lost, nothing doubled, nothing half visible."""

from __future__ import annotations

import itertools
import os
import resource
import shutil
import signal
from collections import Counter
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Future
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, func, select

from database.opening import open_with_key
from database.schema import Frame, IngestRun, Instance, Pixels, RejectedFile, Source
from database.session import Database
from foundation.errors import DatabaseError
from foundation.execution import InProcessExecutor
from foundation.progress import SilentProgress
from imaging.samples import bundled_dicom_folder
from ingest.ingest import IngestConfig, IngestReport, ingest

Rows = dict[str, list[str]]
InChild = Callable[[Callable[[], object]], str]


@dataclass
class Trial:
    """A database that is put to the test, what is ingested into it, and the rows that must come of it."""

    database: Database
    url: str
    key_file: Path
    config: IngestConfig
    tell: Callable[[Database], Rows]
    undisturbed: Rows

    def run(self) -> IngestReport:
        """Ingest through a connection of its own, as another process would."""
        with open_with_key(self.url, key_file=self.key_file) as opened:
            return ingest(self.config, database=opened)

    def rows(self) -> Rows:
        """Return every row that is there."""
        return self.tell(self.database)


pytestmark = pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning")


@pytest.fixture
def folder(request: pytest.FixtureRequest, mixed_folder: Path) -> Path:
    """Give a folder with several files of each end, and one that is met twice.

    One picture lies there in two encodings, and the rows tell which was met first; where that is a race,
    a test asks for equal bytes.
    """
    bundled = bundled_dicom_folder()
    for name in ("ExplVR_BigEnd.dcm", "SC_rgb_rle_2frame.dcm", "examples_palette.dcm", "rtdose_rle.dcm"):
        shutil.copyfile(bundled / name, mixed_folder / name)
    shutil.copyfile(bundled / "CT_small.dcm", mixed_folder / "zz.dcm")
    if getattr(request, "param", None) == "equal bytes":
        shutil.copyfile(mixed_folder / "deep" / "b", mixed_folder / "deep" / "er" / "c.dcm")
    return mixed_folder


@pytest.fixture
def config(folder: Path, tmp_path: Path) -> IngestConfig:
    """Give the config of a run in this process, two files a batch."""
    return IngestConfig(
        paths=(folder,),
        workers=1,
        batch_size=2,
        operator_file=tmp_path / "paths.tsv",
        class_folders=True,
        patience_seconds=0,
    )


@pytest.fixture
def trial(
    database: Database,
    database_url: str,
    key_file: Path,
    config: IngestConfig,
    dump_rows: Callable[[Database], Rows],
) -> Trial:
    """Give an empty database, and the rows of a run that nobody disturbed."""
    beside = key_file.with_name("undisturbed.db")
    with open_with_key(f"sqlite:///{beside}", key_file=key_file, create=True) as other:
        ingest(config, database=other)
        undisturbed = dump_rows(other)
    return Trial(database, database_url, key_file, config, dump_rows, undisturbed)


def kill_at(statement: int) -> None:
    """Have this process killed outright when it is about to run its nth statement or commit."""
    told = 0

    def count(*_: object) -> None:
        nonlocal told
        told += 1
        if told == statement:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "before_cursor_execute", count)
    event.listen(Engine, "commit", count)


def check_nothing_is_half(database: Database) -> None:
    """Every instance that can be seen has its frames, its source, and pixels of full length."""
    with database.session() as session:
        frames = dict(
            session.execute(select(Frame.instance_id, func.count()).group_by(Frame.instance_id)).all()
        )
        sources = set(session.scalars(select(Source.instance_id)))
        for instance_id, expected in session.execute(select(Instance.id, Instance.number_of_frames)):
            assert frames[instance_id] == expected
            assert instance_id in sources
        torn = select(func.count()).where(func.length(Pixels.content) != Pixels.num_bytes)
        assert session.scalar(torn) == 0


def test_killed_at_any_statement_it_goes_on_to_the_same_rows(trial: Trial, in_child: InChild) -> None:
    """Killed at the 2nd statement, at the 9th of the next run, and so on, until a run comes through."""

    def run(statement: int) -> None:
        kill_at(statement)
        trial.run()

    ends = []
    for statement in itertools.count(2, 7):
        ends.append(in_child(partial(run, statement)))
        check_nothing_is_half(trial.database)
        if ends[-1] != "killed":
            break
    assert ends[-1] == ""
    assert len(ends) > 5
    assert trial.rows() == trial.undisturbed


@pytest.mark.parametrize("folder", ["equal bytes"], indirect=True)
def test_several_at_once_store_what_one_does(trial: Trial, in_children: Callable[..., list[str]]) -> None:
    """Each row once, though all see every file; which of two equal files was the first may differ."""
    assert in_children(trial.run, trial.run, trial.run) == ["", "", ""]
    check_nothing_is_half(trial.database)
    rows, expected = trial.rows(), dict(trial.undisturbed)
    assert sources_of(rows.pop("source")) == sources_of(expected.pop("source"))
    assert rows == expected


def sources_of(rows: list[str]) -> Counter[str]:
    """Count sources and dispositions, each on its own."""
    counted: Counter[str] = Counter()
    for row in rows:
        disposition = next(word for word in ("resent", "stored") if f'"disposition": "{word}"' in row)
        counted.update((disposition, row.replace(f'"{disposition}"', "")))
    return counted


class Interrupting(SilentProgress):
    """Presses Ctrl-C when the first batch is done."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def advance(self, count: int = 1) -> None:
        """Press."""
        if not self.told:
            signal.raise_signal(signal.SIGINT)

    def tell(self, line: str, *, aside: str = "") -> None:
        """Keep the line."""
        self.told.append(line)


def test_ctrl_c_keeps_what_was_done_and_says_so(trial: Trial) -> None:
    """The run's row has the counts and stays open; the next run does the rest."""
    database = trial.database
    progress = Interrupting()
    with pytest.raises(KeyboardInterrupt):
        ingest(trial.config, database=database, progress=progress)
    check_nothing_is_half(database)
    with database.session() as session:
        run = session.scalars(select(IngestRun)).one()
        stored = session.scalar(select(func.count()).select_from(Source)) or 0
        refused = session.scalar(select(func.count()).select_from(RejectedFile)) or 0
        assert run.finished_at is None
        assert run.counts is not None
        assert sum(run.counts.values()) == stored + refused == 2
    assert progress.told == [
        "Stopping: what is under way is finished first. Press Ctrl-C again to end at once.",
        "2 files are done and kept.",
    ]
    trial.run()
    assert trial.rows() == trial.undisturbed


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_full_disk_is_told_and_the_run_goes_on_when_there_is_room(trial: Trial, in_child: InChild) -> None:
    """One clear line; a limit of the process stands for the disk's."""
    path = trial.database.file_path
    assert path is not None

    def run() -> None:
        room = path.stat().st_size + 200_000
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
        trial.run()

    told = in_child(run)
    assert told.startswith("DatabaseError: The database's disk is full or at its limit: ")
    assert "Make room" in told
    check_nothing_is_half(trial.database)
    trial.run()
    assert trial.rows() == trial.undisturbed


def test_a_database_that_is_full_is_told(sqlite_database: Database, config: IngestConfig) -> None:
    """SQLite's own words for it, in ours."""

    def limit(connection: object, _record: object) -> None:
        connection.execute("PRAGMA max_page_count = 60")  # type: ignore[attr-defined]

    event.listen(Engine, "connect", limit)
    try:
        with pytest.raises(DatabaseError, match=r"disk is full or at its limit: database or disk is full"):
            ingest(config, database=sqlite_database)
    finally:
        event.remove(Engine, "connect", limit)


def test_a_run_that_was_cut_tells_all_paths_again(
    database: Database, config: IngestConfig, tmp_path: Path
) -> None:
    """Also that of a conflict, which the next run finds stored: what the operator was told may be gone."""
    content = bytearray((bundled_dicom_folder() / "CT_small.dcm").read_bytes())
    content[-2000] ^= 1  # in the middle of its pixels
    (config.paths[0] / "conflict.dcm").write_bytes(content)
    first = ingest(config, database=database)
    assert first.dispositions["conflict"] == 1
    told = (tmp_path / "paths.tsv").read_text().splitlines()
    (tmp_path / "paths.tsv").unlink()
    again = ingest(config, database=database)
    assert again.dispositions["unchanged"] == first.num_files - sum(first.reasons.values())
    words = [line.split("\t", 1)[1] for line in (tmp_path / "paths.tsv").read_text().splitlines()]
    assert sorted(words) == sorted(line.split("\t", 1)[1] for line in told)


def test_a_file_that_kills_workers_is_rejected_and_told(
    database: Database, config: IngestConfig, tmp_path: Path
) -> None:
    """The run goes on; its path goes to the terminal and the operator's file alone."""
    progress, executor = Listening(), Mortal("examples_palette.dcm")
    report = ingest(config, database=database, executor=executor, progress=progress)
    assert isinstance(report, IngestReport)
    assert report.reasons["worker_died"] == 1
    assert report.num_files == 11
    with database.session() as session:
        row = session.scalars(select(RejectedFile).where(RejectedFile.reason_code == "worker_died")).one()
        assert row.path_key in "".join(progress.told)
        assert row.disposition == "rejected"
    assert "palette" not in "".join(progress.told)
    assert [aside.endswith("examples_palette.dcm") for aside in progress.asides if aside] == [True]
    assert f"worker_died\t{row.path_key}\t" in (tmp_path / "paths.tsv").read_text()
    # Read again where it kills no longer, it is stored, and its rejection forgotten.
    report = ingest(config, database=database)
    assert "worker_died" not in report.reasons
    assert report.num_new_instances == 1


class Listening(SilentProgress):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.asides: list[str] = []

    def tell(self, line: str, *, aside: str = "") -> None:
        """Keep both."""
        self.told.append(line)
        self.asides.append(aside)


class Mortal(InProcessExecutor):
    """An executor whose workers die of one file, as a pool's would."""

    def __init__(self, deadly: str) -> None:
        self._deadly = deadly

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run the batch, or die of it."""
        if any(source.relative_path == self._deadly for source in args[0]):
            future: Future[Any] = Future()
            future.set_exception(BrokenExecutor("A process died."))
            return future
        return super().submit(fn, *args, **kwargs)

    def renew(self) -> None:
        """There is no process to make."""
