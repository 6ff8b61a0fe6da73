"""The door `withdraw`."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from sqlalchemy import func, select

from database.schema import Instance, Patient, RejectedFile
from database.session import Database
from foundation.errors import ConfigError, IngestError
from imaging.samples import bundled_dicom_folder
from ingest.ingest import IngestConfig, IngestReport, ingest
from ingest.withdraw import WithdrawConfig, WithdrawReport, withdraw
from preprocessing.cohort import CohortConfig, cohort
from preprocessing.export import ExportConfig, export

CT_ID = "1CT1"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give two files of two patients."""
    target = tmp_path / "files"
    target.mkdir()
    for name in ("CT_small.dcm", "MR_small.dcm"):
        shutil.copyfile(bundled_dicom_folder() / name, target / name)
    return target


def read(database: Database, folder: Path) -> IngestReport:
    """Ingest the folder."""
    operator_file = folder.parent / "paths.tsv"
    config = IngestConfig(paths=(folder,), workers=1, operator_file=operator_file)
    return ingest(config, database=database)


def call(database: Database, *patients: str, **options: object) -> WithdrawReport:
    """Withdraw patients."""
    return withdraw(WithdrawConfig.checked({"patients": patients, **options}), database=database)


def count(database: Database, entity: type) -> int:
    """Return how many rows there are."""
    with database.session() as session:
        return session.scalar(select(func.count()).select_from(entity)) or 0


def test_a_patient_leaves_for_good(database: Database, folder: Path) -> None:
    """Rows go, the files are refused from then on, and the other patient stays."""
    read(database, folder)
    report = call(database, CT_ID)
    assert (report.num_patients, report.num_blocked, report.counts["instances"]) == (1, 1, 1)
    assert (count(database, Instance), count(database, Patient)) == (1, 1)
    again = read(database, folder)
    assert again.dispositions == {"rejected": 1, "unchanged": 1}
    assert again.reasons == {"withdrawn": 1}
    assert (count(database, Instance), count(database, Patient)) == (1, 1)
    assert count(database, RejectedFile) == 1


def test_a_second_withdrawal_finds_nobody_and_blocks_nothing_new(database: Database, folder: Path) -> None:
    """It is told where the source is named, and refused where nothing says whose id it is."""
    read(database, folder)
    call(database, CT_ID)
    again = call(database, CT_ID, source="default")
    assert (again.num_patients, again.num_unknown, again.num_blocked) == (0, 1, 0)
    with pytest.raises(IngestError, match="No row knows number 1"):
        call(database, CT_ID)


def test_a_dry_run_changes_nothing(database: Database, folder: Path) -> None:
    """And tells the same figures."""
    read(database, folder)
    report = call(database, CT_ID, dry_run=True)
    assert (report.dry_run, report.counts["instances"], report.num_blocked) == (True, 1, 0)
    assert count(database, Instance) == 2
    assert read(database, folder).dispositions == {"unchanged": 2}
    assert report.counts == call(database, CT_ID).counts


def test_what_still_holds_the_patient_is_listed(sqlite_database: Database, folder: Path) -> None:
    """From the cohort over lineage to every product; with the key that manifests name the patient by."""
    config = IngestConfig(paths=(folder.parent,), workers=1, class_folders=True, task="place")
    ingest(config, database=sqlite_database)
    cohort(CohortConfig(name="all", task="place"), database=sqlite_database)
    target = folder.parent / "export"
    exported = export(ExportConfig(cohort="all", folder=target, workers=1), database=sqlite_database)
    report = call(sqlite_database, CT_ID)
    assert report.cohorts == ["all, version 1"]
    assert [(one.kind, one.product_uuid) for one in report.products] == [("export", exported.product_uuid)]
    assert report.patient_keys[0] in (target / "manifest.csv").read_text()


def test_patients_are_listed_in_a_file(database: Database, folder: Path) -> None:
    """Both at once."""
    read(database, folder)
    listed = folder.parent / "ids.txt"
    listed.write_text("1CT1\n4MR1\n")
    assert call(database, from_file=listed).num_patients == 2
    assert (count(database, Instance), count(database, Patient)) == (0, 0)


def test_nobody_is_refused(database: Database) -> None:
    """A command without names must not delete anything."""
    with pytest.raises(ConfigError, match="Nobody is named"):
        call(database)
    with pytest.raises(IngestError, match="open database"):
        withdraw(WithdrawConfig(patients=("x",)))


def test_ids_are_not_shown_by_the_config() -> None:
    """A representation may end in a log."""
    assert "SECRET" not in repr(WithdrawConfig(patients=("SECRET",)))


def test_the_file_is_left_alone_where_it_is_asked(sqlite_database: Database, folder: Path) -> None:
    """A large database takes long to write anew."""
    read(sqlite_database, folder)
    report = call(sqlite_database, CT_ID, compact=False)
    assert report.is_erased is None
    assert "not written anew" in report.erasure


def test_a_refused_picture_is_not_put_outside_first(sqlite_database: Database, folder: Path) -> None:
    """A pixel store holds nothing of a patient who withdrew."""
    pixels = folder.parent / "pixels"
    config = IngestConfig(paths=(folder,), workers=1, pixels=str(pixels))
    ingest(config, database=sqlite_database)
    assert len(list(pixels.rglob("*.png"))) == 2
    call(sqlite_database, CT_ID)
    assert len(list(pixels.rglob("*.png"))) == 1
    assert ingest(config, database=sqlite_database).reasons == {"withdrawn": 1}
    assert len(list(pixels.rglob("*.png"))) == 1
