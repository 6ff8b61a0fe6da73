"""Plans as they stand."""

from __future__ import annotations

import pytest

from database.session import Database
from foundation.errors import QueryError
from preprocessing.cohort import CohortConfig, cohort
from preprocessing.split import SplitConfig, split
from preprocessing.split_showing import show_plans


def test_a_plan_shows_what_it_settled(ingested: Database) -> None:
    """By split and kind; all plans when none is named."""
    num_patients = cohort(CohortConfig(name="all"), database=ingested).num_patients
    split(SplitConfig(plan="main", cohort="all"), database=ingested)
    split(SplitConfig(plan="folds", cohort="all", folds=2), database=ingested)
    shown = show_plans(ingested, "main").plans[0]
    assert set(shown.settled) == {"train", "validation", "test"}
    assert sum(counts["patient"] for counts in shown.settled.values()) == num_patients
    assert [plan.name for plan in show_plans(ingested).plans] == ["folds", "main"]
    with pytest.raises(QueryError, match="no split plan"):
        show_plans(ingested, "other")
