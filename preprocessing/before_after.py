"""A sheet that shows a few pictures before and after a recipe, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from foundation.files import write_file
from imaging.contact_sheets import ContactSheet
from imaging.png import encode_png
from preprocessing.folders import FolderEntry, open_image_folder
from preprocessing.left_out import LeftOut
from preprocessing.picture_reading import read_picture

Item = TypeVar("Item")

_TILE = 256
_PAIRS_A_ROW = 2


def write_sheet(
    path: Path, *, before: Sequence[FolderEntry], after: Path, num_pictures: int
) -> tuple[str, ...]:
    """Write the sheet as PNG and return the names of its pictures, in the order of their numbers.

    Captions hold number, labels, size and depth, never a picture's name, which may be that of a person.

    Args:
        path: of the sheet; replaced if it is there.
        before: the source's pictures.
        after: the transformed folder.
        num_pictures: at most; taken evenly over all that were transformed.
    """
    sources = {entry.name: entry for entry in before}
    sheet = ContactSheet(tile=_TILE)
    names: list[str] = []
    for entry in spread_evenly(open_image_folder(after).entries, num_pictures):
        number = f"{len(names) + 1}"
        for which, shown in (("BEFORE", sources[entry.name]), ("AFTER", entry)):
            values = _values_of(shown)
            sheet.add(values, [" ".join([number, which, *entry.labels]), _size_in_words(values)])
        names.append(entry.name)
    write_file(path, encode_png(sheet.draw(columns=2 * min(_PAIRS_A_ROW, len(names)))))
    return tuple(names)


def spread_evenly(items: Sequence[Item], count: int) -> list[Item]:
    """Return at most so many of the items, from the first to the last at equal distances.

    Example:
        >>> spread_evenly("abcdefg", 3), spread_evenly("ab", 3)
        (['a', 'd', 'g'], ['a', 'b'])
    """
    places = np.linspace(0, len(items) - 1, min(count, len(items))).round().astype(int)
    return [items[place] for place in places.tolist()]


def _values_of(entry: FolderEntry) -> NDArray[Any]:
    """Return a picture's values; a black pixel where the file has gone since it was transformed."""
    read = read_picture(entry.image, entry.image_path)
    return np.zeros((1, 1), np.uint8) if isinstance(read, LeftOut) else read.values


def _size_in_words(values: NDArray[Any]) -> str:
    """Return width, height, depth and whether there is colour."""
    height, width = values.shape[:2]
    return f"{width}X{height} {8 * values.dtype.itemsize} BIT {'RGB' if values.ndim > 2 else 'GREY'}"
