"""`dicomill duplicates`."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from imaging.png import encode_png


@pytest.fixture
def pictures(works, tmp_path: Path) -> Path:
    """Give a database with twelve pictures, one of them in two sizes and one under two names."""
    folder = tmp_path / "in"
    folder.mkdir()
    for seed in range(12):
        coarse = np.random.default_rng(seed).normal(size=(9, 9)).astype(np.float32)
        smooth = cv2.resize(coarse, (96, 96), interpolation=cv2.INTER_CUBIC)
        values = ((smooth - smooth.min()) / (smooth.max() - smooth.min()) * 255).astype(np.uint8)
        (folder / f"{seed}.png").write_bytes(encode_png(values))
    (folder / "small.png").write_bytes(encode_png(cv2.resize(values, (64, 64))))
    (folder / "same.bmp").write_bytes(cv2.imencode(".bmp", values)[1].tobytes())
    works("ingest", folder, "--workers", "1")
    return tmp_path / "dicomill.db"


def test_pairs_are_found_listed_and_decided(works, pictures: Path) -> None:
    """From candidate to confirmed to refuted, by the names that the list shows."""
    told = works("duplicates", "find").out
    assert "13 pictures compared" in told
    assert "Stored several times: 1 (2 images)" in told
    assert "Candidate pairs within 4 of 64 bits: 1\n" in told
    (pair,) = works("duplicates", "list", "--json").json["pairs"]
    first, second = pair["first_sha256"], pair["second_sha256"]
    assert f"{first[:16]}  {second[:16]}" in works("duplicates", "list").out
    said = works("duplicates", "confirm", first[:16], second[:16], "--by", "A. Reader").out
    assert said == "1 pair confirmed.\n"
    assert "A. Reader" in works("duplicates", "list", "--status", "confirmed").out
    assert works("duplicates", "list", "--status", "candidate", "--json").json == {"pairs": []}
    told = works("duplicates", "refute", second, first, "--by", "B. Reader", "--json").json
    assert told == {"status": "refuted", "decided_by": "B. Reader", "pairs": [[first, second]]}


def test_decisions_may_stand_in_a_file(works, refuses, pictures: Path, tmp_path: Path) -> None:
    """All of them or none."""
    works("duplicates", "find")
    (pair,) = works("duplicates", "list", "--json").json["pairs"]
    names = f"{pair['first_sha256']}\t{pair['second_sha256']}"
    (tmp_path / "pairs.tsv").write_text(f"# same\n\n{names}\n")
    assert "1 pair confirmed" in works("duplicates", "confirm", "--file", "pairs.tsv", "--by", "me").out
    (tmp_path / "bad.tsv").write_text(f"{names}\n{'0' * 16} {'1' * 16}\n")
    refuses("duplicates", "refute", "--file", "bad.tsv", "--by", "me", says="No picture begins")
    assert works("duplicates", "list", "--json").json["pairs"][0]["status"] == "confirmed"


def test_equal_pictures_are_listed_apart(works, pictures: Path) -> None:
    """With the images that show them."""
    (group,) = works("duplicates", "list", "--identical", "--json").json["groups"]
    assert len(group["image_ids"]) == 2
    assert group["stored_values_sha256"][:16] in works("duplicates", "list", "--identical").out


def test_mistakes_are_one_line(refuses, pictures: Path, tmp_path: Path) -> None:
    """What is missing, and what is no pair."""
    refuses("duplicates", "confirm", "0" * 16, "--by", "me", says="Name FIRST and SECOND")
    refuses("duplicates", "confirm", "cat", "dog", "--by", "me", says="first 8 characters")
    refuses("duplicates", "confirm", "0" * 16, "1" * 16, says="--by")
    refuses("duplicates", "find", "--distance", "40", says="0<=x<=10")
    (tmp_path / "one.tsv").write_text("word\n")
    refuses("duplicates", "refute", "--file", "one.tsv", "--by", "me", says="Line 1 of one.tsv holds 1 words")
    refuses("duplicates", "refute", "--file", "no.tsv", "--by", "me", says="cannot be read as text")
