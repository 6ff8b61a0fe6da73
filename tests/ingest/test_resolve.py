"""The door `resolve`."""

from __future__ import annotations

from pathlib import Path

import pydicom
import pytest
from sqlalchemy import select

from database.conflicts import list_conflicts
from database.schema import Instance, Label
from database.session import Database
from foundation.errors import DatabaseError, IngestError
from imaging.samples import bundled_dicom_folder
from ingest.ingest import IngestConfig, ingest
from ingest.resolve import ResolveConfig, resolve


def test_ingest_resolve_and_ingest_again(database: Database, tmp_path: Path) -> None:
    """The kept picture gets the class of its own folder."""
    for folder, shift in (("HAND", 0), ("FOOT", 1)):
        ds = pydicom.dcmread(bundled_dicom_folder() / "CT_small.dcm")
        ds.PixelData = (ds.pixel_array + shift).tobytes()
        (tmp_path / "set" / folder).mkdir(parents=True)
        ds.save_as(tmp_path / "set" / folder / "1.dcm")
    config = IngestConfig(paths=(tmp_path / "set",), workers=1, class_folders=True)
    assert ingest(config, database=database).dispositions == {"conflict": 1, "stored": 1}
    with database.session() as session:
        (conflict,) = list_conflicts(session)
    report = resolve(ResolveConfig(sop_instance_uid=conflict.sop_instance_uid, keep=2), database=database)
    assert (report.former_version, report.num_readings_withdrawn, report.num_sources_forgotten) == (1, 1, 1)
    assert ingest(config, database=database).dispositions == {"resent": 1, "unchanged": 1}
    with database.session() as session:
        current = session.scalars(select(Instance.version).where(Instance.status == "current")).all()
        assert current == [2]
        query = select(Label.class_name, Label.value).order_by(Label.reading_number)
        newest = {row.class_name: row.value for row in session.execute(query)}
        assert sorted(newest.values()) == ["1", "not_mentioned"]


def test_what_cannot_be_resolved_is_told(sqlite_database: Database) -> None:
    """No such instance; no database."""
    config = ResolveConfig(sop_instance_uid="2.25.1", keep=1)
    with pytest.raises(DatabaseError, match="no instance"):
        resolve(config, database=sqlite_database)
    with pytest.raises(IngestError):
        resolve(config)
