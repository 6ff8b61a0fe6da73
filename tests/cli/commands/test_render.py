"""`dicomill render`."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from preprocessing.folders import open_image_folder


@pytest.mark.usefixtures("rows")
def test_an_export_is_verified(works, stock: Path) -> None:
    """All of it, or a sample."""
    total = len(open_image_folder(stock / "export").entries)
    told = works("render", "verify", stock / "export", "--workers", 1).out
    assert told == f"0 of {total} pictures differ; the export holds {total}\n"
    report = works("render", "verify", stock / "export", "--sample", 5, "--seed", 2, "--json").json
    assert (report["num_verified"], report["num_pictures"], report["differences"]) == (5, total, [])


@pytest.mark.usefixtures("rows")
def test_a_difference_is_named_with_status_1(dicomill, stock: Path, tmp_path: Path) -> None:
    """As text and as JSON."""
    shutil.copytree(stock / "export", tmp_path / "export")
    first, second = open_image_folder(tmp_path / "export").entries[:2]
    shutil.copy(second.image_path, first.image_path)
    outcome = dicomill("render", "verify", "export")
    assert outcome.status == 1
    assert outcome.out.splitlines()[0] == f"{first.name}: other_pixels"
    outcome = dicomill("render", "verify", "export", "--json")
    assert outcome.status == 1
    assert outcome.json["differences"] == [{"name": first.name, "reason": "other_pixels"}]


@pytest.mark.usefixtures("rows", "other_key")
def test_mistakes_are_one_line(refuses, stock: Path) -> None:
    """No export, no database, another key, a sample of none."""
    refuses("render", "verify", "missing", says="missing is no image/label folder")
    refuses(
        "render", "verify", stock / "export", "--database", "sqlite:///no.db", says="There is no database"
    )
    refuses("render", "verify", stock / "export", "--key-file", "other.key", says="another key")
    refuses("render", "verify", stock / "export", "--sample", 0, says="0")
