"""Merge lists of the hospital."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from database.patients import patient_aliases
from database.schema import IngestRun
from database.session import Database
from foundation.errors import ConfigError, DatabaseError
from imaging.pseudonyms import PATIENT_ID_RULE, Pseudonymiser
from ingest.ingest import IngestConfig, ingest
from ingest.merge import MergeConfig, MergeReport, merge
from ingest.pseudonymise import PseudonymiseConfig, pseudonymise


@pytest.fixture
def keys(database: Database) -> Pseudonymiser:
    """Give what makes the keys of this database."""
    assert database.key is not None
    return Pseudonymiser(database.key)


def merged(database: Database, tmp_path: Path, content: str, **options: object) -> MergeReport:
    """Merge a list."""
    path = tmp_path / "merged.csv"
    path.write_text(content)
    return merge(MergeConfig(table=path, **options), database=database)  # type: ignore[arg-type]


def aliases(database: Database) -> dict[str, str]:
    """Return who is whom."""
    with database.session() as session:
        return patient_aliases(session)


def test_a_list_of_ids_makes_aliases_of_keys(database: Database, keys: Pseudonymiser, tmp_path: Path) -> None:
    """By issuer where one is told, by source else; a run says that it happened, and names nobody."""
    content = "Gone,Stays,From\n 4711 ,4712,\n4711,4713,A\n"
    report = merged(database, tmp_path, content, old="Gone", new="stays", old_issuer="From", source="disk")
    assert (report.num_rows, report.num_merged, report.rows) == (2, 2, {})
    assert aliases(database) == {
        keys.patient_key("4711", "disk"): keys.patient_key("4712", "disk"),
        keys.patient_key("4711", "A"): keys.patient_key("4713", "disk"),
    }
    with database.session() as session:
        run = session.scalars(select(IngestRun)).one()
    assert (run.kind, run.source_name, run.counts and run.counts["num_merged"]) == ("merge", "disk", 2)
    assert run.config["patient_id_rule"] == PATIENT_ID_RULE
    assert run.finished_at is not None
    assert "4711" not in str(run.config)


def test_rows_that_say_nothing_are_counted_by_number(database: Database, tmp_path: Path) -> None:
    """Blank or placeholder ids, one patient with itself, a row with a cell too many."""
    report = merged(database, tmp_path, "old,new\n,B\nUNKNOWN,B\nA, a\nA,B,C\nA,B\n")
    assert report.num_merged == 1
    assert {name: note.first_rows for name, note in report.rows.items()} == {
        "blank": [2, 3],
        "other_number_of_cells": [5],
        "same_patient": [4],
    }


def test_keys_of_ours_are_taken_as_they_are(database: Database, keys: Pseudonymiser, tmp_path: Path) -> None:
    """As the view `image` shows them; anything else is none."""
    one, other = keys.patient_key("1"), keys.patient_key("2")
    report = merged(database, tmp_path, f"old,new\n{one},{other}\n{one},4711\n", keys=True)
    assert aliases(database) == {one: other}
    assert report.rows["no_key"].first_rows == [3]


def test_a_list_is_taken_back_by_the_same_list(database: Database, tmp_path: Path) -> None:
    """What does not hold is counted."""
    merged(database, tmp_path, "old,new\nA,B\nB,C\n")
    report = merged(database, tmp_path, "old,new\nA,B\nP,Q\n", undo=True)
    assert (report.num_parted, report.num_otherwise, report.num_merged) == (1, 1, 0)
    assert len(aliases(database)) == 1


def test_a_list_that_cannot_be_is_refused_whole(database: Database, tmp_path: Path) -> None:
    """A circle is named by rows; a column by its near name; nothing is written."""
    with pytest.raises(DatabaseError, match="circle"):
        merged(database, tmp_path, "old,new\nC,D\nA,B\nB,A\n")
    with pytest.raises(ConfigError, match='no column "old"'):
        merged(database, tmp_path, "odl,new\nA,B\n")
    assert aliases(database) == {}
    with database.session() as session:
        assert session.scalars(select(IngestRun.kind)).all() == []


def test_no_door_makes_keys_by_another_rule(
    sqlite_database: Database, mixed_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once a run has recorded its rule for ids, merge, pseudonymise and ingest refuse any other."""
    ingest_config = IngestConfig(paths=(mixed_folder,), workers=1, operator_file=tmp_path / "paths.tsv")
    ingest(ingest_config, database=sqlite_database)
    monkeypatch.setattr("ingest.ingest.PATIENT_ID_RULE", "another")
    monkeypatch.setattr("ingest.merge.PATIENT_ID_RULE", "another")
    monkeypatch.setattr("ingest.pseudonymise.PATIENT_ID_RULE", "another")
    with pytest.raises(DatabaseError, match="would get two keys"):
        ingest(ingest_config, database=sqlite_database)
    with pytest.raises(DatabaseError, match="would get two keys"):
        merged(sqlite_database, tmp_path, "old,new\nA,B\n")
    table = PseudonymiseConfig(
        table=tmp_path / "merged.csv", output=tmp_path / "o.csv", patient=("old",), keep=("new",)
    )
    with pytest.raises(DatabaseError, match="would get two keys"):
        pseudonymise(table, database=sqlite_database)
