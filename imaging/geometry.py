"""Distances between pixels, from whichever attribute an image states them in."""

from __future__ import annotations

from collections.abc import Iterator

from pydicom.dataset import Dataset

from imaging.attributes import AllowedAttribute, find_allowed
from imaging.cleaning import read_items, read_numbers

_FIELD = "pixel_spacing_mm"
# In the patient where it is calibrated, else at the detector, else of the digitised film.
_ATTRIBUTES = ("PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing")


def read_pixel_spacing(ds: Dataset) -> str | None:
    r"""Return the distance of rows and of columns in mm as "row\column", or None.

    Example:
        >>> ds = Dataset()
        >>> ds.ImagerPixelSpacing = ["0.1430", "0.143"]
        >>> read_pixel_spacing(ds)
        '0.143\\0.143'
    """
    for holder in _find_holders(ds):
        for keyword in _ATTRIBUTES:
            spacing = _read_pair(holder, find_allowed(keyword, _FIELD))
            if spacing is not None:
                return spacing
    return None


def _find_holders(ds: Dataset) -> Iterator[Dataset]:
    yield ds
    # PS3.3 C.7.6.16.2.1: enhanced objects state it once for all frames, or for each.
    for keyword in ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"):
        for group in read_items(ds, keyword)[:1]:
            yield from read_items(group, "PixelMeasuresSequence")[:1]


def _read_pair(ds: Dataset, allowed: AllowedAttribute) -> str | None:
    numbers = read_numbers(ds, allowed.keyword)
    if len(numbers) != 2:
        return None
    pair = [n for n in numbers if n is not None and allowed.smallest <= n <= allowed.largest]
    return "\\".join(f"{number:.8g}" for number in pair) if len(pair) == 2 else None
