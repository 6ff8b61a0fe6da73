"""The door `reclean`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pydicom
import pytest
from sqlalchemy import select

from database.schema import IngestRun, Instance, Series
from database.session import Database
from foundation.errors import ConfigError, IngestError, KeyFileError
from imaging.samples import bundled_dicom_folder
from ingest import reclean as reclean_module
from ingest.ingest import IngestConfig, ingest
from ingest.reclean import RecleanConfig, RecleanReport, reclean

# The values are wrong on purpose.
pytestmark = pytest.mark.filterwarnings("ignore:Invalid value", "ignore:The value length")

SECRET = "Ward seven Miller"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give three DICOM files: one that says nothing, one by a ward's own text, one in plain words."""
    (tmp_path / "dicom" / "HAND").mkdir(parents=True)
    for number, values in enumerate(
        (
            {},
            {"ProtocolName": SECRET, "Modality": "XYZ", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"},
            {"BodyPartExamined": "CHEST", "ProtocolName": "Knie ap"},
        )
    ):
        ds = pydicom.dcmread(bundled_dicom_folder() / "CT_small.dcm")
        ds.SOPInstanceUID = f"1.2.3.{number}"
        ds.SeriesInstanceUID = f"1.2.4.{number}"
        ds.StudyDescription = ""
        for keyword, value in values.items():
            setattr(ds, keyword, value)
        ds.save_as(tmp_path / "dicom" / f"{number}.dcm")
    return tmp_path / "dicom"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Give a site's table for them."""
    path = tmp_path / "ward7.tsv"
    path.write_text(
        f"field\ttext\tvalue\tsource\nbody_part\t{SECRET.upper()}\tHEAD\nmodality\txyz\tDX\n"
        "body_part\tchest\t\tbody_part_examined\n",
        encoding="utf-8",
    )
    return path


def _rows(database: Database) -> list[tuple[Any, ...]]:
    columns = (Instance.body_part, Instance.body_part_rule, Instance.modality, Instance.modality_rule)
    with database.session() as session:
        return [tuple(row) for row in session.execute(select(*columns).order_by(Instance.id))]


def _reclean(database: Database, *tables: Path, **values: Any) -> RecleanReport:
    return reclean(RecleanConfig(site_tables=tables, **values), database=database)


def test_a_table_changes_rows_without_files_and_can_be_taken_back(
    database: Database, folder: Path, table: Path
) -> None:
    """Counted by column and value, and recorded as a run of its own kind."""
    ingest(IngestConfig(paths=(folder,), workers=1), database=database)
    before = _rows(database)
    for path in folder.glob("*.dcm"):
        path.unlink()
    report = _reclean(database, table)
    assert {(one.column, one.before, one.after): one.num_instances for one in report.changes} == {
        ("body_part", None, "HEAD"): 1,
        ("body_part", "CHEST", "KNEE"): 1,
        ("modality", None, "DX"): 1,
    }
    assert sorted(_rows(database), key=str) == sorted(
        [
            (None, "unknown", "CT", "exact"),
            ("HEAD", "site", "DX", "site"),
            ("KNEE", "protocol", "CT", "exact"),
        ],
        key=str,
    )
    assert _reclean(database, table).num_changed == 0
    assert _reclean(database).num_changed == 2
    assert _rows(database) == before
    with database.session() as session:
        runs = session.scalars(select(IngestRun).order_by(IngestRun.id)).all()
        assert [run.kind for run in runs] == ["ingest", "reclean", "reclean", "reclean"]
        assert runs[1].counts is not None
        assert runs[1].counts["body_part: unknown -> HEAD"] == 1
        assert len(runs[1].config["site_table_sha256"]) == 64
        assert all(run.finished_at is not None for run in runs)


def test_ingest_with_the_table_gives_the_same_rows(
    sqlite_database: Database, folder: Path, table: Path
) -> None:
    """And the run's record says by which table, with no text of it."""
    ingest(IngestConfig(paths=(folder,), workers=1, site_tables=(table,)), database=sqlite_database)
    at_ingest = _rows(sqlite_database)
    assert ("HEAD", "site", "DX", "site") in at_ingest
    assert _reclean(sqlite_database, table).num_changed == 0
    with sqlite_database.session() as session:
        config = session.scalars(select(IngestRun.config)).first()
        assert config is not None
        assert len(config["site_table_sha256"]) == 64
        assert "ward7" not in str(config).lower()


def test_no_text_stands_in_the_database(sqlite_database: Database, folder: Path, table: Path) -> None:
    """Nor after a table has named it."""
    ingest(IngestConfig(paths=(folder,), workers=1), database=sqlite_database)
    _reclean(sqlite_database, table)
    path = sqlite_database.file_path
    assert path is not None
    sqlite_database.close()
    stored = b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*")).upper()
    assert b"MILLER" not in stored
    assert b"WARD SEVEN" not in stored


def test_a_file_that_is_sent_again_after_the_table_grew_is_resent(
    sqlite_database: Database, folder: Path, table: Path
) -> None:
    """The identity is the file's, not our tables'."""
    ingest(IngestConfig(paths=(folder,), workers=1), database=sqlite_database)
    (folder / "sent" / "again").mkdir(parents=True)
    for path in folder.glob("*.dcm"):
        path.rename(folder / "sent" / "again" / path.name)
    config = IngestConfig(paths=(folder,), workers=1, site_tables=(table,))
    assert ingest(config, database=sqlite_database).dispositions == {"resent": 3}


def test_a_class_folders_word_stays(sqlite_database: Database, folder: Path, table: Path) -> None:
    """The person who sorted the pictures looked at them."""
    (folder / "1.dcm").rename(folder / "HAND" / "1.dcm")
    ingest(IngestConfig(paths=(folder,), workers=1, class_folders=True), database=sqlite_database)
    assert "HAND" in {row[0] for row in _rows(sqlite_database)}
    _reclean(sqlite_database, table)
    assert ("HAND", "class_folder", "DX", "site") in _rows(sqlite_database)


def test_a_series_follows(sqlite_database: Database, folder: Path, table: Path) -> None:
    """It has its modality from its instances."""
    ingest(IngestConfig(paths=(folder,), workers=1), database=sqlite_database)
    _reclean(sqlite_database, table)
    with sqlite_database.session() as session:
        assert sorted(session.scalars(select(Series.modality))) == ["CT", "CT", "DX"]


def test_a_dry_run_counts_and_changes_nothing(sqlite_database: Database, folder: Path, table: Path) -> None:
    """Not even a run is recorded."""
    ingest(IngestConfig(paths=(folder,), workers=1), database=sqlite_database)
    before = _rows(sqlite_database)
    report = _reclean(sqlite_database, table, dry_run=True)
    assert (report.num_changed, report.is_dry_run) == (2, True)
    assert _rows(sqlite_database) == before
    with sqlite_database.session() as session:
        assert len(session.scalars(select(IngestRun.id)).all()) == 1


def test_a_run_that_was_cut_short_is_finished_by_the_next(
    sqlite_database: Database, folder: Path, table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is done stays done, and the counts of the run that was cut tell how far it came."""
    ingest(IngestConfig(paths=(folder,), workers=1), database=sqlite_database)
    store = reclean_module.store_changes
    calls: list[int] = []

    def cut(session: Any, changes: Any) -> None:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        store(session, changes)

    monkeypatch.setattr(reclean_module, "store_changes", cut)
    with pytest.raises(KeyboardInterrupt):
        _reclean(sqlite_database, table, batch_size=1)
    with sqlite_database.session() as session:
        run = session.scalars(select(IngestRun).order_by(IngestRun.id.desc())).first()
        assert run is not None
        assert (run.finished_at, run.counts and run.counts["changed"]) == (None, 1)
    assert _reclean(sqlite_database, table, batch_size=1).num_changed == 1


def test_rows_without_hashes_are_told(
    sqlite_database: Database, tmp_path: Path, write_picture: Callable[[Path, int], None]
) -> None:
    """Plain pictures have no header, and are no loss."""
    write_picture(tmp_path / "pictures" / "a.png", 1)
    ingest(IngestConfig(paths=(tmp_path / "pictures",), workers=1), database=sqlite_database)
    report = _reclean(sqlite_database)
    assert (report.num_instances, report.without_sources, report.num_changed) == (1, 0, 0)


def test_what_cannot_be_done_is_told_first(sqlite_database: Database, tmp_path: Path) -> None:
    """A table that is none, no key, no database."""
    with pytest.raises(ConfigError):
        _reclean(sqlite_database, tmp_path / "nix.tsv")
    sqlite_database.key = None
    with pytest.raises(KeyFileError):
        _reclean(sqlite_database)
    with pytest.raises(IngestError):
        reclean(RecleanConfig())
