"""Rows for cleaning anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import select

from database.batches import NewInstance
from database.recleaning import CLEANED_FIELDS, RowChange, cleaned_rows, store_changes
from database.schema import Instance, Series
from database.session import Database, transaction

Store = Callable[..., list[str]]
Make = Callable[..., NewInstance]

SOURCES = {"texts": {"protocol": "0" * 16}, "found": {"body_part": {"protocol": ["CHEST", "phrase"]}}}


def test_rows_come_in_batches_by_id(database: Database, store: Store, make: Make) -> None:
    """Each once, with what ingest stored."""
    store(*(make(f"2.25.{number}", picture=str(number), cleaning_sources=SOURCES) for number in range(1, 6)))
    with database.session() as session:
        first = cleaned_rows(session, after=0, limit=3)
        rest = cleaned_rows(session, after=first[-1].instance_id, limit=3)
        assert (len(first), len(rest)) == (3, 2)
        assert cleaned_rows(session, after=rest[-1].instance_id, limit=3) == []
    assert first[0].sources == SOURCES
    assert set(first[0].values) == set(CLEANED_FIELDS)
    assert first[0].values["body_part"] == "CHEST"


def test_superseded_versions_may_be_left_out(database: Database, store: Store, make: Make) -> None:
    """Contradictions are of interest where people look."""
    store(make("2.25.1", header="a"))
    store(make("2.25.1", header="b"))
    with database.session() as session:
        assert len(cleaned_rows(session, after=0, limit=9)) == 2
        assert len(cleaned_rows(session, after=0, limit=9, current_only=True)) == 1


def _change(database: Database, **fields: Any) -> None:
    with database.session() as session:
        rows = cleaned_rows(session, after=0, limit=99)
    transaction(database, lambda session: store_changes(session, [RowChange(row, fields) for row in rows]))


def test_changes_are_written_and_the_rest_stays(database: Database, store: Store, make: Make) -> None:
    """JSON as well."""
    store(make("2.25.1", picture="a"), make("2.25.2", picture="b"))
    sources = SOURCES | {"site": {"body_part": {"protocol": "KNEE"}}}
    _change(database, body_part="KNEE", body_part_rule="site", cleaning_sources=sources)
    with database.session() as session:
        rows = cleaned_rows(session, after=0, limit=9)
        assert [row.values["body_part"] for row in rows] == ["KNEE", "KNEE"]
        assert rows[0].values["modality"] == "CR"
        assert rows[0].sources == sources


def test_a_series_follows_its_instances(database: Database, store: Store, make: Make) -> None:
    """Where it has the modality that they had."""
    store(make("2.25.1", series_instance_uid="2.25.11"))
    store(make("2.25.2", picture="b", series_instance_uid="2.25.12", modality=None))
    _change(database, modality="DX")
    with database.session() as session:
        assert set(session.scalars(select(Series.modality))) == {"DX"}
        assert set(session.scalars(select(Instance.modality))) == {"DX"}


def test_no_change_is_no_statement(database: Database) -> None:
    """An empty batch is allowed."""
    transaction(database, lambda session: store_changes(session, []))
