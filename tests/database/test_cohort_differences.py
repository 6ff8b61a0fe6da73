"""What two cohorts differ in."""

from __future__ import annotations

from collections.abc import Callable

from database.batches import NewInstance, NewReading
from database.cohort_differences import count_shared, member_changes
from database.cohorts import CohortSelection, create_cohort
from database.labels import add_readings
from database.session import Database, transaction


def test_rows_versions_and_labels_are_told_apart(
    database: Database, store: Callable[..., list[str]], make: Callable[..., NewInstance]
) -> None:
    """A picture of which another version came in is no other picture."""
    store(*(make(f"2.25.{n}", picture=str(n)) for n in range(4)))
    selection = CohortSelection(name="x")
    first = transaction(database, lambda session: create_cohort(session, selection))
    store(make("2.25.1", picture="1", header="corrected"), make("2.25.8", picture="8"))
    reading = [NewReading("body_part", "HAND", "1", "ana", subject_key=f"2.25.{n}") for n in (1, 2)]
    transaction(database, lambda session: add_readings(session, reading))
    without = CohortSelection(name="x", where="sop_instance_uid <> '2.25.3'")
    second = transaction(database, lambda session: create_cohort(session, without))
    with database.session() as session:
        changes = member_changes(session, first.id, second.id)
        assert count_shared(session, first.id, second.id) == 2
        assert member_changes(session, first.id, first.id) == []
    assert [(one.change, one.sop_instance_uid, one.before, one.after) for one in changes] == [
        ("replaced", "2.25.1", {"CHEST": "1"}, {"HAND": "1"}),
        ("relabelled", "2.25.2", {"CHEST": "1"}, {"HAND": "1"}),
        ("removed", "2.25.3", {"CHEST": "1"}, None),
        ("added", "2.25.8", None, {"CHEST": "1"}),
    ]
    assert [one.is_relabelled for one in changes] == [True, True, False, False]
