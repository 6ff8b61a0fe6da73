"""Ingest with pictures outside the database."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest
from sqlalchemy import func, select

from database.object_stores import open_object_store
from database.pictures import frames_of
from database.pixel_checks import PixelCheckConfig, StoreCheck, check_pixels
from database.schema import IngestRun, Instance, Pixels
from database.session import Database
from foundation.errors import ConfigError, DatabaseError
from ingest import batch
from ingest.ingest import IngestConfig, IngestReport, ingest


def ingest_to(database: Database, folder: Path, pixels: str | None) -> IngestReport:
    """Ingest a folder by this process alone."""
    config = IngestConfig(paths=(folder,), workers=1, pixels=pixels, operator_file=folder.with_suffix(".tsv"))
    return ingest(config, database=database)


def checked(database: Database) -> StoreCheck:
    """Return what the one store holds."""
    return check_pixels(PixelCheckConfig(verify=True), database=database).stores[0]


def test_rows_name_what_lies_in_the_store(database: Database, mixed_folder: Path) -> None:
    """The counts are those of an ingest into the database; no place of this machine is in the run."""
    url = f"memory://{uuid.uuid4()}"
    report = ingest_to(database, mixed_folder, url)
    assert report.dispositions == {"not_an_image": 1, "rejected": 2, "resent": 1, "stored": 2}
    found = checked(database)
    assert (found.url, found.num_named, found.num_missing, found.num_damaged) == (url, 2, 0, 0)
    assert found.num_unreferenced == 0
    with database.session() as session:
        assert session.scalar(select(func.count()).where(Pixels.content.is_not(None))) == 0
        ids = session.scalars(select(Instance.id)).all()
        assert all(frame.content.startswith(b"\x89PNG") for frame in frames_of(session, ids))
        assert url not in str(session.scalars(select(IngestRun.config)).one())
    assert ingest_to(database, mixed_folder, url).dispositions["unchanged"] == 3


def test_a_run_that_ends_between_store_and_rows_loses_nothing(
    database: Database, mixed_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it put is named by no row then; the next run takes it up, and nothing is left over."""
    url = f"memory://{uuid.uuid4()}"

    def fail(*_: object, **__: object) -> None:
        raise DatabaseError("The database refused to write.")

    with monkeypatch.context() as patch:
        patch.setattr(batch, "store_results", fail)
        with pytest.raises(DatabaseError, match="refused"):
            ingest_to(database, mixed_folder, url)
    between = checked(database)
    assert (between.num_named, between.num_unreferenced) == (0, 2)
    ingest_to(database, mixed_folder, url)
    after = checked(database)
    assert (after.num_named, after.num_missing, after.num_unreferenced) == (2, 0, 0)


def test_a_store_that_cannot_be_is_refused_before_any_work(
    database: Database, mixed_folder: Path, tmp_path: Path
) -> None:
    """No run is opened for it."""
    with pytest.raises(ConfigError, match="does not know"):
        ingest_to(database, mixed_folder, "nosuch://place")
    (tmp_path / "file").touch()
    with pytest.raises(DatabaseError, match="cannot be made"):
        ingest_to(database, mixed_folder, str(tmp_path / "file" / "pixels"))
    with database.session() as session:
        assert session.scalar(select(func.count()).select_from(IngestRun)) == 0


def test_a_store_that_is_full_ends_the_run_with_its_name(
    database: Database, mixed_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No row is written for a picture that is not there."""
    url = f"memory://{uuid.uuid4()}"
    store = open_object_store(url)

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store._system, "pipe_file", fail)
    with pytest.raises(DatabaseError, match=r"memory://.* cannot be written to: No space left"):
        ingest_to(database, mixed_folder, url)
    with database.session() as session:
        assert session.scalar(select(func.count()).select_from(Pixels)) == 0
