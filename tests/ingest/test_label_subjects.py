"""From what a table says to pseudonyms."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from database.schema import Instance, Patient
from database.session import Database
from imaging.pseudonyms import Pseudonymiser
from imaging.samples import bundled_dicom_folder
from ingest.ingest import IngestConfig, ingest
from ingest.label_subjects import SUBJECT_LEVEL, By, SubjectFinder


@pytest.fixture
def pictures(
    sqlite_database: Database, tmp_path: Path, write_picture: Callable[[Path, int], None]
) -> Database:
    """Give a database with yes/1.png, no/1.png and no/2.png."""
    for seed, place in enumerate(("yes/1.png", "no/1.png", "no/2.png")):
        write_picture(tmp_path / "set" / place, seed)
    ingest(IngestConfig(paths=(tmp_path / "set",), source="brain", workers=1), database=sqlite_database)
    return sqlite_database


def finder(database: Database, by: By, **options: str) -> SubjectFinder:
    """Return a finder with the database's key."""
    return SubjectFinder(database, Pseudonymiser(database.key or b""), by, **options)


def counts(found: dict[str, set[str]]) -> dict[str, int]:
    """Return how many subjects each name has."""
    return {name: len(several) for name, several in found.items()}


def test_files_are_found_by_their_folders_first(pictures: Database) -> None:
    """A folder that fits decides; one that does not fit is not overlooked once another row's did."""
    by_name = finder(pictures, "file_name")
    assert counts(by_name.find(["yes/1.png", "no/1.png", "other/2.png"])) == {"yes/1.png": 1, "no/1.png": 1}
    assert counts(by_name.find(["set/yes/1.png"])) == {"set/yes/1.png": 1}
    assert by_name.find(["yes/1.png"])["yes/1.png"] != by_name.find(["no/1.png"])["no/1.png"]


def test_a_picture_beside_folders_is_found_by_its_place(
    sqlite_database: Database, tmp_path: Path, write_picture: Callable[[Path, int], None]
) -> None:
    """A name without a folder is a place too; the suffix may be written in the other way."""
    for seed, place in enumerate(("1.png", "no/1.png", "no/2.png", "3.png")):
        write_picture(tmp_path / "set" / place, seed)
    ingest(IngestConfig(paths=(tmp_path / "set",), workers=1), database=sqlite_database)
    found = finder(sqlite_database, "file_name").find(["1.png", "no/1.png", "2.png", "3.PNG", "3.jpg"])
    assert counts(found) == {"1.png": 1, "no/1.png": 1, "2.png": 1, "3.PNG": 1}
    assert found["1.png"] != found["no/1.png"]


def test_bare_names_may_fit_several_files(pictures: Database) -> None:
    """With or without suffix; of one source or of all."""
    by_name = finder(pictures, "file_name")
    assert counts(by_name.find(["1.png", "2", "3.png"])) == {"1.png": 2, "2": 1}
    assert finder(pictures, "file_name", source_name="tape").find(["2.png"]) == {}
    assert counts(finder(pictures, "file_name", path_prefix="old/").find(["old/2.png"])) == {"old/2.png": 1}


def test_identifiers_are_hashed_on_the_way_in(sqlite_database: Database, tmp_path: Path) -> None:
    """As they stand in headers; pseudonyms of ours are taken as they are."""
    import pydicom

    (tmp_path / "dicom").mkdir()
    for name in ("CT_small.dcm", "MR_small.dcm"):
        shutil.copyfile(bundled_dicom_folder() / name, tmp_path / "dicom" / name)
    ingest(IngestConfig(paths=(tmp_path / "dicom",), source="pacs", workers=1), database=sqlite_database)
    ds = pydicom.dcmread(tmp_path / "dicom" / "CT_small.dcm")
    values: dict[By, str] = {
        "sop_instance_uid": ds.SOPInstanceUID,
        "study_instance_uid": ds.StudyInstanceUID,
        "patient_id": f" {ds.PatientID} ",
    }
    for by, name in values.items():
        for options in ({}, {"source_name": "pacs"}):
            found = finder(sqlite_database, by, **options).find([name, "unknown"])
            assert counts(found) == {name: 1}
            (own,) = found[name]
            assert finder(sqlite_database, by).find([own]) == {own: {own}}
    assert finder(sqlite_database, "patient_id", source_name="tape").find([values["patient_id"]]) == {}
    assert finder(sqlite_database, "patient_id", issuer="HOSPITAL").find([values["patient_id"]]) == {}
    with sqlite_database.session() as session:
        keys = set(session.scalars(select(Patient.patient_key)))
        uids = set(session.scalars(select(Instance.sop_instance_uid)))
    assert finder(sqlite_database, "patient_id").find([values["patient_id"]])[values["patient_id"]] <= keys
    assert finder(sqlite_database, "sop_instance_uid").find([ds.SOPInstanceUID])[ds.SOPInstanceUID] <= uids


def test_each_name_has_its_level(sqlite_database: Database) -> None:
    """An order stands for all its studies; nothing else may be several."""
    assert {finder(sqlite_database, by).level for by in SUBJECT_LEVEL} == {"instance", "study", "patient"}
    assert [by for by in SUBJECT_LEVEL if finder(sqlite_database, by).may_be_several] == ["accession_number"]
