"""The audit of splits."""

from __future__ import annotations

from pathlib import Path

import pytest

from database.session import Database
from foundation.errors import SplitError
from preprocessing.cohort import CohortConfig, cohort
from preprocessing.pack import PackConfig, pack
from preprocessing.plan_assignment import PlanPicture
from preprocessing.split import SplitConfig, split
from preprocessing.split_audit import SplitAuditConfig, audit_splits, find_leaks


def test_every_kind_of_leak_is_found() -> None:
    """Patient, study, pixels and a confirmed near-duplicate."""
    pictures = [
        PlanPicture("a", "p1", "u1", ("s1",), ()),
        PlanPicture("b", "p1", "u2", ("s2",), ()),
        PlanPicture("c", None, "u1", ("s3",), ()),
        PlanPicture("d", None, None, ("s1",), ()),
        PlanPicture("e", None, None, ("s9",), ()),
        PlanPicture("f", None, None, ("s10",), ()),
    ]
    splits = {"a": "train", "b": "test", "c": "test", "d": "test", "e": "test"}
    report = find_leaks(pictures, splits, [("s1", "s9"), ("s3", "s9")])
    assert report.num_leaks == {"near_duplicate": 1, "patient": 1, "pixels": 1, "study": 1}
    assert not report.is_clean
    assert (report.without_split, report.patients_unknown) == (1, 3)
    patient = next(leak for leak in report.leaks if leak.kind == "patient")
    assert (patient.key, patient.num_images) == ("p1", {"test": 1, "train": 1})


def test_a_plan_is_clean_for_its_cohort(ingested: Database) -> None:
    """Nothing is in two splits, and every picture has one."""
    cohort(CohortConfig(name="all"), database=ingested)
    split(SplitConfig(plan="main", cohort="all"), database=ingested)
    report = audit_splits(SplitAuditConfig(plan="main", cohort="all"), database=ingested)
    assert report.is_clean
    assert set(report.num_images) == {"train", "validation", "test"}


def test_records_and_folders_are_audited(two_classes: Path, tmp_path: Path) -> None:
    """A folder by its table, records by what stands in them."""
    split(SplitConfig(folder=two_classes, split="tt_split"))
    assert audit_splits(SplitAuditConfig(folder=two_classes)).is_clean
    pack(PackConfig(folder=two_classes, target=tmp_path / "records"))
    report = audit_splits(SplitAuditConfig(folder=tmp_path / "records"))
    assert report.is_clean
    assert report.num_images == {"test": 4, "train": 36}


def test_a_copied_picture_in_another_split_is_found(two_classes: Path, tmp_path: Path) -> None:
    """Under another name, by its bytes; records are not written from such a table."""
    content = (two_classes / "images" / "p00.png").read_bytes()
    (two_classes / "images" / "copy.png").write_bytes(content)
    (two_classes / "labels" / "copy.txt").write_text("Skull\n")
    names = sorted(path.stem for path in (two_classes / "images").iterdir())
    rows = "".join(f"{name},{'test' if name == 'copy' else 'train'}\n" for name in names)
    (two_classes / "splits.csv").write_text(f"name,split\n{rows}")
    assert audit_splits(SplitAuditConfig(folder=two_classes)).num_leaks == {"pixels": 1}
    with pytest.raises(SplitError, match="lie in two splits"):
        pack(PackConfig(folder=two_classes, target=tmp_path / "records"))
    assert not (tmp_path / "records").exists()


def test_what_is_missing_is_told(two_classes: Path) -> None:
    """No table, no database, neither source."""
    with pytest.raises(SplitError, match=r"no splits\.csv"):
        audit_splits(SplitAuditConfig(folder=two_classes))
    with pytest.raises(SplitError, match="database"):
        audit_splits(SplitAuditConfig(plan="main", cohort="all"))
    with pytest.raises(SplitError, match="Name a plan and a cohort"):
        SplitAuditConfig(plan="main")
