"""One batch of files into rows."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from database.opening import require_key
from database.runs import begin_run
from database.schema import Instance, RejectedFile, Source
from database.session import Database, transaction
from foundation.errors import DatabaseError
from imaging.settings import ReadSettings
from ingest import batch
from ingest.batch import BatchSettings, ingest_batch
from ingest.found_files import FoundFile
from ingest.sources import SourceFile, find_files


def settings_for(database: Database) -> BatchSettings:
    """Return what a batch of a new run shares."""
    run_id = transaction(
        database, lambda session: begin_run(session, source_name="disk", profile="research", config={})
    )
    read = ReadSettings(key=require_key(database))
    return BatchSettings(database.url_text, run_id, "disk", read, class_task=None)


def files_of(folder: Path) -> Sequence[SourceFile]:
    """Return every file of a folder."""
    return tuple(find_files([folder]))


def test_every_file_of_a_batch_ends_as_something(database: Database, mixed_folder: Path) -> None:
    """Stored, resent, not an image, rejected: on both databases alike."""
    report = ingest_batch(files_of(mixed_folder), settings_for(database))
    assert report.dispositions == {"stored": 2, "resent": 1, "not_an_image": 1, "rejected": 2}
    assert report.reasons == {"structured_report": 1, "empty_file": 1, "not_dicom_nor_picture": 1}


def test_rows_are_those_of_the_dispositions(database: Database, mixed_folder: Path) -> None:
    """An instance a picture, a source a file that showed one, a rejected row a file that did not."""
    ingest_batch(files_of(mixed_folder), settings_for(database))
    with database.session() as session:
        counts = [
            session.scalar(select(func.count()).select_from(table))
            for table in (Instance, Source, RejectedFile)
        ]
    assert counts == [2, 3, 3]


def test_the_same_batch_again_is_unchanged(database: Database, mixed_folder: Path) -> None:
    """Files that gave a picture are not even parsed; those that did not are tried again."""
    settings = settings_for(database)
    ingest_batch(files_of(mixed_folder), settings)
    report = ingest_batch(files_of(mixed_folder), settings)
    assert report.dispositions == {"unchanged": 3, "not_an_image": 1, "rejected": 2}


def test_paths_are_told_for_files_without_a_picture_only(
    sqlite_database: Database, mixed_folder: Path
) -> None:
    """And nowhere but in `unstored`, which goes to the operator's file."""
    report = ingest_batch(files_of(mixed_folder), settings_for(sqlite_database))
    assert {Path(file.path).name for file in report.unstored} == {"report.dcm", "notes.txt", "empty.dcm"}


def test_settings_travel_without_showing_the_key(sqlite_database: Database) -> None:
    """They are pickled to workers; their representation may end in a log."""
    settings = settings_for(sqlite_database)
    assert pickle.loads(pickle.dumps(settings)) == settings
    assert require_key(sqlite_database).hex() not in repr(settings)
    assert str(require_key(sqlite_database)) not in repr(settings)


def test_large_files_are_read_and_stored_one_by_one(database: Database, mixed_folder: Path) -> None:
    """However many a batch has, a portion is held at once; rows and counts are the same."""
    settings = replace(settings_for(database), portion_bytes=1, stored_at_once_bytes=1)
    report = ingest_batch(files_of(mixed_folder), settings)
    assert report.dispositions == {"stored": 2, "resent": 1, "not_an_image": 1, "rejected": 2}
    with database.session() as session:
        assert session.scalar(select(func.count()).select_from(Source)) == 3


def test_no_more_is_held_than_a_portion(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of five files of a megabyte, no third one is read before the first is let go."""
    held, most = 0, []

    class Content(bytes):
        def __del__(self) -> None:
            nonlocal held
            held -= 1

    def find(source: SourceFile, *, path_key: str, max_bytes: int) -> FoundFile:
        nonlocal held
        held += 1
        most.append(held)
        return FoundFile(source, path_key, Content(bytes(1 << 20)), source.path.name.zfill(64), 1 << 20)

    monkeypatch.setattr(batch, "find_file", find)
    folder = tmp_path / "five"
    folder.mkdir()
    for number in range(5):
        (folder / str(number)).touch()
    settings = replace(settings_for(sqlite_database), portion_bytes=2 << 20)
    report = ingest_batch(files_of(folder), settings)
    assert report.reasons == {"not_dicom_nor_picture": 5}
    assert max(most) == 2


def test_what_fails_while_the_next_is_decoded_is_told(
    sqlite_database: Database, mixed_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A transaction that is under way in the background does not fail in silence."""

    def full(*_: object, **__: object) -> None:
        raise DatabaseError("The database's disk is full.")

    monkeypatch.setattr(batch, "transaction", full)
    settings = replace(settings_for(sqlite_database), portion_bytes=1, stored_at_once_bytes=1)
    with pytest.raises(DatabaseError, match="disk is full"):
        ingest_batch(files_of(mixed_folder), settings)


def test_a_batch_shows_no_path(sqlite_database: Database, mixed_folder: Path) -> None:
    """Dask's workers log the arguments of a call that fails."""
    shown = repr((files_of(mixed_folder), settings_for(sqlite_database)))
    assert "mixed" not in shown
    assert "dicomill.db" not in shown
