"""The revisions as files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import text

from database.migrating import alembic_config, migration_connection, run_downgrade, run_upgrade
from database.schema import IngestRun
from database.urls import parse_url
from database.views import RESEARCH_VIEWS
from migrations.views_0001 import VIEWS
from migrations.views_0002 import views_of
from migrations.views_0004 import views_of as views_of_queries


def test_revisions_are_numbered_without_a_gap() -> None:
    """0001, 0002, ...; the file's name begins with the number and says what happens."""
    script = ScriptDirectory.from_config(alembic_config())
    revisions = list(script.walk_revisions())[::-1]
    assert [revision.revision for revision in revisions] == [
        f"{number:04d}" for number in range(1, len(revisions) + 1)
    ]
    for revision in revisions:
        assert re.fullmatch(rf"{revision.revision}_[a-z0-9_]+", Path(revision.path).stem)


def test_a_revision_is_made_from_the_template(tmp_path: Path) -> None:
    """The template holds the rules and gives a module that compiles."""
    config = alembic_config()
    config.set_main_option("version_locations", str(tmp_path))
    command.revision(config, "Add a column", rev_id="9999")
    text = next(tmp_path.glob("9999_*.py")).read_text()
    compile(text, "revision", "exec")
    assert "Rules of a revision" in text


@pytest.mark.parametrize(
    "views",
    [VIEWS, views_of("sqlite"), views_of("mysql"), views_of_queries("mysql")],
    ids=["1", "2", "2 mysql", "4 mysql"],
)
def test_a_revision_makes_the_views_for_people(views: dict[str, str]) -> None:
    """Each of them, without a subquery, and no name that a table has."""
    assert views.keys() == RESEARCH_VIEWS.keys()
    assert not views.keys() & IngestRun.metadata.tables.keys()
    assert all("(SELECT" not in "".join(select.split()) for select in views.values())


def test_the_view_says_the_same_in_every_form(database_url: str) -> None:
    """Of revision 0002 and of 0004: merged patients, another's study, a plain picture without series."""
    statements = (
        (
            "INSERT INTO ingest_run (id, run_uuid, source_name, profile, config, versions, started_at) "
            "VALUES (1, 'r', 's', 'p', '[]', '[]', '2020-01-01')"
        ),
        "INSERT INTO patient (id, patient_key, merged_into_id, merged_shift_days) VALUES (1, 'a', NULL, 0)",
        "INSERT INTO patient (id, patient_key, merged_into_id, merged_shift_days) VALUES (2, 'b', 1, 9)",
        (
            "INSERT INTO study (id, study_instance_uid, patient_id, study_date_shifted) "
            "VALUES (1, 's1', 2, '2020-02-29'), (2, 's2', NULL, '2020-03-01'), (3, 's3', 1, NULL)"
        ),
        (
            "INSERT INTO series (id, series_instance_uid, study_id) "
            "VALUES (1, 'e1', 1), (2, 'e2', 2), (3, 'e3', 3), (4, 'e4', NULL)"
        ),
        *(
            "INSERT INTO instance (id, sop_instance_uid, version, status, kind, series_id, patient_id, "
            "ingest_run_id, burned_in_risk, height, width, number_of_frames, samples_per_pixel, bits_stored, "
            "pixel_representation, photometric_interpretation, attributes, rendering, decoder, "
            "stored_values_sha256, attributes_sha256, created_at, detected_text) VALUES "
            f"({number}, 'u{number}', 1, '{status}', 'dicom', {series}, {patient}, 1, 'none', 1, 1, 1, 1, 8, "
            "0, "
            f"'M', '[]', '[]', 'd', 'h{number}', 'h', '2020-01-01', {text_found})"
            for number, (series, patient, status, text_found) in enumerate(
                (
                    ("1", "1", "current", "NULL"),
                    ("1", "2", "current", "'text'"),
                    ("2", "1", "current", "NULL"),
                    ("2", "NULL", "current", "NULL"),
                    ("3", "2", "superseded", "NULL"),
                    ("3", "2", "current", "NULL"),
                    ("4", "2", "current", "NULL"),
                    ("NULL", "NULL", "current", "NULL"),
                ),
                start=1,
            )
        ),
    )
    with migration_connection(parse_url(database_url)) as connection:
        for statement in statements:
            connection.execute(text(statement))
        connection.commit()
        dialect_name = connection.dialect.name
        names = ", ".join(RESEARCH_VIEWS["image"])
        before, now = (
            connection.execute(text(f"SELECT {names} FROM ({select}) AS image ORDER BY id")).all()
            for select in (views_of(dialect_name)["image"], views_of_queries(dialect_name)["image"])
        )
        assert before == now
        assert len(now) == 7
        dates = [str(row.study_date_shifted) for row in now]
        assert dates == ["2020-03-09", "2020-03-09", "None", "2020-03-01", "None", "None", "None"]


def test_rows_of_before_outlive_the_second_revision(bare_database_url: str) -> None:
    """Up and down again: what the first revision's database held is there, read through the views."""
    with migration_connection(parse_url(bare_database_url)) as connection:
        run_upgrade(connection, "0001")
        connection.execute(text("INSERT INTO patient (id, patient_key) VALUES (7, 'patient-a')"))
        connection.execute(
            text(
                "INSERT INTO study (study_instance_uid, patient_id, study_date_shifted) "
                "VALUES ('2.25.1', 7, '2020-02-29')"
            )
        )
        connection.commit()
        run_upgrade(connection)
        found = connection.execute(text("SELECT patient_key, merged_into_id, merged_shift_days FROM patient"))
        assert [tuple(row) for row in found] == [("patient-a", None, 0)]
        connection.rollback()
        run_downgrade(connection, "0001")
        study = connection.execute(text("SELECT study_instance_uid, patient_id FROM study"))
        assert [tuple(row) for row in study] == [("2.25.1", 7)]
        connection.rollback()
        run_downgrade(connection)
