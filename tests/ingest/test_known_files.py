"""Files that were ingested without a table, and come again with one."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from database.cohorts import CohortSelection, create_cohort
from database.labels import resolve_labels
from database.schema import CohortMember, Instance, Label, Source
from database.session import Database, transaction
from imaging.pseudonyms import Pseudonymiser
from ingest.facts import PictureFacts
from ingest.ingest import IngestConfig, IngestReport, ingest
from ingest.known_files import add_facts


@pytest.fixture
def folder(tmp_path: Path, write_picture: Callable[[Path, int], None]) -> Path:
    """Three pictures, of which two are one, byte for byte."""
    target = tmp_path / "set"
    write_picture(target / "a.png", 1)
    write_picture(target / "b.png", 2)
    shutil.copyfile(target / "a.png", target / "copy.png")
    return target


def run(database: Database, folder: Path, text: str | None = None, **options: Any) -> IngestReport:
    """Ingest in this process, with a table of that text."""
    if text is not None:
        (folder.parent / "labels.csv").write_text(text)
        options["labels"] = {"path": folder.parent / "labels.csv"}
    config = IngestConfig.checked(
        {"paths": folder, "workers": 1, "operator_file": folder.parent / "p.tsv", **options}
    )
    return ingest(config, database=database)


def current(database: Database) -> list[tuple[Any, ...]]:
    """Return age and number of files of every current picture."""
    with database.session() as session:
        rows = session.scalars(select(Instance).where(Instance.status == "current")).all()
        files = session.scalars(select(Source.instance_id)).all()
        return sorted((row.patient_age_years or 0, files.count(row.id)) for row in rows)


def test_class_folders_reach_files_that_are_known(
    database: Database, tmp_path: Path, write_picture: Callable[[Path, int], None]
) -> None:
    """The first run was not told of them, or of another task; a third one adds nothing."""
    for seed, place in enumerate(("yes/1.png", "no/2.png", "3.png", f"{'x' * 65}/4.png")):
        write_picture(tmp_path / "set" / place, seed)
    run(database, tmp_path / "set")
    for _ in range(2):
        report = run(database, tmp_path / "set", class_folders=True, task="tumour")
        assert report.dispositions == {"unchanged": 4}
        with database.session() as session:
            assert sorted(session.scalars(select(Label.class_name))) == ["no", "yes"]


def test_labels_reach_files_that_are_known(database: Database, folder: Path) -> None:
    """Nothing is read again, and a third run adds nothing."""
    run(database, folder)
    text = "file,finding\na.png,Mass\nb.png,Edema\ncopy.png,Mass\n"
    for _ in range(2):
        report = run(database, folder, text)
        assert report.dispositions == {"unchanged": 3}
        with database.session() as session:
            assert sorted(session.scalars(select(Label.class_name))) == ["Edema", "Mass"]


def test_a_table_that_names_patients_tells_equal_pictures_apart(database: Database, folder: Path) -> None:
    """First one instance with two files; then two instances, of two patients, with the same pixels."""
    run(database, folder)
    assert current(database) == [(0, 1), (0, 2)]
    text = "file,finding,patient,age\na.png,Mass,7,60\nb.png,Edema,7,61\ncopy.png,Mass,8,40\n"
    report = run(database, folder, text)
    assert report.dispositions == {"stored": 3}
    assert current(database) == [(40, 1), (60, 1), (61, 1)]
    with database.session() as session:
        rows = session.scalars(select(Instance).where(Instance.status == "current")).all()
        assert len({row.stored_values_sha256 for row in rows}) == 2
        assert len({row.patient_id for row in rows}) == 2
    assert run(database, folder, text).dispositions == {"unchanged": 3}


def test_a_mended_age_is_another_version(database: Database, folder: Path) -> None:
    """Under the same UID; what a reader had said still holds."""
    text = "file,finding,patient,age\na.png,Mass,7,60\nb.png,Edema,7,61\ncopy.png,Mass,7,60\n"
    run(database, folder, text)
    before = current(database)
    report = run(database, folder, text.replace("61", "62"))
    assert report.dispositions == {"unchanged": 2, "updated": 1}
    assert before == [(60, 2), (61, 1)]
    assert current(database) == [(60, 2), (62, 1)]


def test_readings_and_frozen_cohorts_survive_a_new_identity(database: Database, folder: Path) -> None:
    """Readings of others are said again of the new UID; the cohort keeps its members."""
    run(database, folder, "file,finding\na.png,Mass\nb.png,Edema\ncopy.png,Mass\n")
    frozen = transaction(
        database, lambda session: create_cohort(session, CohortSelection(name="all", task="finding"))
    )
    (folder.parent / "labels.csv").write_text("file,kind,patient\na.png,x,7\nb.png,y,7\ncopy.png,x,8\n")
    run(database, folder, labels={"path": folder.parent / "labels.csv", "columns": "kind"})
    with database.session() as session:
        ids = list(session.scalars(select(Instance.id).where(Instance.status == "current")))
        resolved = resolve_labels(session, ids, "finding")
        assert sorted(name for values in resolved.values.values() for name in values) == [
            "Edema",
            "Mass",
            "Mass",
        ]
        members = session.scalars(select(CohortMember).where(CohortMember.cohort_id == frozen.id)).all()
        assert sorted(str(dict(member.labels)) for member in members) == ["{'Edema': '1'}", "{'Mass': '1'}"]
        assert not set(ids) & {member.instance_id for member in members}


def test_a_dicom_file_is_never_read_again(
    sqlite_database: Database, mixed_folder: Path, tmp_path: Path
) -> None:
    """Its header knows better than a table."""
    run(sqlite_database, mixed_folder)
    before = current(sqlite_database)
    report = run(sqlite_database, mixed_folder, "file,finding,patient,age\na.dcm,Mass,7,60\n")
    assert report.dispositions["unchanged"] == 3
    assert current(sqlite_database) == before
    with sqlite_database.session() as session:
        assert session.scalars(select(Label.class_name)).all() == ["Mass"]


def test_files_that_are_not_known_are_left_alone(sqlite_database: Database) -> None:
    """Nothing to add to."""
    facts = {("none", "none"): PictureFacts(patient_key="p")}
    again = add_facts(
        sqlite_database, run_id=1, source_name="x", facts=facts, pseudonymiser=Pseudonymiser(bytes(32))
    )
    assert again == set()
