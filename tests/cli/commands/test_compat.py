"""`dicomill compat`."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize(
    "words",
    [
        ["--query", "CHEST", "--directory", "out"],
        ["-q", "chest", "-d", "out", "-m"],
        ["--query", "CHEST", "--directory", "out", "--metadata", "False"],
    ],
)
def test_fetch_image_takes_its_old_flags(works, tmp_path: Path, words: list[str]) -> None:
    """In their long and short forms."""
    told = works("compat", "fetch-image", *words, "--set", "workers=1").out.splitlines()
    images = {path.stem for path in (tmp_path / "out" / "images").iterdir()}
    assert told[0] == f"{len(images)} images in out"
    assert images == {path.stem for path in (tmp_path / "out" / "labels").iterdir()}
    assert (tmp_path / "out" / "metadata.jsonl").exists() is ("-m" in words)


@pytest.mark.usefixtures("rows")
def test_a_body_part_that_nobody_has_is_one_line(refuses) -> None:
    """With those that there are."""
    refuses("compat", "fetch-image", "-q", "WING", "-d", "out", says="Body parts in the database")
