"""The door `split`."""

from __future__ import annotations

from pathlib import Path

import pytest

from database.session import Database
from database.split_plans import get_plan, held_nodes
from foundation.errors import QueryError, SplitError
from imaging.phantoms.writing import write_phantoms
from ingest.ingest import IngestConfig, ingest
from preprocessing.cohort import CohortConfig, cohort
from preprocessing.split import SplitConfig, SplitReport, split
from preprocessing.split_audit import SplitAuditConfig, audit_splits
from preprocessing.split_files import read_splits_file


def divide(database: Database, **asked: object) -> SplitReport:
    """Divide the cohort `all`, made if need be."""
    cohort(CohortConfig(name="all"), database=database)
    return split(SplitConfig.model_validate({"plan": "main", "cohort": "all", **asked}), database=database)


def settled(database: Database, repeat_number: int = 1) -> dict[tuple[str, str], str]:
    """Return what the plan `main` has settled."""
    with database.session() as session:
        return held_nodes(session, get_plan(session, "main").id, repeat_number=repeat_number)


def test_a_plan_is_begun_and_gone_on_with(ingested: Database) -> None:
    """The second call changes nothing."""
    first = divide(ingested, ratios=(0.5, 0.25, 0.25))
    before = settled(ingested)
    again = divide(ingested)
    assert (first.is_new, again.is_new) == (True, False)
    assert first.repeats == again.repeats
    assert settled(ingested) == before
    assert sum(first.repeats[0].num_images.values()) == sum(
        count for own in first.repeats[0].num_labels.values() for count in own.values()
    )
    assert {split for split, count in first.repeats[0].num_groups.items() if count} == {
        "train",
        "validation",
        "test",
    }
    assert {node[0] for node in before} == {"patient", "pixels", "study"}


def test_growth_moves_nobody(ingested: Database, tmp_path: Path) -> None:
    """New patients come in; everything that was settled stays."""
    divide(ingested, split="tt_split", ratios=(0.75, 0.25))
    before = settled(ingested)
    write_phantoms(tmp_path / "more", patients=14, images_per_patient=2, size=64, seed=3)
    more = IngestConfig(paths=(tmp_path / "more",), workers=1, operator_file=tmp_path / "paths.tsv")
    ingest(more, database=ingested)
    divide(ingested)
    after = settled(ingested)
    assert before.items() <= after.items()
    assert len(after) > len(before)
    report = audit_splits(SplitAuditConfig(plan="main", cohort="all"), database=ingested)
    assert report.is_clean
    assert report.without_split == 0


def test_another_scheme_under_a_known_name_is_refused(ingested: Database) -> None:
    """It names what differs."""
    divide(ingested, seed=1)
    with pytest.raises(SplitError, match="another ratios, seed"):
        divide(ingested, seed=2, ratios=(0.5, 0.25, 0.25))


def test_folds_are_repeated(ingested: Database) -> None:
    """Each repeat is a division of its own, equal in size as far as whole patients allow."""
    report = divide(ingested, folds=4, repeats=3)
    assert len(report.repeats) == 3
    for counts in report.repeats:
        sizes = counts.num_images.values()
        assert max(sizes) - min(sizes) <= 2
    nodes = [settled(ingested, number).keys() for number in (1, 2, 3)]
    assert nodes[0] == nodes[1] == nodes[2]


def test_conditions_decide(ingested: Database) -> None:
    """Test is what the condition names, as far as patients allow."""
    report = divide(ingested, assign={"test": "body_part = 'SKULL'"})
    counts = report.repeats[0]
    assert set(counts.num_labels["test"]) == {"SKULL"}
    assert sum(counts.left_out.values()) + sum(counts.num_images.values()) > 0


def test_a_folder_keeps_its_plan_beside_its_pictures(two_classes: Path) -> None:
    """In `splits.csv`; a second call goes on with it."""
    first = split(SplitConfig(folder=two_classes, split="tt_split"))
    table = read_splits_file(two_classes / "splits.csv")
    again = split(SplitConfig(folder=two_classes, split="tt_split", seed=9))
    assert (first.is_new, again.is_new) == (True, False)
    assert read_splits_file(two_classes / "splits.csv") == table
    assert first.repeats[0].num_images == {"train": 36, "test": 4}
    assert "unknown" in first.repeats[0].warnings[0]


def test_what_is_missing_is_told(ingested: Database, two_classes: Path) -> None:
    """Neither source, both, no database, no cohort."""
    for asked in ({}, {"plan": "a"}, {"plan": "a", "cohort": "b", "folder": two_classes}):
        with pytest.raises(SplitError):
            SplitConfig.model_validate(asked)
    with pytest.raises(SplitError, match="database"):
        split(SplitConfig(plan="a", cohort="b"))
    with pytest.raises(QueryError, match="no cohort"):
        split(SplitConfig(plan="a", cohort="b"), database=ingested)
