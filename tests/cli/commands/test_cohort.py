"""`dicomill cohort`."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest


def test_a_cohort_is_told_with_its_numbers(works, rows: Path) -> None:
    """Images, patients, steps and labels; the same again is the same version."""
    told = works("cohort", "create", "heads", "--body-part", "SKULL").out
    assert "Cohort heads, version 1\n" in told
    assert "Labels of body_part:" in told
    assert "SKULL" in told
    assert "CHEST" not in told
    again = works("cohort", "create", "heads", "--body-part", "SKULL").out
    assert "Cohort heads, version 1 (unchanged since it was frozen)" in again


def test_json_holds_the_report(works, rows: Path) -> None:
    """Body parts may be given several times; another result under a name is its next version."""
    first = works("cohort", "create", "some", "--body-part", "SKULL", "--body-part", "CHEST", "--json").json
    assert set(first["label_counts"]) == {"SKULL", "CHEST"}
    second = works("cohort", "create", "some", "--where", "body_part = 'SKULL'", "--json").json
    assert (first["version"], second["version"]) == (1, 2)
    assert second["label_counts"] == {"SKULL": first["label_counts"]["SKULL"]}


def test_a_query_may_stand_in_a_file(works, rows: Path, tmp_path: Path) -> None:
    """One SELECT that returns a column `id`."""
    (tmp_path / "heads.sql").write_text("SELECT id FROM image WHERE body_part = 'SKULL'")
    assert set(works("cohort", "create", "heads", "--sql", "heads.sql", "--json").json["label_counts"]) == {
        "SKULL"
    }


def test_the_list_names_every_cohort(works, rows: Path) -> None:
    """As a table and as JSON."""
    works("cohort", "create", "heads", "--body-part", "SKULL")
    table = works("cohort", "list").out.splitlines()
    assert table[0].split() == ["name", "version", "task", "images", "created"]
    assert [line.split()[0] for line in table[2:]] == ["heads", "parts"]
    listed = works("cohort", "list", "--json").json["cohorts"]
    assert [each["name"] for each in listed] == ["heads", "parts"]


def test_every_step_and_what_was_left_out_is_told(works, rows: Path) -> None:
    """With the switch that takes it in; options and --set come to one selection."""
    told = works(
        *("cohort", "create", "heads", "--body-part", "SKULL", "--set", "min_age=0"),
        *(
            "--step",
            "known: patient_key IS NOT NULL",
            "--one-per",
            "patient",
            "--pick",
            "random",
            "--seed",
            3,
        ),
    ).out
    assert re.search(r"^known: patient_key IS NOT NULL +\d+ +\d+ +\d+$", told, re.MULTILINE)
    assert re.search(r"^random of each patient +\d+ +\d+ +\d+$", told, re.MULTILINE)
    with closing(sqlite3.connect(rows)) as connection, connection:
        connection.execute("UPDATE instance SET burned_in_risk = 'possible' WHERE body_part = 'SKULL'")
    told = works("cohort", "create", "parts").out
    assert re.search(r"^ +\d+ +burned-in risk possible \(--keep risk\)$", told, re.MULTILINE)
    assert "SKULL" not in told
    assert "SKULL" in works("cohort", "create", "parts", "--keep", "risk", "--keep", "duplicates").out


def test_a_cohort_is_shown_with_its_table_and_pictures(works, refuses, rows: Path) -> None:
    """As text, as JSON, in a file of the form that its ending names, and on a sheet."""
    told = works("cohort", "show", "parts", "--output", "t.html", "--sheet", "s.png").out
    assert re.search(r"^  SKULL +\d+ images +[\d.]+% +\d+ patients$", told, re.MULTILINE)
    assert told.endswith("Written: t.html\nWritten: s.png\n")
    assert Path("t.html").read_text().startswith("<!doctype html>")
    assert Path("s.png").stat().st_size > 1000
    assert works("cohort", "show", "parts@1", "--json").json["table"]["num_images"] > 0
    refuses("cohort", "show", "parts", "--output", "t.html", says="already exists")
    refuses("cohort", "show", "parts@2", says="no version 2")
    works("cohort", "show", "parts", "--output", "t.html", "--overwrite")


def test_a_flow_ends_in_the_splits_of_a_plan(works, refuses, rows: Path) -> None:
    """From the files received, step by step."""
    works("split", "create", "main", "--cohort", "parts")
    told = works("cohort", "flow", "parts", "--plan", "main", "--output", "f.svg").out
    for words in (
        "files received",
        "images in the database",
        "members of parts@1",
        "  train",
        "Written: f.svg",
    ):
        assert words in told
    assert Path("f.svg").read_text().startswith("<svg ")
    refuses("cohort", "flow", "parts", "--plan", "other", says="There is no split plan")


def test_versions_are_refreshed_and_compared(works, refuses, rows: Path) -> None:
    """Nothing new is the same version; a correction is told as one."""
    assert "(unchanged since it was frozen)" in works("cohort", "refresh", "parts").out
    works(
        "labels", "add", "--constant", "TOE", "--where", "id = (SELECT MIN(id) FROM image)", "--reader", "ana"
    )
    assert "Cohort parts, version 2\n" in works("cohort", "refresh", "parts").out
    told = works("cohort", "diff", "parts@1", "parts").out
    assert told.startswith("parts@1 -> parts@2\n")
    assert "  1 with other labels\n    1  " in told
    assert "  +1  TOE\n" in told
    report = works("cohort", "diff", "parts@1", "parts@2", "--output", "d.csv", "--json").json
    assert (report["num_relabelled"], report["num_added"]) == (1, 0)
    assert len(Path("d.csv").read_text().splitlines()) == 2
    refuses("cohort", "refresh", "part", says='Did you mean "parts"')
    refuses("cohort", "diff", "parts", "parts@9", says="no version 9")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--step", "view_position = 'PA'"], "NAME: CONDITION"),
        (["--step", "a: agee_years = 1"], 'Did you mean "age_years"'),
        (["--pick", "last"], "say of what"),
        (["--label-policy", "mayority"], 'Did you mean "majority"'),
        (["--set", "min_age=-3"], "min_age"),
        (["--where", "1 = 1", "--sql", "q.sql"], "not both"),
        (["--sql", "write.sql"], "Expected one SELECT"),
        (["--sql", "two.sql"], "2 statements"),
        (["--sql", "no_id.sql"], "Expected a column id"),
        (["--body-part", "WING"], "Body parts in the database: ABDOMEN (6)"),
        (["--where", "study_year < 0"], 'The cohort "mine" would be empty'),
        (["--task", "body_prt"], 'There is no task with labels "body_prt". Did you mean "body_part"?'),
        (["--where", "body_part ="], "The condition cannot be read."),
        (["--where", "nothing = 1"], "nothing"),
        (["--where", "1=1; DROP TABLE image"], "condition"),
        (["--sql", "missing.sql"], "Cannot read the query in missing.sql"),
        (["--set", "seconds=-1"], "seconds: Input should be greater than 0."),
        (["--key-file", "other.key"], "This database was made with another key"),
        (["--key-file", "missing.key"], "Cannot read the key file missing.key."),
    ],
)
def test_mistakes_are_one_line(refuses, rows: Path, other_key: Path, words: list[str], says: str) -> None:
    """And nothing is frozen."""
    Path("q.sql").write_text("SELECT id FROM image")
    Path("write.sql").write_text("DELETE FROM image")
    Path("two.sql").write_text("SELECT id FROM image; SELECT id FROM image")
    Path("no_id.sql").write_text("SELECT sex, modality FROM image")
    refuses("cohort", "create", "mine", *words, says=says)


def test_a_database_that_is_not_there_is_not_made(refuses) -> None:
    """Only `ingest` and `db upgrade` make one."""
    for words in (["create", "mine"], ["list"]):
        refuses("cohort", *words, says="There is no database at")
