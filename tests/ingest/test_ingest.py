"""The door of ingest."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, inspect, select, text

from database.opening import open_with_key
from database.schema import IngestRun, Instance, Label
from database.session import Database
from foundation.errors import IngestError, KeyFileError
from foundation.execution import InProcessExecutor
from foundation.progress import SilentProgress
from imaging.samples import bundled_dicom_folder
from ingest.ingest import IngestConfig, ingest


def row_counts(database: Database) -> dict[str, int]:
    """Return how many rows each table has, runs left out."""
    with database.session() as session:
        tables = inspect(session.connection()).get_table_names()
        return {
            table: session.execute(text(f"SELECT COUNT(*) FROM {table}")).scalar_one()
            for table in tables
            if table != "ingest_run"
        }


def run(database: Database, *paths: Path, **options: object) -> object:
    """Ingest in this process."""
    return ingest(IngestConfig.checked({"paths": paths, "workers": 1, **options}), database=database)


def test_every_file_is_counted_once(database: Database, mixed_folder: Path, tmp_path: Path) -> None:
    """The report's counts add up to the files found."""
    report = ingest(
        IngestConfig(paths=(mixed_folder,), workers=1, operator_file=tmp_path / "paths.tsv"),
        database=database,
    )
    assert report.num_files == 6
    assert sum(report.dispositions.values()) == 6
    assert report.num_new_instances == 2
    assert report.operator_file == tmp_path / "paths.tsv"


def test_a_second_run_adds_no_row(database: Database, mixed_folder: Path, tmp_path: Path) -> None:
    """But its own row in `ingest_run`."""
    config = IngestConfig(paths=(mixed_folder,), workers=1, operator_file=tmp_path / "paths.tsv")
    ingest(config, database=database)
    before = row_counts(database)
    report = ingest(config, database=database)
    assert row_counts(database) == before
    assert report.num_new_instances == 0


@pytest.mark.slow
def test_two_processes_store_what_one_does(sqlite_url: str, key_file: Path, tmp_path: Path) -> None:
    """Batches run in any order; rows and counts do not depend on it."""
    counts = []
    for number, workers in enumerate((1, 2)):
        url = f"sqlite:///{tmp_path / f'{number}.db'}"
        with open_with_key(url, key_file=key_file, create=True) as database:
            config = IngestConfig(paths=(bundled_dicom_folder(),), workers=workers, batch_size=4)
            report = ingest(config, database=database)
            counts.append((report.dispositions, report.reasons, row_counts(database)))
    assert counts[0] == counts[1]


def test_class_folders_become_readings(
    database: Database, tmp_path: Path, write_picture: Callable[[Path, int], None]
) -> None:
    """One reading a picture; a picture in two folders has two."""
    for seed, place in enumerate(("yes/1.png", "yes/2.png", "no/3.png")):
        write_picture(tmp_path / "set" / place, seed)
    shutil.copyfile(tmp_path / "set" / "yes" / "1.png", tmp_path / "set" / "no" / "same.png")
    run(database, tmp_path / "set", class_folders=True, task="tumour")
    with database.session() as session:
        readings = session.execute(select(Label.class_name, func.count()).group_by(Label.class_name)).all()
        assert session.scalar(select(func.count()).select_from(Instance)) == 3
    assert sorted(tuple(row) for row in readings) == [("no", 2), ("yes", 2)]


def test_a_run_is_closed_with_its_counts(sqlite_database: Database, mixed_folder: Path) -> None:
    """And keeps no path: its config is told without."""
    run(sqlite_database, mixed_folder)
    with sqlite_database.session() as session:
        stored = session.scalars(select(IngestRun)).one()
        assert stored.finished_at is not None
        assert stored.counts == {"not_an_image": 1, "rejected": 2, "resent": 1, "stored": 2}
        assert str(mixed_folder) not in str(stored.config)


def test_an_executor_of_the_callers_is_used(sqlite_database: Database, mixed_folder: Path) -> None:
    """Anything with the concurrent.futures interface will do."""
    calls = []

    class Counting(InProcessExecutor):
        def submit(self, *arguments: object, **options: object) -> object:  # type: ignore[override]
            calls.append(arguments)
            return super().submit(*arguments, **options)  # type: ignore[arg-type]

    ingest(IngestConfig(paths=(mixed_folder,), batch_size=2), database=sqlite_database, executor=Counting())
    assert len(calls) == 3


def test_progress_reaches_the_number_of_files(sqlite_database: Database, mixed_folder: Path) -> None:
    """Told batch by batch."""

    class Listening(SilentProgress):
        total = done = 0

        def begin(self, stage: str, total: int | None = None) -> None:
            self.total = total or 0

        def advance(self, count: int = 1) -> None:
            self.done += count

    listener = Listening()
    config = IngestConfig(paths=(mixed_folder,), workers=1, batch_size=4)
    ingest(config, database=sqlite_database, progress=listener)
    assert (listener.total, listener.done) == (6, 6)


def test_ingest_needs_a_database_and_its_key(sqlite_url: str, mixed_folder: Path) -> None:
    """A pseudonym cannot be made without the key."""
    with pytest.raises(IngestError, match="open database"):
        ingest(IngestConfig(paths=(mixed_folder,)))
    with open_with_key(sqlite_url) as keyless, pytest.raises(KeyFileError, match="secret key"):
        ingest(IngestConfig(paths=(mixed_folder,)), database=keyless)


def test_a_missing_folder_opens_no_run(sqlite_database: Database, tmp_path: Path) -> None:
    """Nothing is written for a mistake."""
    with pytest.raises(IngestError, match="no folder or file"):
        run(sqlite_database, tmp_path / "nowhere")
    with sqlite_database.session() as session:
        assert session.scalar(select(func.count()).select_from(IngestRun)) == 0


@pytest.mark.corpus
@pytest.mark.mysql
@pytest.mark.slow
def test_real_files_all_end_alike_on_both_databases(
    sqlite_url: str, mysql_url: str, key_file: Path, corpus: Path, tmp_path: Path
) -> None:
    """The broad corpus: a disposition a file, a second run adds nothing, and counts are equal."""
    config = IngestConfig(paths=(corpus / "dicom",), operator_file=tmp_path / "paths.tsv")
    ends = []
    for url in (sqlite_url, mysql_url):
        with open_with_key(url, key_file=key_file) as database:
            first = ingest(config, database=database)
            assert first.num_files == sum(1 for path in (corpus / "dicom").rglob("*") if path.is_file())
            before = row_counts(database)
            again = ingest(config, database=database)
            assert row_counts(database) == before
            assert again.dispositions["unchanged"] == first.num_files - sum(first.reasons.values())
            ends.append((first.dispositions, first.reasons, before))
    assert ends[0] == ends[1]
