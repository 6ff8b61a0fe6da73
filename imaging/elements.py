"""Elements of a data set as they stand in the file, without having them converted or validated."""

from __future__ import annotations

from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag

Element = RawDataElement | DataElement


def find_element(ds: Dataset, tag: BaseTag) -> Element | None:
    """Return the element, raw where the file was read and nobody has converted it; None when missing.

    Example:
        >>> find_element(Dataset(), BaseTag(0x00100010)) is None
        True
    """
    present = ds.keys()  # a look-up here is many times faster than in the data set itself
    return ds.get_item(tag, keep_deferred=True) if tag in present else None


def read_elements(ds: Dataset) -> list[Element]:
    """Return all elements of the data set itself, in the order of the file."""
    return list(ds.values())
