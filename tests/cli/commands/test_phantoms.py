"""`dicomill phantoms`."""

from __future__ import annotations

from pathlib import Path

import click

from cli.commands.phantoms import phantoms
from imaging.phantoms.anatomy import MAXIMUM_SIZE, MINIMUM_SIZE


def test_as_many_files_as_told_are_written(works, refuses, tmp_path: Path) -> None:
    """The same words again are refused: a folder is never mixed."""
    words = ["phantoms", "out", "--patients", 2, "--images-per-patient", 1, "--size", 64, "--seed", 5]
    told = works(*words).out
    files = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert told == f"Wrote {len(files)} synthetic DICOM files.\n"
    refuses(*words, says="out already exists")


def test_clean_ones_hold_pictures_alone(works) -> None:
    """No dirty header, no broken file."""
    words = ["--patients", 2, "--images-per-patient", 1, "--size", 64, "--clean", "--json"]
    report = works("phantoms", "out", *words).json
    assert report["files"] == report["pictures"] == 2
    assert report["dirty"] is False


def test_mistakes_are_one_line(refuses, tmp_path: Path) -> None:
    """Sizes that cannot be drawn, folders that cannot be made."""
    (tmp_path / "file").touch()
    refuses("phantoms", "out", "--size", 8, says="--size")
    refuses("phantoms", "out", "--size", 10_000, says="--size")
    refuses("phantoms", "file/out", says="Cannot write to file")


def test_the_sizes_are_those_that_can_be_drawn() -> None:
    """The command names them without loading what draws."""
    (size,) = [option.type for option in phantoms.params if option.name == "size"]
    assert isinstance(size, click.IntRange)
    assert (size.min, size.max) == (MINIMUM_SIZE, MAXIMUM_SIZE)
