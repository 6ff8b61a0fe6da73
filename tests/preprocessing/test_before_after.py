"""The sheet of pictures before and after."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from imaging.letters import write_line
from imaging.plain_pictures import read_plain_picture
from preprocessing.before_after import spread_evenly, write_sheet
from preprocessing.folders import open_image_folder
from preprocessing.transform import TransformConfig, transform


def test_each_pair_stands_side_by_side_under_its_number(two_classes: Path, tmp_path: Path) -> None:
    """Left the source, right the result, two pairs a row, labels in the caption and names in the answer."""
    transform(TransformConfig(folder=two_classes, target=tmp_path / "t", steps=("invert",)))
    before = open_image_folder(two_classes).entries
    names = write_sheet(tmp_path / "s.png", before=before, after=tmp_path / "t", num_pictures=3)
    assert names == ("p00", "p20", "p39")
    sheet = read_plain_picture((tmp_path / "s.png").read_bytes())
    tile, across, down = 256, 262, 282
    assert sheet.shape == (2 * down + 6, 4 * across + 6)
    for number in range(3):
        top, left = 6 + number // 2 * down, 6 + number % 2 * 2 * across
        first = sheet[top : top + tile, left : left + tile]
        second = sheet[top : top + tile, left + across : left + across + tile]
        assert np.array_equal(second, 255 - first)
        caption = sheet[top + tile : top + tile + 10, left : left + tile]
        expected = write_line(f"{number + 1} BEFORE {'Skull' if number < 2 else 'Hand'}", width=tile)
        assert np.array_equal(caption > 32, expected > 0)


def test_a_source_that_has_gone_leaves_a_black_place(two_classes: Path, tmp_path: Path) -> None:
    """The transformed folder stands already: a sheet must not undo that."""
    transform(TransformConfig(folder=two_classes, target=tmp_path / "t", steps=("invert",)))
    before = open_image_folder(two_classes).entries
    before[0].image_path.unlink()
    write_sheet(tmp_path / "s.png", before=before, after=tmp_path / "t", num_pictures=1)
    assert not read_plain_picture((tmp_path / "s.png").read_bytes())[6:262, 6:262].any()


def test_items_are_spread_from_the_first_to_the_last() -> None:
    """However many there are."""
    assert spread_evenly(range(100), 5) == [0, 25, 50, 74, 99]
    assert spread_evenly([7], 5) == [7]
    assert spread_evenly([], 5) == []
