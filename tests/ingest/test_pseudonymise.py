"""Tables of other systems, joined to images by plain SQL."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, MetaData, String, Table, text

from database.session import Database, transaction
from foundation.errors import ConfigError, IngestError, TargetExistsError
from foundation.keys import key_fingerprint
from imaging.phantoms.writing import write_phantoms
from imaging.pseudonyms import PATIENT_ID_RULE
from ingest.ingest import IngestConfig, ingest
from ingest.merge import MergeConfig, merge
from ingest.pseudonymise import PseudonymiseConfig, pseudonymise, sidecar_path

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Give a function that writes a table."""

    def written(content: str) -> Path:
        path = tmp_path / "ris.csv"
        path.write_text(content, encoding="utf-8")
        return path

    return written


def cells_of(path: Path) -> list[dict[str, str]]:
    """Return the rows of an output."""
    content = path.read_bytes()
    lines = (gzip.decompress(content) if path.suffix == ".gz" else content).decode().splitlines()
    return list(csv.DictReader(lines, delimiter="\t" if ".tsv" in path.suffixes else ","))


def headers_of(folder: Path) -> list[Any]:
    """Return PatientID, AccessionNumber, StudyInstanceUID and StudyDate of every file."""
    import pydicom

    found = set()
    for path in folder.rglob("*.dcm"):
        ds = pydicom.dcmread(path, stop_before_pixels=True, force=True)
        values = (
            ds.get(name, "") for name in ("PatientID", "AccessionNumber", "StudyInstanceUID", "StudyDate")
        )
        found.add(tuple(str(value or "") for value in values))
    return sorted(found)


def test_a_table_joins_the_images_by_plain_sql(database: Database, tmp_path: Path, write: Write) -> None:
    """On patient, accession and study, and days between a table's dates and the studies' are true ones."""
    write_phantoms(tmp_path / "dicom", patients=6, images_per_patient=2, size=64, seed=5)
    ingest(
        IngestConfig(paths=(tmp_path / "dicom",), workers=1, operator_file=tmp_path / "paths.tsv"),
        database=database,
    )
    headers = [each for each in headers_of(tmp_path / "dicom") if all(each)]
    assert len(headers) >= 6
    lines = ["PatID;AccNo;StudyInstanceUID;Admission;Name;Issuer;truth"]
    for number, (patient, accession, uid, day) in enumerate(headers):
        admitted = dt.date.fromisoformat(day) - dt.timedelta(days=10 + number)
        lines.append(
            f" {patient.lower()} ;{accession};{uid};{admitted:%d.%m.%Y};Doe^Jane;synthetic;{10 + number}"
        )
    config = PseudonymiseConfig(
        table=write("\n".join(lines)),
        output=tmp_path / "keys.csv",
        patient=("PatID",),
        issuer_column="Issuer",
        accession="AccNo",
        uid=("StudyInstanceUID",),
        date=("Admission",),
        date_format=("%d.%m.%Y",),
        keep=("truth",),
    )
    report = pseudonymise(config, database=database)
    assert (report.num_rows, report.num_written) == (len(headers), len(headers))
    assert report.num_rows_of_known_patients == len(headers)
    assert report.num_columns_left_out == 2
    rows = cells_of(config.output)
    assert list(rows[0]) == [
        "patient_key",
        "accession_key",
        "study_instance_uid",
        "admission_shifted",
        "truth",
    ]
    joined = _join(database, rows)
    assert len(joined) == len(headers)
    assert all(
        (exam - dt.date.fromisoformat(admitted)).days == int(truth) for exam, admitted, truth in joined
    )
    assert "Doe" not in config.output.read_text()


def _join(database: Database, rows: list[dict[str, str]]) -> list[tuple[dt.date, str, str]]:
    """Put the rows into a table beside the view, join them, and drop the table."""
    table = Table("ris", MetaData(), *(Column(name, String(64)) for name in rows[0]))
    query = """SELECT DISTINCT image.study_date_shifted, ris.admission_shifted, ris.truth
        FROM ris JOIN study ON study.accession_key = ris.accession_key
        JOIN image ON image.patient_key = ris.patient_key
            AND image.study_instance_uid = ris.study_instance_uid
            AND image.study_instance_uid = study.study_instance_uid"""
    try:
        table.create(database.engine)
        transaction(database, lambda session: session.execute(table.insert(), rows))
        with database.session() as session:
            found = session.execute(text(query)).all()
    finally:
        table.drop(database.engine)
    return [(dt.date.fromisoformat(str(exam)), admitted, truth) for exam, admitted, truth in found]


def test_the_sidecar_says_how_it_was_made_and_names_nobody(
    sqlite_database: Database, tmp_path: Path, write: Write
) -> None:
    """Rule, key fingerprint, counts; both files are their owner's alone."""
    table = write("Id,Exam,note\n4711,2020-01-01,see 4711\n,2020-01-01,\n4711,never,\n1,2\n")
    config = PseudonymiseConfig(
        table=table, output=tmp_path / "o.tsv.gz", patient=("Id",), date=("Exam",), keep=("note",)
    )
    report = pseudonymise(config, database=sqlite_database)
    told = json.loads(sidecar_path(config.output).read_text())
    assert sqlite_database.key is not None
    assert told["key_fingerprint"] == key_fingerprint(sqlite_database.key)
    assert (told["patient_id_rule"], told["source"]) == (PATIENT_ID_RULE, "default")
    assert told["columns"] == {"patient_key": "patient", "exam_shifted": "date", "note": "keep"}
    assert told["rows"] == {
        "date_without_patient": {"count": 1, "first_rows": [3]},
        "no_date": {"count": 1, "first_rows": [4]},
        "no_patient": {"count": 1, "first_rows": [3]},
        "other_number_of_cells": {"count": 1, "first_rows": [5]},
    }
    assert (report.num_rows, report.num_written) == (4, 3)
    assert "4711" not in sidecar_path(config.output).read_text()
    assert any("the row's own number" in warning for warning in report.warnings)
    assert any("No row's patient is in the database" in warning for warning in report.warnings)
    assert {path.stat().st_mode & 0o777 for path in (config.output, report.sidecar)} == {0o600}
    assert [row["note"] for row in cells_of(config.output)] == ["see 4711", "", ""]


def test_dates_that_could_be_two_are_refused(sqlite_database: Database, tmp_path: Path, write: Write) -> None:
    """With their number and first row; nothing is left at the output's place."""
    table = write("Id,Exam\n1,2020-01-01\n1,01.02.2020\n1,03.02.2020\n")
    config = PseudonymiseConfig(table=table, output=tmp_path / "o.csv", patient=("Id",), date=("Exam",))
    before = sorted(tmp_path.iterdir())
    with pytest.raises(IngestError, match=r"2 dates .* first in row 3.*--date-format"):
        pseudonymise(config, database=sqlite_database)
    assert sorted(tmp_path.iterdir()) == before


def test_issuers_tell_equal_ids_apart(sqlite_database: Database, tmp_path: Path, write: Write) -> None:
    """Blank ones are the source's, as for files."""
    table = write("Id,From\n1,\n1,A\n1,disk\n")
    config = PseudonymiseConfig(
        table=table, output=tmp_path / "o.csv", patient=("Id",), issuer_column="from", source="disk"
    )
    pseudonymise(config, database=sqlite_database)
    keys = [row["patient_key"] for row in cells_of(config.output)]
    assert keys[0] == keys[2] != keys[1]


def test_merge_lists_are_followed(sqlite_database: Database, tmp_path: Path, write: Write) -> None:
    """A patient under an old id has the new one's key and calendar."""
    table = write("old,new,day\nA,B,2020-01-01\nB,B,2020-01-01\n")
    merge(MergeConfig(table=table), database=sqlite_database)
    config = PseudonymiseConfig(table=table, output=tmp_path / "o.csv", patient=("old",), date=("day",))
    report = pseudonymise(config, database=sqlite_database)
    first, second = cells_of(config.output)
    assert first == second
    assert report.num_rows_of_known_patients == 2


def test_targets_and_columns_are_checked_first(
    sqlite_database: Database, tmp_path: Path, write: Write
) -> None:
    """One clear line each; an output that is there is replaced only when that is asked for."""
    table = write("Id,Exam\n1,2020-01-01\n")
    good: dict[str, Any] = {"table": table, "output": tmp_path / "o.csv", "patient": ("Id",)}

    def call(**options: object) -> None:
        pseudonymise(PseudonymiseConfig(**{**good, **options}), database=sqlite_database)

    with pytest.raises(ConfigError, match='no column "Idd"'):
        call(patient=("Idd",))
    with pytest.raises(ConfigError, match="table's own place"):
        call(output=table, overwrite=True)
    with pytest.raises(ConfigError, match="no folder"):
        call(output=tmp_path / "none" / "o.csv")
    with pytest.raises(ConfigError, match='"Exam" is dropped and named'):
        call(keep=("Exam",), drop=("Exam",))
    with pytest.raises(ConfigError, match="joins the pictures by"):
        PseudonymiseConfig.checked({**good, "patient": ()})
    with pytest.raises(ConfigError, match="--patient"):
        PseudonymiseConfig.checked({**good, "patient": (), "accession": "Id", "date": "Exam"})
    with pytest.raises(ConfigError, match="--date"):
        PseudonymiseConfig.checked({**good, "birth_date": "Exam"})
    assert not (tmp_path / "o.csv").exists()
    call()
    with pytest.raises(TargetExistsError):
        call()
    call(overwrite=True, drop=("Exam",))


def test_memory_does_not_grow_with_the_rows(sqlite_database: Database, tmp_path: Path, write: Write) -> None:
    """Ten times the rows take no more of it."""
    peaks = []
    for count in (1_500, 15_000):
        table = write("Id,note\n" + "".join(f"P{number},{'x' * 100}\n" for number in range(count)))
        config = PseudonymiseConfig(
            table=table, output=tmp_path / "o.csv", patient=("Id",), keep=("note",), overwrite=True
        )
        tracemalloc.start()
        pseudonymise(config, database=sqlite_database)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 1_000_000
