"""The door `cohort_flow`."""

from __future__ import annotations

import csv
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from database.session import Database
from foundation.errors import ConfigError, PreprocessingError, QueryError, TargetExistsError
from preprocessing.cohort import CohortConfig, cohort
from preprocessing.cohort_flow import CohortFlowConfig, cohort_flow
from preprocessing.split import SplitConfig, split


def test_the_flow_adds_up_from_files_to_splits(ingested: Database, tmp_path: Path) -> None:
    """Each box is the one before without what was left out; the splits hold all members."""
    made = cohort(
        CohortConfig(name="heads", steps=("known: body_part IS NOT NULL", "all of them: id > 0")),
        database=ingested,
    )
    split(SplitConfig(plan="main", cohort="heads"), database=ingested)
    report = cohort_flow(CohortFlowConfig(cohort="heads", plan="main"), database=ingested)
    assert [box.name for box in report.boxes[:2]] == ["files received", "images in the database"]
    for one, following in pairwise(report.boxes):
        assert one.num_images - sum(one.left_out.values()) == following.num_images
    last = report.boxes[-1]
    assert (last.name, last.num_images, last.num_patients) == (
        "members of heads@1",
        made.num_images,
        made.num_patients,
    )
    # A step of the user's is told also where it left nobody out.
    assert {"known", "all of them"} <= {box.name for box in report.boxes}
    assert [box.name for box in report.splits] == ["train", "validation", "test"]
    assert sum(box.num_images for box in report.splits) == made.num_images
    assert sum(box.num_patients or 0 for box in report.splits) == made.num_patients
    assert report.without_split == {}


def test_members_without_a_split_are_told(ingested: Database) -> None:
    """A plan that was begun for fewer pictures knows nothing of the others."""
    some = cohort(CohortConfig(name="some", where="body_part = 'CHEST'"), database=ingested)
    split(SplitConfig(plan="main", cohort="some", ratios=(0.5, 0.5), split="tt_split"), database=ingested)
    cohort(CohortConfig(name="all"), database=ingested)
    report = cohort_flow(CohortFlowConfig(cohort="all", plan="main"), database=ingested)
    assert set(report.without_split) <= {"not_in_split_plan", "joins_two_splits"}
    assert sum(box.num_images for box in report.splits) >= some.num_images


def test_the_flow_is_written_as_a_drawing_and_as_a_table(ingested: Database, tmp_path: Path) -> None:
    """Both say the same numbers."""
    cohort(CohortConfig(name="heads", steps=("a <b>: body_part = 'SKULL'",)), database=ingested)
    svg, table = tmp_path / "flow.svg", tmp_path / "flow.csv"
    report = cohort_flow(CohortFlowConfig(cohort="heads", output=svg), database=ingested)
    cohort_flow(CohortFlowConfig(cohort="heads", output=table), database=ingested)
    drawn = " ".join(ET.parse(svg).getroot().itertext())
    with table.open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    for box in report.boxes:
        assert f"{box.num_images:,} {'files' if box is report.boxes[0] else 'images'}" in drawn
        assert (box.name, str(box.num_images)) in {(row["name"], row["images"]) for row in rows}
    assert "a <b>" in drawn
    with pytest.raises(TargetExistsError):
        cohort_flow(CohortFlowConfig(cohort="heads", output=svg), database=ingested)


def test_mistakes_are_told(ingested: Database, tmp_path: Path) -> None:
    """An unknown cohort or plan, another ending, no database."""
    cohort(CohortConfig(name="all"), database=ingested)
    for fields, error, says in (
        ({"cohort": "al"}, QueryError, 'Did you mean "all"'),
        ({"cohort": "all", "plan": "mine"}, QueryError, "no split plan"),
        ({"cohort": "all", "output": tmp_path / "f.pdf"}, ConfigError, ".svg or .csv"),
    ):
        with pytest.raises(error, match=says):
            cohort_flow(CohortFlowConfig.checked(fields), database=ingested)
    with pytest.raises(PreprocessingError, match="open database"):
        cohort_flow(CohortFlowConfig(cohort="all"))
