"""Sheets of several pictures."""

from __future__ import annotations

import weakref

import numpy as np
import pytest

from imaging.contact_sheets import ContactSheet


@pytest.mark.parametrize(("count", "cells"), [(1, (1, 1)), (2, (1, 2)), (5, (2, 3)), (9, (3, 3))])
def test_a_sheet_is_about_square(count: int, cells: tuple[int, int]) -> None:
    """With a cell for each picture."""
    sheet = ContactSheet(tile=64)
    for _ in range(count):
        sheet.add(np.zeros((10, 10), np.uint8), [])
    assert len(sheet) == count
    assert sheet.draw().shape == (cells[0] * (64 + 20 + 6) + 6, cells[1] * (64 + 6) + 6)


def test_pictures_keep_their_proportions_and_levels() -> None:
    """A wide picture fills the width, is centred, and 16 bits become 8."""
    sheet = ContactSheet(tile=64)
    sheet.add(np.full((50, 100), 0xAB00, np.uint16), ["A"])
    drawn = sheet.draw()
    assert drawn[6 + 16 : 6 + 48, 6:70].tolist() == [[0xAB] * 64] * 32
    assert (drawn[6 : 6 + 16, 6:70] == 32).all()
    assert drawn[6 + 64 :].max() == 255


def test_a_sheet_is_grey_until_a_colour_comes() -> None:
    """Then grey pictures are grey in RGB."""
    sheet = ContactSheet(tile=64)
    sheet.add(np.full((64, 64), 9, np.uint8), [])
    assert sheet.draw().ndim == 2
    sheet.add(np.full((64, 64, 3), (1, 2, 3), np.uint8), ["TWO", "LINES", "AND MORE"])
    drawn = sheet.draw()
    assert drawn[40, 40].tolist() == [9, 9, 9]
    assert drawn[40, 110].tolist() == [1, 2, 3]


def test_the_sheet_holds_small_pictures_only() -> None:
    """Memory follows the sheet, not the pictures: none of 18 MB is alive after it was added."""
    picture = np.zeros((3000, 3000), np.uint16)
    alive = weakref.ref(picture)
    sheet = ContactSheet(tile=64)
    sheet.add(picture, [])
    del picture
    assert alive() is None
