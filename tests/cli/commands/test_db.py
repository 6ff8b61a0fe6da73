"""`dicomill db`."""

from __future__ import annotations

import base64
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from database.schema import SCHEMA_REVISION


def execute(path: Path, statement: str) -> None:
    """Run a statement behind dicomill's back."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)


def test_upgrade_makes_a_database_and_status_tells_it(works, tmp_path: Path) -> None:
    """A second upgrade has nothing to do."""
    assert f"is at {SCHEMA_REVISION}" in works("db", "upgrade").out
    assert (tmp_path / "dicomill.db").is_file()
    assert "nothing to do" in works("db", "upgrade").out
    assert works("db", "upgrade", "--json").json["applied"] == []
    assert f"at {SCHEMA_REVISION}, newest {SCHEMA_REVISION}" in works("db", "status").out


def test_status_tells_what_is_pending(works, tmp_path: Path) -> None:
    """For an empty file: every revision, and the command that runs them."""
    (tmp_path / "dicomill.db").touch()
    told = works("db", "status").out
    assert "at no revision" in told
    assert "run `dicomill db upgrade`" in told
    assert works("db", "status", "--json").json["pending"][-1] == SCHEMA_REVISION


def test_a_query_is_answered_as_a_table_and_as_json(works, rows: Path) -> None:
    """The README's kind of question."""
    sql = "SELECT body_part, COUNT(*) AS n FROM image GROUP BY body_part ORDER BY n DESC, body_part"
    table = works("db", "query", sql).out.splitlines()
    answer = works("db", "query", sql, "--json").json
    assert table[0].split() == ["body_part", "n"]
    assert [line.split() for line in table[2:]] == [[row["body_part"], str(row["n"])] for row in answer]


def test_the_limit_bounds_the_rows(works, rows: Path) -> None:
    """However many there are."""
    assert len(works("db", "query", "SELECT id FROM image", "--limit", 3, "--json").json) == 3


def test_pixels_are_base64_in_json_and_a_count_in_a_table(works, rows: Path) -> None:
    """JSON has no bytes, and a terminal wants none."""
    sql = "SELECT png FROM image_pixels"
    png = base64.b64decode(works("db", "query", sql, "--limit", 1, "--json").json[0]["png"])
    assert png.startswith(b"\x89PNG")
    assert works("db", "query", sql, "--limit", 1).out.splitlines()[-1] == f"<{len(png)} bytes>"


def test_a_product_is_registered_once(works, rows: Path, stock: Path) -> None:
    """What was made without a database becomes a row later."""
    assert works("db", "register", stock / "records").out.endswith(" registered.\n")
    assert "was registered before" in works("db", "register", stock / "records").out
    assert works("db", "register", stock / "records", "--json").json["kind"] == "records"


def test_a_predictions_file_is_registered_by_its_own_name(
    works, rows: Path, stock: Path, tmp_path: Path
) -> None:
    """Its lineage stands beside it."""
    (tmp_path / "rows.tsv").touch()
    shutil.copy(stock / "records" / "lineage.json", tmp_path / "rows.tsv.lineage.json")
    assert works("db", "register", "rows.tsv").out.endswith(" registered.\n")


def test_a_folder_without_lineage_cannot_be_registered(refuses, rows: Path, tmp_path: Path) -> None:
    """Neither can one that is missing."""
    (tmp_path / "plain").mkdir()
    for folder in ("plain", "missing"):
        refuses("db", "register", folder, says=f"{folder} has no lineage")


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("DROP TABLE image", "Expected one SELECT over the views image"),
        ("SELECT 1; SELECT 2", "one"),
        ("SELECT * FROM patient", "patient"),
        ("SELEC 1", "SELECT"),
        ("SELECT nothing FROM image", "nothing"),
    ],
)
def test_other_statements_than_a_sound_select_are_one_line(refuses, rows: Path, sql: str, says: str) -> None:
    """The tables hold what the views leave out."""
    refuses("db", "query", sql, says=says)


def test_a_database_behind_its_migrations_is_refused(refuses, rows: Path) -> None:
    """By every command, with the command that mends it."""
    execute(rows, "UPDATE dicomill_version SET version_num = '0000'")
    for words in (["query", "SELECT 1"], ["register", "."]):
        if words[0] == "query":
            refuses("db", *words, says="at revision 0000")
    for words in (["cohort", "list"], ["export", "parts", "out"], ["ingest", "."]):
        refuses(*words, says="run `dicomill db upgrade`")


def test_a_database_of_a_later_version_is_refused(refuses, rows: Path) -> None:
    """Upgrading would not help."""
    execute(rows, "UPDATE dicomill_version SET version_num = '9999'")
    for words in (["cohort", "list"], ["db", "upgrade"], ["db", "status"]):
        refuses(*words, says="9999")


def test_another_programs_database_is_left_alone(refuses, tmp_path: Path) -> None:
    """Its tables stay as they are."""
    execute(tmp_path / "dicomill.db", "CREATE TABLE theirs (id INTEGER)")
    for words in (["db", "upgrade"], ["db", "status"], ["cohort", "list"]):
        refuses(*words, says="is not one of dicomill")


def test_a_file_that_is_no_database_is_one_line(refuses, tmp_path: Path) -> None:
    """Whatever it holds."""
    (tmp_path / "dicomill.db").write_bytes(b"no database at all" * 100)
    for words in (["db", "upgrade"], ["db", "status"], ["cohort", "list"]):
        refuses(*words, says="dicomill.db")


def test_an_empty_database_is_told_from_one_that_is_behind(refuses, tmp_path: Path) -> None:
    """It has no tables yet."""
    (tmp_path / "dicomill.db").touch()
    refuses("cohort", "list", says="has no tables of dicomill yet")


def test_a_missing_folder_is_named(refuses) -> None:
    """SQLite would make the file, but not the folder."""
    for words in (["db", "upgrade"], ["db", "status"], ["ingest", "."]):
        refuses(*words, "--database", "sqlite:///nowhere/rows.db", says="nowhere")
