"""`dicomill cohort`."""

from __future__ import annotations

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


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--body-part", "WING"], "Body parts in the database: ABDOMEN (6)"),
        (["--where", "study_year < 0"], 'The cohort "mine" would be empty'),
        (["--task", "tumour"], 'The cohort "mine" would be empty'),
        (["--where", "body_part ="], "The condition cannot be read."),
        (["--where", "nothing = 1"], "nothing"),
        (["--where", "1=1; DROP TABLE image"], "condition"),
        (["--sql", "missing.sql"], "Cannot read the query in missing.sql"),
        (["--sql", "missing.sql", "--where", "1 = 1"], ""),
        (["--set", "seconds=-1"], "seconds: Input should be greater than 0."),
        (["--key-file", "other.key"], "This database was made with another key"),
        (["--key-file", "missing.key"], "Cannot read the key file missing.key."),
    ],
)
def test_mistakes_are_one_line(refuses, rows: Path, other_key: Path, words: list[str], says: str) -> None:
    """And nothing is frozen."""
    refuses("cohort", "create", "mine", *words, says=says)


def test_a_database_that_is_not_there_is_not_made(refuses) -> None:
    """Only `ingest` and `db upgrade` make one."""
    for words in (["create", "mine"], ["list"]):
        refuses("cohort", *words, says="There is no database at")
