"""Label maps that users name."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from database.cohorts import get_cohort
from database.schema import Instance
from database.session import Database
from foundation.errors import ConfigError
from imaging.body_parts import ORIGINAL_CLASS_NAMES
from preprocessing.classes import read_classes_file
from preprocessing.cohort import CohortConfig, cohort
from preprocessing.label_maps import read_label_map

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "original_classes.txt"


def test_the_originals_classes_are_ready() -> None:
    """And the example of a classes file has them in its order."""
    assert set(read_label_map("original").values()) == set(ORIGINAL_CLASS_NAMES) - {"none"}
    assert read_classes_file(EXAMPLE) == ORIGINAL_CLASS_NAMES


def test_a_file_gives_another_map(tmp_path: Path) -> None:
    """Blank lines and comments are allowed."""
    path = tmp_path / "map.tsv"
    path.write_text("# mine\nHAND\tExtremity\n\nFOOT\t Extremity \n*\tRest\n", encoding="utf-8")
    assert read_label_map(str(path)) == {"HAND": "Extremity", "FOOT": "Extremity", "*": "Rest"}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "is empty"),
        ("HAND\n", "line 1"),
        ("HAND\t\n", "line 1"),
        ("HAND\tA\tB\n", "line 1"),
        ("HAND\tA\nHAND\tB\n", "line 2: HAND leads to two classes"),
        ("HAND\t" + "x" * 65, "64 characters"),
    ],
)
def test_a_file_that_is_no_map_is_refused(tmp_path: Path, content: str, told: str) -> None:
    """With its line."""
    path = tmp_path / "map.tsv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError, match=told):
        read_label_map(str(path))


def test_an_unknown_name_tells_the_known_ones(tmp_path: Path) -> None:
    """It may be a typing error, or a file elsewhere."""
    with pytest.raises(ConfigError, match="Known: original"):
        read_label_map("orginal")
    with pytest.raises(ConfigError, match="Cannot read"):
        read_label_map(str(tmp_path))


def test_a_cohort_is_frozen_under_the_mapped_classes(ingested: Database, tmp_path: Path) -> None:
    """What has no class is counted and named; the map is recorded, the name of its file is not."""
    path = tmp_path / "secret-name.tsv"
    with ingested.session() as session:
        part = session.scalars(select(Instance.body_part)).first()
    path.write_text(f"{part}\tLimb\nFOOT\tLimb\n", encoding="utf-8")
    report = cohort(CohortConfig(name="limbs", label_map=str(path)), database=ingested)
    assert set(report.label_counts) == {"Limb"}
    assert report.num_images == report.steps[-1].count.num_images
    left_out = sum(count for reason, count in report.left_out.items() if reason.startswith("not mapped: "))
    assert left_out == report.left_out["without_mapped_class"] > 0
    seven = cohort(CohortConfig(name="seven", label_map="original"), database=ingested)
    assert set(seven.label_counts) <= set(ORIGINAL_CLASS_NAMES)
    with ingested.session() as session:
        assert "secret-name" not in str(get_cohort(session, "limbs").selection)
        assert get_cohort(session, "seven").selection["label_map_name"] == "original"
