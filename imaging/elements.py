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
    # The data set's own look-ups convert, and cost several times as much: headers are read by hundreds.
    return ds._dict.get(tag)


def read_elements(ds: Dataset) -> list[Element]:
    """Return all elements of the data set itself, in the order of the file."""
    return list(ds.values())
