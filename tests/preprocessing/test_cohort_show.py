"""The door `cohort_show`."""

from __future__ import annotations

from pathlib import Path

import pytest

from database.session import Database
from foundation.errors import ConfigError, PreprocessingError, QueryError, TargetExistsError
from preprocessing.cohort import CohortConfig, cohort
from preprocessing.cohort_show import CohortShowConfig, cohort_show


def test_a_cohort_is_shown_as_it_was_frozen(ingested: Database, tmp_path: Path) -> None:
    """Its table, its steps, and the files that were asked for."""
    made = cohort(CohortConfig(name="all"), database=ingested)
    config = CohortShowConfig(cohort="all@1", output=tmp_path / "t.csv", sheet=tmp_path / "s.png", pictures=4)
    report = cohort_show(config, database=ingested)
    assert (report.name, report.version, report.fingerprint) == ("all", 1, made.fingerprint)
    assert (report.is_as_frozen, report.num_withdrawn) == (True, 0)
    assert report.table.num_images == made.num_images
    assert report.table.num_patients == made.num_patients
    assert {one.class_name: one.num_images["1"] for one in report.table.labels} == made.label_counts
    assert (report.steps, report.left_out) == (made.steps, made.left_out)
    assert len(report.pictures) == 4
    assert (tmp_path / "t.csv").read_text().startswith("characteristic,value,images")
    assert (tmp_path / "s.png").read_bytes()[1:4] == b"PNG"


def test_mistakes_are_told_before_anything_is_written(ingested: Database, tmp_path: Path) -> None:
    """Unknown cohorts and versions, endings, files that are there, no database."""
    cohort(CohortConfig(name="all"), database=ingested)
    there = tmp_path / "there.csv"
    there.write_text("mine")
    for fields, error, says in (
        ({"cohort": "al"}, QueryError, 'Did you mean "all"'),
        ({"cohort": "all@7"}, QueryError, "no version 7"),
        ({"cohort": "all", "output": tmp_path / "t.doc"}, ConfigError, ".csv, .html, .json, .txt"),
        ({"cohort": "all", "output": there}, TargetExistsError, "already exists"),
        ({"cohort": "all", "sheet": there}, TargetExistsError, "already exists"),
        ({"cohort": "all", "sheet": tmp_path / "s.png", "rendering": "windw"}, ConfigError, "window"),
    ):
        with pytest.raises(error, match=says):
            cohort_show(CohortShowConfig.checked(fields), database=ingested)
    with pytest.raises(PreprocessingError, match="open database"):
        cohort_show(CohortShowConfig(cohort="all"))
    assert there.read_text() == "mine"
    assert not (tmp_path / "s.png").exists()
