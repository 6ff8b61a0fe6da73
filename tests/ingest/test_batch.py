"""One batch of files into rows."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import func, select

from database.opening import require_key
from database.runs import begin_run
from database.schema import Instance, RejectedFile, Source
from database.session import Database, transaction
from imaging.settings import ReadSettings
from ingest.batch import BatchSettings, ingest_batch
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
