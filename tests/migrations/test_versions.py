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


@pytest.mark.parametrize("views", [VIEWS, views_of("sqlite"), views_of("mysql")], ids=["1", "2", "2 mysql"])
def test_a_revision_makes_the_views_for_people(views: dict[str, str]) -> None:
    """Each of them, without a subquery, and no name that a table has."""
    assert views.keys() == RESEARCH_VIEWS.keys()
    assert not views.keys() & IngestRun.metadata.tables.keys()
    assert all("(SELECT" not in select.replace("\n", "") for select in views.values())


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
