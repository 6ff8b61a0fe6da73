"""Pictures as columns."""

from __future__ import annotations

from pathlib import Path

import pytest

from preprocessing.examined_pictures import ExaminedPictures
from preprocessing.record_pictures import ExaminedPicture, SpooledPicture

PICTURES = [
    ExaminedPicture(4, 5, 3, 8, "PNG", "ab" * 32, file_bytes=70),
    ExaminedPicture(70_000, 1, 1, 16, None, "0c" * 32, spooled=SpooledPicture(Path("a"), 1 << 40, 9, "RAW")),
    ExaminedPicture(1, 1, 1, 8, "JPEG", "00" * 32, spooled=SpooledPicture(Path("b"), 0, 1 << 33, "PNG")),
]


def test_what_went_in_comes_out() -> None:
    """Every field, also those that do not count in a comparison."""
    table = ExaminedPictures()
    for picture in PICTURES:
        table.add(picture)
    assert list(table) == PICTURES
    assert [one.spooled for one in table] == [one.spooled for one in PICTURES]
    assert [one.file_bytes for one in table] == [70, 0, 0]
    assert list(table[1:]) == PICTURES[1:]
    assert table[-1] == PICTURES[-1]
    with pytest.raises(IndexError):
        table[3]
