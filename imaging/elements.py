"""Elements of a data set as they stand in the file, without having them converted or validated."""

from __future__ import annotations

from pydicom.datadict import dictionary_has_tag, dictionary_VR
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag

Element = RawDataElement | DataElement

# PS3.5 7.1.2: the length of every other VR has 16 bits. In implicit VR nothing keeps a file from more.
_LONG_VRS = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"})
_LONGEST_SHORT_VALUE = 0xFFFF
_UNDEFINED_LENGTH = 0xFFFFFFFF


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


def is_too_long(tag: BaseTag, vr: str | None, length: int) -> bool:
    """Say whether a value is longer than its VR allows: millions of windows, which take minutes to convert.

    Args:
        tag: of the element.
        vr: as the file says; None where it does not, and the dictionary's counts.
        length: in bytes.

    Example:
        >>> [is_too_long(BaseTag(tag), None, 4_000_000) for tag in (0x00281050, 0x7FE00010)]
        [True, False]
    """
    if length <= _LONGEST_SHORT_VALUE or length == _UNDEFINED_LENGTH:
        return False
    if vr is None:
        vr = dictionary_VR(tag) if dictionary_has_tag(tag) else "UN"
    return _LONG_VRS.isdisjoint(vr.split(" or "))


def drop_long_values(ds: Dataset) -> None:
    """Take out the values of a data set, an item say, that are longer than their VR allows."""
    for element in read_elements(ds):
        if isinstance(element, RawDataElement) and is_too_long(element.tag, element.VR, element.length):
            del ds[element.tag]
