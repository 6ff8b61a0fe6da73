"""The members of a cohort."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from database import cohort_members as module
from database.batches import NewInstance
from database.cohort_members import cohort_members, ordered_members
from database.cohorts import CohortSelection, create_cohort
from database.session import Database, transaction


def test_members_come_by_uid_and_with_all_that_export_needs(
    database: Database,
    store: Callable[..., list[str]],
    make: Callable[..., NewInstance],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In the same order whatever order they were stored in, a few at a time."""
    monkeypatch.setattr(module, "_AT_ONCE", 2)
    uids = [f"2.25.{i}" for i in (3, 1, 5, 2, 4)]
    store(*(make(uid, picture=uid) for uid in uids), make("2.25.9", picture="9", patient_key=None))
    selection = CohortSelection(name="all")
    cohort = transaction(database, lambda session: create_cohort(session, selection))
    with database.session() as session:
        found = list(cohort_members(session, cohort.id))
        assert list(ordered_members(session, cohort.id)) == [row.instance_id for row in found]
    assert [row.sop_instance_uid for row in found] == [*sorted(uids), "2.25.9"]
    first, last = found[0], found[-1]
    assert (first.patient_key, first.modality, first.height, first.width) == ("patient-a", "CR", 4, 5)
    assert (first.decoder, first.transfer_syntax_uid) == ("none", None)
    assert first.rendering == {"window": [40.0, 400.0]}
    assert (first.labels, first.label_values) == (("CHEST",), {"CHEST": "1"})
    assert last.patient_key is None
