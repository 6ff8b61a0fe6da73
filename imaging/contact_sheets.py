"""Several pictures on one sheet, each with a line or two under it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.letters import LINE_HEIGHT, write_line
from imaging.previews import fit_picture

_GAP = 6
_GROUND = 32
_CAPTION_LINES = 2


class ContactSheet:
    """A sheet that grows by a picture at a time; only the small ones are held.

    Args:
        tile: side of the square that each picture is fitted into, in pixels.

    Example:
        >>> sheet = ContactSheet(tile=64)
        >>> for number in range(3):
        ...     sheet.add(np.zeros((128, 100), np.uint16), [f"{number}", "CHEST PA"])
        >>> sheet.draw().shape
        (186, 146)
    """

    def __init__(self, *, tile: int) -> None:
        self._tile = tile
        self._cells: list[NDArray[np.uint8]] = []

    def __len__(self) -> int:
        return len(self._cells)

    def add(self, picture: NDArray[Any], caption: Sequence[str]) -> None:
        """Add a picture.

        Args:
            picture: height x width or height x width x 3, uint8 or uint16; not kept.
            caption: at most two lines; what is too long is cut.
        """
        fitted = fit_picture(picture, size=self._tile)
        shape = (self._tile + _CAPTION_LINES * LINE_HEIGHT, self._tile, *fitted.shape[2:])
        cell = np.full(shape, _GROUND, np.uint8)
        top = (self._tile - fitted.shape[0]) // 2
        left = (self._tile - fitted.shape[1]) // 2
        cell[top : top + fitted.shape[0], left : left + fitted.shape[1]] = fitted
        for number, text in enumerate(caption[:_CAPTION_LINES]):
            line = write_line(text, width=self._tile)
            above = self._tile + number * LINE_HEIGHT
            lines = cell[above : above + LINE_HEIGHT]
            lines[:] = np.maximum(lines, line if lines.ndim == 2 else line[..., np.newaxis])
        self._cells.append(cell)

    def draw(self, *, columns: int | None = None) -> NDArray[np.uint8]:
        """Return the sheet: grey, or RGB as soon as one picture is.

        Args:
            columns: pictures in a row; without it the sheet is about as high as wide.
        """
        columns = columns or max(1, math.ceil(math.sqrt(len(self._cells))))
        rows = max(1, math.ceil(len(self._cells) / columns))
        across, down = self._tile + _GAP, self._tile + _CAPTION_LINES * LINE_HEIGHT + _GAP
        depth = (3,) if any(cell.ndim == 3 for cell in self._cells) else ()
        sheet = np.full((rows * down + _GAP, columns * across + _GAP, *depth), _GROUND, np.uint8)
        for place, cell in enumerate(self._cells):
            top, left = _GAP + place // columns * down, _GAP + place % columns * across
            area = sheet[top : top + cell.shape[0], left : left + cell.shape[1]]
            area[:] = cell[..., np.newaxis] if area.ndim > cell.ndim else cell
        return sheet
