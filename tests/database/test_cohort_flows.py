"""The files that a cohort's flow begins with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from database.batches import NewInstance
from database.cohort_flows import count_received
from database.cohorts import CohortSelection, create_cohort
from database.session import Database, transaction


def test_files_count_up_to_the_day_of_freezing(
    database: Database, store: Callable[..., list[str]], make: Callable[..., NewInstance]
) -> None:
    """By how they ended; what came later belongs to a later version."""
    store(make("2.25.1"), make("2.25.1", path="again"), make("2.25.2", picture="2"))
    record = transaction(database, lambda session: create_cohort(session, CohortSelection(name="x")))
    store(make("2.25.3", picture="3"))
    with database.session() as session:
        assert count_received(session, record) == {"resent": 1, "stored": 2}
        older = replace(record, last_source_id=None, last_rejected_id=None)
        assert count_received(session, older) == {"resent": 1, "stored": 3}
