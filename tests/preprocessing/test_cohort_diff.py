"""The door `cohort_diff`."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from database.batches import NewReading
from database.cohort_pictures import cohort_pictures
from database.cohorts import get_cohort
from database.labels import add_readings
from database.session import Database, transaction
from foundation.errors import PreprocessingError, QueryError, TargetExistsError
from preprocessing.cohort import CohortConfig, cohort, refresh
from preprocessing.cohort_diff import CohortDiffConfig, cohort_diff


def test_a_refreshed_cohort_differs_by_its_corrections(ingested: Database, tmp_path: Path) -> None:
    """One label corrected, one picture gone from the selection; every one a row."""
    first = cohort(CohortConfig(name="all"), database=ingested)
    with ingested.session() as session:
        members = list(cohort_pictures(session, get_cohort(session, "all").id))
    before = members[0].labels[0]
    reading = NewReading("body_part", "TOE", "1", "ana", subject_key=members[0].sop_instance_uid)
    transaction(ingested, lambda session: add_readings(session, [reading]))
    second = refresh("all", database=ingested)
    assert (second.version, second.is_new, second.num_images) == (2, True, first.num_images)
    assert refresh("all", database=ingested).is_new is False
    third = f"sop_instance_uid <> '{members[1].sop_instance_uid}'"
    cohort(CohortConfig(name="all", where=third), database=ingested)

    config = CohortDiffConfig(before="all@1", after="all", output=tmp_path / "d.csv")
    report = cohort_diff(config, database=ingested)
    assert (report.before, report.after) == ("all@1", "all@3")
    assert (report.num_added, report.num_removed, report.num_replaced) == (0, 1, 0)
    assert report.relabelled == {f"{before} -> TOE": 1}
    assert report.num_same == first.num_images - 2
    assert report.label_changes["TOE"] == 1
    assert sum(report.label_changes.values()) == -1
    assert report.selections_differ == ("where",)
    with (tmp_path / "d.csv").open(encoding="utf-8") as stream:
        rows = {row["change"]: row for row in csv.DictReader(stream)}
    assert rows["relabelled"]["labels_after"] == "TOE"
    assert rows["removed"]["sop_instance_uid"] == members[1].sop_instance_uid
    with pytest.raises(TargetExistsError):
        cohort_diff(config, database=ingested)


def test_the_same_cohort_differs_in_nothing(ingested: Database) -> None:
    """Under two names, too."""
    cohort(CohortConfig(name="one"), database=ingested)
    made = cohort(CohortConfig(name="two"), database=ingested)
    report = cohort_diff(CohortDiffConfig(before="one", after="two"), database=ingested)
    assert (report.num_same, report.num_added, report.label_changes) == (made.num_images, 0, {})
    with pytest.raises(QueryError, match="There is no cohort"):
        cohort_diff(CohortDiffConfig(before="one", after="three"), database=ingested)
    with pytest.raises(PreprocessingError, match="open database"):
        cohort_diff(CohortDiffConfig(before="one", after="two"))
