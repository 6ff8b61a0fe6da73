"""Readings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import select

from database.batches import NewInstance, NewReading
from database.labels import add_readings, resolve_labels
from database.schema import Instance, Label
from database.session import Database, transaction
from foundation.errors import DatabaseError, UnknownNameError

HAND = NewReading("body_part", "HAND", "1", "ana", subject_key="2.25.1")


def add(database: Database, *readings: NewReading) -> int:
    """Append readings in one transaction."""
    return transaction(database, lambda session: add_readings(session, readings))


@pytest.fixture
def one_id(database: Database, store: Callable[..., list[str]], make: Callable[..., NewInstance]) -> int:
    """Give the row id of a stored instance with the body part CHEST."""
    store(make())
    with database.session() as session:
        return session.scalars(select(Instance.id)).one()


def test_readings_are_numbered_and_never_changed(database: Database) -> None:
    """A repeat adds nothing; a correction is the next reading; going back is another one."""
    assert add(database, HAND, HAND) == 1
    assert add(database, HAND) == 0
    assert add(database, replace(HAND, value="0"), replace(HAND, value="1")) == 2
    with database.session() as session:
        rows = session.execute(select(Label.reading_number, Label.value).order_by(Label.id)).all()
    assert [tuple(row) for row in rows] == [(1, "1"), (2, "0"), (3, "1")]


@pytest.mark.parametrize(
    "wrong",
    [
        replace(HAND, value="yes"),
        replace(HAND, subject_key=None),
        replace(HAND, subject_level="hospital"),
        replace(HAND, class_name=""),
        replace(HAND, class_name="x" * 65),
    ],
)
def test_readings_that_cannot_be_stored_are_refused(database: Database, wrong: NewReading) -> None:
    """None is stored, and no name is cut: it might become equal to another."""
    with pytest.raises(DatabaseError):
        add(database, HAND, wrong)
    with database.session() as session:
        assert session.scalars(select(Label)).all() == []


def test_the_newest_reading_of_the_nearest_level_counts(database: Database, one_id: int) -> None:
    """Header, then patient, then study, then instance, each overruling the one before."""
    expected = ["CHEST"]
    steps = [
        replace(HAND, class_name="FOOT", subject_level="patient", subject_key="patient-a"),
        replace(HAND, class_name="KNEE", subject_level="study", subject_key="2.25.100"),
        HAND,
    ]
    with database.session() as session:
        found = [resolve_labels(session, [one_id], "body_part").values[one_id]]
    for step in steps:
        add(database, step)
        expected.append(step.class_name)
        with database.session() as session:
            found.append(resolve_labels(session, [one_id], "body_part").values[one_id])
    assert [list(values) for values in found] == [[name] for name in expected]


def test_other_tasks_have_no_answer_in_the_header(database: Database, one_id: int) -> None:
    """Unlabelled pictures are listed, and so are those whose readers disagree."""
    with database.session() as session:
        assert resolve_labels(session, [one_id], "finding").unlabelled == (one_id,)
    reading = replace(HAND, task="finding", class_name="Mass")
    add(database, reading, replace(reading, reader="ben", value="0"))
    with database.session() as session:
        resolved = resolve_labels(session, [one_id], "finding")
    assert (resolved.conflicts, dict(resolved.values)) == ((one_id,), {})


def test_an_unknown_policy_is_named(database: Database) -> None:
    """The message lists the known ones."""
    with database.session() as session, pytest.raises(UnknownNameError, match="multiple, single"):
        resolve_labels(session, [], "body_part", "majority")
