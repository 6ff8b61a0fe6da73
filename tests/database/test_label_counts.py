"""How many readings there are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sqlalchemy import select

from database.batches import NewInstance, NewReading
from database.label_counts import count_labels, current_instance_ids, label_tasks
from database.labels import add_readings
from database.schema import Instance
from database.session import Database, transaction

HAND = NewReading("body_part", "HAND", "1", "ana", subject_key="2.25.1")


def test_each_readers_newest_reading_counts(database: Database) -> None:
    """By task, class and level; a corrected reading does not."""
    readings = [
        HAND,
        replace(HAND, value="uncertain"),
        replace(HAND, reader="ben"),
        replace(HAND, subject_level="patient", subject_key="p"),
        replace(HAND, task="finding", class_name="Mass", value="not_mentioned"),
    ]
    transaction(database, lambda session: add_readings(session, readings))
    with database.session() as session:
        assert label_tasks(session) == ["body_part", "finding"]
        first, second, third = count_labels(session)
        assert count_labels(session, "finding") == [third]
    assert (first.level, first.values["1"], first.values["uncertain"], first.readers) == (
        "instance",
        1,
        1,
        ("ana", "ben"),
    )
    assert (second.level, second.values["1"]) == ("patient", 1)
    assert (third.values["not_mentioned"], third.values["0"]) == (1, 0)


def test_superseded_versions_are_no_pictures_of_now(
    database: Database, store: Callable[..., list[str]], make: Callable[..., NewInstance]
) -> None:
    """Only current rows are asked for."""
    store(make())
    store(make(header="mended"))
    with database.session() as session:
        (row_id,) = current_instance_ids(session)
        assert session.scalars(select(Instance.version).where(Instance.id == row_id)).one() == 2
