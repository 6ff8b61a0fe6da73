"""Values masked to bytes: elements under UN, OB or no known VR are given the VR of the dictionary again.

Some archives and gateways rewrite what they do not know as bytes (PS3.5 6.2.2), and some maskers do it to
everything. The attributes that decoding and rendering need are then there, but not readable by others.
"""

from __future__ import annotations

from pydicom.datadict import dictionary_has_tag, dictionary_VM, dictionary_VR
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag
from pydicom.valuerep import VR

from imaging.elements import read_elements

_KNOWN_VRS = frozenset(str(vr) for vr in VR if len(str(vr)) == 2)
_MASKED_VRS = frozenset({"UN", "OB"})
_BINARY_SIZES = {"US": 2, "SS": 2, "UL": 4, "SL": 4, "FL": 4, "FD": 8, "UV": 8, "SV": 8, "AT": 4}
# Bytes by nature, or nested; nor is a VR given that other attributes decide (US or SS).
_LEFT_ALONE = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "UN"})
_FILLERS = b"\x00 "


def unmask_elements(ds: Dataset) -> None:
    r"""Give masked elements of the data set itself the VR that the dictionary has for them.

    Elements whose VR is another known one stay: the file said so.

    Example:
        >>> tag = BaseTag(0x00280010)
        >>> ds = Dataset({tag: RawDataElement(tag, "UN", 3, b"\x00\x02\x00", 0, False, True)})
        >>> unmask_elements(ds)
        >>> ds.Rows
        512
    """
    for element in read_elements(ds):
        if isinstance(element, RawDataElement) and element.VR is not None and _is_masked(element.VR):
            unmasked = _unmask(element)
            if unmasked is not None:
                ds[element.tag] = unmasked


def _is_masked(vr: str) -> bool:
    return vr in _MASKED_VRS or vr not in _KNOWN_VRS


def _unmask(element: RawDataElement) -> RawDataElement | None:
    tag = BaseTag(element.tag)
    if tag.is_private or not isinstance(element.value, bytes) or not dictionary_has_tag(tag):
        return None
    vr = dictionary_VR(tag)
    if vr in _LEFT_ALONE or vr not in _KNOWN_VRS:
        return None
    value = _trim(element.value, vr, dictionary_VM(tag))
    return element._replace(VR=vr, value=value, length=len(value))


def _trim(value: bytes, vr: str, multiplicity: str) -> bytes:
    """Return the value without what only fills it up."""
    size = _BINARY_SIZES.get(vr)
    if size is None:
        trimmed = value.rstrip(_FILLERS)
        return trimmed + b" " * (len(trimmed) % 2)
    most = len(value) // size * size
    kept = size if multiplicity == "1" else most
    return value[:kept] if not value[kept:].strip(_FILLERS) else value[:most]
