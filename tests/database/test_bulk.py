"""Bulk reading and writing."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.exc import NoInspectionAvailable

from database.bulk import CHUNK, chunks, ensure_rows, fit_text, ids_by_key, insert_if_absent, table_of
from database.schema import Patient
from database.session import Database, transaction


def test_rows_are_made_once_and_found_again(database: Database) -> None:
    """More keys than fit one statement, some twice, some known: each gets one row and one id."""
    keys = [f"key-{i}" for i in range(CHUNK + 20)]

    def work(names: list[str]) -> dict[str, int]:
        rows = [{"patient_key": name} for name in names]
        return transaction(database, lambda session: ensure_rows(session, Patient.patient_key, rows))

    first = work([*keys[:5], keys[0]])
    every = work(keys)
    assert len(every) == len(keys)
    assert first.items() <= every.items()
    with database.session() as session:
        assert session.scalar(select(func.count()).select_from(Patient)) == len(keys)
        assert ids_by_key(session, Patient.patient_key, ["key-1", "none"]) == {"key-1": every["key-1"]}


def test_an_upsert_compiles_for_each_dialect() -> None:
    """SQLite gets ON CONFLICT, the servers ON DUPLICATE KEY; neither swallows other errors."""
    on_sqlite = str(insert_if_absent(Patient, "patient_key", "sqlite").compile(dialect=sqlite.dialect()))
    on_server = str(insert_if_absent(Patient, "patient_key", "mysql").compile(dialect=mysql.dialect()))
    assert "ON CONFLICT (patient_key) DO NOTHING" in on_sqlite
    assert "ON DUPLICATE KEY UPDATE id = patient.id" in on_server.replace("`", "")


def test_an_upsert_leaves_the_row_of_another_transaction(database: Database) -> None:
    """Of two inserts of one key the second changes nothing and fails nothing."""
    statement = insert_if_absent(Patient, "patient_key", database.dialect_name)
    for _ in range(2):
        transaction(database, lambda session: session.execute(statement, [{"patient_key": "k"}]))
    with database.session() as session:
        assert session.scalar(select(func.count()).select_from(Patient)) == 1


def test_values_come_in_pieces_that_fit_a_statement() -> None:
    """Distinct and sorted, so that every process asks in the same order."""
    pieces = list(chunks([*range(CHUNK), 3, CHUNK]))
    assert [len(piece) for piece in pieces] == [CHUNK, 1]


def test_text_is_cut_to_its_column() -> None:
    """Other values pass as they are."""
    row = {"patient_key": "x" * 100, "id": 3}
    assert fit_text(table_of(Patient), row) == {"patient_key": "x" * 64, "id": 3}


def test_only_mapped_tables_are_taken() -> None:
    """A class without a table is a programmer's mistake."""
    with pytest.raises(NoInspectionAvailable):
        table_of(int)  # type: ignore[arg-type]
