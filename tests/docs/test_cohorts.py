"""The page on cohorts, followed word by word, and its queries on every database."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from cli.main import main
from database.batches import NewFrame, NewInstance, NewReading
from database.cohorts import CohortSelection, create_cohort
from database.instances import store_instances
from database.labels import add_readings
from database.research import run_research_query
from database.runs import begin_run
from database.session import Database, open_database, transaction
from imaging.phantoms.writing import write_phantoms

FOLDER = Path(__file__).parents[2] / "docs"
PAGE = (FOLDER / "cohorts.md").read_text(encoding="utf-8")
QUERIES = sorted((FOLDER / "queries").glob("*.sql"))

# UID, picture, patient, study, its date, year, modality, view, body part, age, maker, site
ROWS: tuple[tuple[Any, ...], ...] = (
    ("1", "a", "p1", "s1", date(2010, 1, 1), 2010, "CR", "PA", "CHEST", 30, "M1", "site-1"),
    ("2", "b", "p1", "s1", date(2010, 1, 1), 2010, "CR", "LL", "CHEST", 30, "M1", "site-1"),
    ("3", "c", "p1", "s2", date(2012, 1, 1), 2012, "DX", "AP", "CHEST", 32, "M2", "site-1"),
    ("4", "d", "p2", "s3", date(2011, 1, 1), 2011, "CT", None, "ABDOMEN", 70, "M2", None),
    ("5", "d", None, None, None, None, None, "PA", "CHEST", None, None, None),
    ("6", "f", "p3", "s4", None, 2012, "CR", "PA", "CHEST", 12, "M1", "site-2"),
)
READINGS = (
    ("1", "Mass", "1", "ana"),
    ("1", "Edema", "0", "ana"),
    ("2", "Mass", "1", "ana"),
    ("2", "Mass", "0", "ben"),
    ("3", "Edema", "1", "ana"),
)
ANSWERS: dict[str, Any] = {
    "adults_by_age_band": [
        ("18 to 39", 3, 1),
        ("65 and over", 1, 1),
        ("not known", 1, 0),
        ("under 18", 1, 1),
    ],
    "ct_axial_full_size": {"4"},
    "disagreeing_readers": [(2, "finding", "Mass", 2)],
    "first_study_per_patient": {"1", "2", "4"},
    "identical_pictures": [(2, 1)],
    "images_by_manufacturer": [
        ("CR", "M1", 3, 1),
        (None, None, 1, 0),
        ("CT", "M2", 1, 1),
        ("DX", "M2", 1, 1),
    ],
    "images_by_site_and_year": [
        ("not known", None, 1, 0),
        ("not known", 2011, 1, 1),
        ("site-1", 2010, 2, 1),
        ("site-1", 2012, 1, 1),
        ("site-2", 2012, 1, 1),
    ],
    "label_columns": [(1, "PA", "1", "0"), (2, "LL", "1", None), (3, "AP", None, "1")],
    "one_frontal_per_patient": {"1", "6"},
    "studies_with_frontal_and_lateral": {"1", "2"},
    "with_label": {"1"},
    "without_labels": {"4", "5", "6"},
}
"""Query to the UIDs that it names, or to its rows (without a hash)."""


def instance(row: tuple[Any, ...]) -> NewInstance:
    """Return one picture."""
    uid, picture, patient, study, day, year, modality, view, part, age, maker, site = row
    sha = picture * 64
    return NewInstance(
        path_key=uid * 64,
        file_sha256=uid * 64,
        num_bytes=1,
        sop_instance_uid=uid,
        kind="dicom",
        stored_values_sha256=sha,
        attributes_sha256=uid * 64,
        frames=(NewFrame(1, b"PNG", "png", "uint16", 0, sha),),
        study_instance_uid=study,
        series_instance_uid=study and f"e-{study}",
        patient_key=patient,
        study_date_shifted=day,
        study_year=year,
        modality=modality,
        view_position=view,
        body_part=part,
        patient_age_years=age,
        manufacturer=maker,
        manufacturer_model_name=maker and "model",
        site_code=site,
        height=512,
        width=512,
        bits_stored=12,
    )


@pytest.fixture
def rows(database_url: str) -> Iterator[Database]:
    """Give a database of six pictures and five readings."""
    with open_database(database_url) as database:
        run = transaction(
            database, lambda session: begin_run(session, source_name="s", profile="research", config={})
        )
        batch = [instance(row) for row in ROWS]
        transaction(
            database,
            lambda session: list(store_instances(session, run_id=run, source_name="s", batch=batch)),
        )
        readings = [
            NewReading("finding", class_name, value, reader, subject_key=uid)
            for uid, class_name, value, reader in READINGS
        ]
        transaction(database, lambda session: add_readings(session, readings))
        yield database


def test_every_query_gives_what_it_says(rows: Database) -> None:
    """Those that return ids make a cohort; the others a table."""
    numbers = dict(run_research_query(rows, "SELECT id, sop_instance_uid FROM image").rows)
    assert [path.stem for path in QUERIES] == sorted(ANSWERS)
    for path in QUERIES:
        sql, wanted = path.read_text(encoding="utf-8"), ANSWERS[path.stem]
        result = run_research_query(rows, sql)
        assert sql.startswith("-- "), path
        if isinstance(wanted, set):
            assert "Returns ids" in sql, path
            assert {numbers[row[0]] for row in result.rows} == wanted, path
            selection = CohortSelection(name=path.stem[:64], sql=sql, keep=("duplicates",))
            record = transaction(rows, lambda session, one=selection: create_cohort(session, one))
            assert record.num_members == len(wanted)
            continue
        told = [
            tuple(
                int(numbers[cell]) if name == "id" else cell
                for name, cell in zip(result.columns, row, strict=True)
            )
            for row in result.rows
        ]
        hashed = [tuple(cell for cell in row if len(str(cell)) < 64) for row in told]
        assert hashed == wanted, path


def test_the_page_names_every_query() -> None:
    """With a link that leads there."""
    linked = set(re.findall(r"\]\((queries/[a-z_]+\.sql)\)", PAGE))
    assert linked == {f"queries/{path.name}" for path in QUERIES}


def test_the_page_can_be_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every line works, and the files that it asks for are there."""
    monkeypatch.chdir(tmp_path)
    for name in ("DICOMILL_DATABASE_URL", "DICOMILL_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)
    write_phantoms(tmp_path / "dicom", patients=150, images_per_patient=1, size=64, seed=5)
    (block,) = re.findall(r"^<!-- tested: first -->\n```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    for line in ("dicomill ingest dicom --workers 1", *block.splitlines()):
        with pytest.raises(SystemExit) as caught:
            main(shlex.split(line)[1:])
        assert not caught.value.code, f"{line}\n{capsys.readouterr().err}"
    for name in ("table1.html", "adults.png", "flow.svg"):
        assert (tmp_path / name).stat().st_size > 500
