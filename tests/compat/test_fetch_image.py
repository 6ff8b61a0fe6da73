"""MedicalCV's `fetch_image.py`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import update

from compat.fetch_image import RENDERING, FetchImageConfig, fetch_image
from database.opening import open_with_key
from database.schema import Instance
from database.session import Database, transaction
from foundation.errors import EmptyCohortError, TargetExistsError
from imaging.phantoms.writing import write_phantoms
from imaging.plain_pictures import read_plain_picture
from ingest.ingest import IngestConfig, ingest
from preprocessing.folders import open_image_folder


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Give rows of phantoms."""
    folder = tmp_path_factory.mktemp("rows")
    write_phantoms(folder / "dicom", patients=8, images_per_patient=2, size=64, seed=3)
    with open_with_key(f"sqlite:///{folder / 'rows.db'}", create=True) as opened:
        ingest(IngestConfig(paths=(folder / "dicom",), workers=1), database=opened)
        yield opened


def test_a_body_part_is_fetched_with_its_labels(database: Database, tmp_path: Path) -> None:
    """Equal names in images/ and labels/, "Chest" for CHEST, brightest pixel white."""
    report = fetch_image(FetchImageConfig(query="chest", directory=tmp_path / "out"), database=database)
    folder = open_image_folder(tmp_path / "out")
    assert len(folder.entries) == report.num_images > 0
    assert report.label_counts == {"Chest": report.num_images}
    assert folder.rendering == RENDERING
    for entry in folder.entries:
        assert (tmp_path / "out" / "labels" / f"{entry.name}.txt").read_text() == "Chest\n"
        assert np.max(read_plain_picture(entry.image_path.read_bytes())) == 255
    assert not (tmp_path / "out" / "metadata.jsonl").exists()


def test_metadata_have_an_effect(database: Database, tmp_path: Path) -> None:
    """A line a picture."""
    config = FetchImageConfig(query="CHEST", directory=tmp_path / "out", metadata=True)
    report = fetch_image(config, database=database)
    assert len((tmp_path / "out" / "metadata.jsonl").read_text().splitlines()) == report.num_images


def test_mistakes_are_told(database: Database, tmp_path: Path) -> None:
    """A body part that nobody has, a directory that holds something."""
    with pytest.raises(EmptyCohortError, match="CHEST"):
        fetch_image(FetchImageConfig(query="WING", directory=tmp_path / "out"), database=database)
    (tmp_path / "mine").touch()
    with pytest.raises(TargetExistsError):
        fetch_image(FetchImageConfig(query="CHEST", directory=tmp_path), database=database)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_class_of_the_original_stands_for_its_body_parts(database: Database, tmp_path: Path) -> None:
    """No header says MUSCULOSKELETAL here, yet hands belong to it."""
    config = FetchImageConfig(query="Musculoskeletal", directory=tmp_path / "out", workers=1)
    report = fetch_image(config, database=database)
    assert report.label_counts == {"Musculoskeletal": report.num_images}
    hands = fetch_image(FetchImageConfig(query="HAND", directory=tmp_path / "hands"), database=database)
    assert report.num_images >= hands.num_images > 0


def test_what_was_not_selected_is_told_with_its_switch(database: Database, tmp_path: Path) -> None:
    """As `cohort create` tells it."""
    transaction(database, lambda session: session.execute(update(Instance).values(burned_in_risk="possible")))
    with pytest.raises(EmptyCohortError, match=r"burned-in risk possible \(--keep risk\)"):
        fetch_image(FetchImageConfig(query="CHEST", directory=tmp_path / "out"), database=database)
    kept = FetchImageConfig(query="CHEST", directory=tmp_path / "out", keep=("risk",), workers=1)
    assert fetch_image(kept, database=database).not_selected == {}
