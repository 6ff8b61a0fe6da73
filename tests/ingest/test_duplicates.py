"""The door of duplicates."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from sqlalchemy import select, update

from database.near_duplicates import decide_pair, list_pairs
from database.schema import Frame, Pixels
from database.session import Database, transaction
from foundation.errors import ConfigError, IngestError
from imaging.png import encode_png
from ingest.duplicates import DuplicatesConfig, DuplicatesReport, duplicates
from ingest.ingest import IngestConfig, ingest


def picture(seed: int, side: int = 96) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    """Return smooth shapes."""
    coarse = np.random.default_rng(seed).normal(size=(9, 9)).astype(np.float32)
    smooth = cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC)
    return ((smooth - smooth.min()) / (smooth.max() - smooth.min()) * 255).astype(np.uint8)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give pictures: one of them again smaller, one again as another file, one blank."""
    folder = tmp_path / "in"
    for seed in range(12):
        place = folder / ("yes" if seed % 2 else "no") / f"{seed}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(encode_png(picture(seed)))
    (folder / "no" / "smaller.png").write_bytes(encode_png(cv2.resize(picture(3), (64, 64))))
    (folder / "no" / "again.bmp").write_bytes(cv2.imencode(".bmp", picture(5))[1].tobytes())
    (folder / "no" / "blank.png").write_bytes(encode_png(np.zeros((50, 50), np.uint8)))
    return folder


def run(database: Database, **options: object) -> DuplicatesReport:
    """Look for duplicates."""
    return duplicates(DuplicatesConfig.checked(options), database=database)


@pytest.fixture
def filled(database: Database, folder: Path) -> Database:
    """Give a database with those pictures."""
    ingest(
        IngestConfig(paths=(folder,), workers=1, class_folders=True, task="tumour"),
        database=database,
    )
    return database


def test_equal_and_alike_pictures_are_found(filled: Database) -> None:
    """The equal one as a group whose labels disagree, the smaller one as a candidate, the blank one not."""
    report = run(filled)
    assert (report.num_pictures, report.num_flat) == (13, 1)
    assert (report.num_identical_groups, report.num_identical_images, report.num_disagreeing) == (1, 2, 1)
    assert (report.num_candidates, report.num_across_patients, report.artefacts) == (1, 0, ())
    with filled.session() as session:
        (pair,) = list_pairs(session)
    assert (pair.status, pair.distance <= 4) == ("candidate", True)


def test_a_decision_outlives_the_next_search(filled: Database) -> None:
    """A refuted pair is no candidate again."""
    run(filled)
    with filled.session() as session:
        (pair,) = list_pairs(session)
    transaction(
        filled,
        lambda session: decide_pair(
            session, pair.first_sha256, pair.second_sha256, status="refuted", decided_by="reader"
        ),
    )
    report = run(filled)
    assert (report.num_candidates, report.num_refuted) == (0, 1)


def test_missing_hashes_are_made_of_what_is_kept(filled: Database) -> None:
    """Of rows from before there were hashes; equal to those that ingest makes; a lost picture is counted."""
    with filled.session() as session:
        before = dict(session.execute(select(Frame.id, Frame.perceptual_hash)).all())
        lost = session.scalars(select(Frame.pixels_id).where(Frame.perceptual_hash != 0)).first()
    transaction(filled, lambda session: session.execute(update(Frame).values(perceptual_hash=None)))
    transaction(
        filled, lambda session: session.execute(update(Pixels).where(Pixels.id == lost).values(content=b"x"))
    )
    report = run(filled)
    with filled.session() as session:
        after = dict(session.execute(select(Frame.id, Frame.perceptual_hash)).all())
    made = {frame: value for frame, value in after.items() if value is not None}
    assert report.num_hashed == len(made)
    assert report.num_lost == len(after) - len(made) >= 1
    assert made == {frame: before[frame] for frame in made}
    assert run(filled).num_hashed == 0


def test_a_crowd_is_said_and_not_kept(sqlite_database: Database, tmp_path: Path) -> None:
    """Twenty pictures of one scene are no duplicates."""
    for number in range(20):
        noisy = picture(1).astype(int) + np.random.default_rng(number).integers(-2, 3, (96, 96))
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "in" / f"{number}.png").write_bytes(encode_png(noisy.clip(0, 255).astype(np.uint8)))
    ingest(IngestConfig(paths=(tmp_path / "in",), workers=1), database=sqlite_database)
    report = run(sqlite_database, distance=8)
    assert report.artefacts == (20,)
    assert (report.num_candidates, report.largest_component) == (0, 10)


def test_an_empty_database_has_no_duplicates(sqlite_database: Database) -> None:
    """And that is no error."""
    report = run(sqlite_database)
    assert (report.num_pictures, report.num_candidates, report.num_identical_groups) == (0, 0, 0)


def test_without_a_database_there_is_nothing_to_look_at() -> None:
    """And a distance of most bits is refused."""
    with pytest.raises(IngestError, match="open database"):
        duplicates(DuplicatesConfig())
    with pytest.raises(ConfigError, match="distance"):
        DuplicatesConfig.checked({"distance": 11})


@pytest.mark.corpus
@pytest.mark.slow
def test_chest_pictures_give_few_candidates_at_the_default_distance(
    sqlite_database: Database, corpus: Path, tmp_path: Path
) -> None:
    """Of 623 chest pictures of many patients; more at a larger one (see docs/duplicates.md)."""
    paths = (corpus / "chest-xray" / "nih-64",)
    operator_file = tmp_path / "paths.tsv"
    ingest(IngestConfig(paths=paths, workers=1, operator_file=operator_file), database=sqlite_database)
    assert run(sqlite_database).num_candidates <= 2
    assert run(sqlite_database, distance=10).num_candidates > 20
