"""Pictures outside the database give the same exports, by the same doors."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from database.pixel_moves import move_pixels
from database.session import Database
from foundation.errors import PreprocessingError
from preprocessing.cohort import CohortConfig, cohort
from preprocessing.export import ExportConfig, export
from preprocessing.render_verify import RenderVerifyConfig, render_verify


def test_exports_are_the_same_wherever_pictures_lie(ingested: Database, tmp_path: Path) -> None:
    """Byte for byte; render verify finds the pictures, too."""
    cohort(CohortConfig(name="all"), database=ingested)
    export(ExportConfig(cohort="all", folder=tmp_path / "in", workers=1), database=ingested)
    report = move_pixels(ingested, f"memory://{uuid.uuid4()}")
    assert report.num_moved > 8
    export(ExportConfig(cohort="all", folder=tmp_path / "out", workers=1), database=ingested)
    pictures = sorted((tmp_path / "in" / "images").iterdir())
    assert [path.name for path in pictures] == sorted(
        path.name for path in (tmp_path / "out" / "images").iterdir()
    )
    assert all(
        path.read_bytes() == (tmp_path / "out" / "images" / path.name).read_bytes() for path in pictures
    )
    verified = render_verify(RenderVerifyConfig(folder=tmp_path / "out"), database=ingested)
    assert (verified.num_verified, verified.differences) == (len(pictures), ())


def test_a_lost_picture_is_left_out_by_name(ingested: Database, tmp_path: Path) -> None:
    """The others are exported; where all are lost, the reason is told."""
    cohort(CohortConfig(name="all"), database=ingested)
    move_pixels(ingested, str(tmp_path / "pixels"))
    files = sorted(path for path in (tmp_path / "pixels").rglob("*") if path.is_file())
    files[0].unlink()
    files[1].write_bytes(b"damaged")
    report = export(ExportConfig(cohort="all", folder=tmp_path / "out", workers=1), database=ingested)
    assert report.left_out["missing_pixels"] >= 1
    assert report.left_out["damaged_pixels"] >= 1
    assert report.num_images > 8
    for path in files[1:]:
        path.unlink()
    with pytest.raises(PreprocessingError, match="missing_pixels"):
        export(ExportConfig(cohort="all", folder=tmp_path / "none", workers=1), database=ingested)
