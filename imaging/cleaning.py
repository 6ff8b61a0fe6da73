"""Header values as types: text, numbers and dates out of whatever bytes stand in the element.

Values are read from the element's bytes by the VR that the dictionary gives the attribute, not by
the one the file gives it. So values that came as UN (or were masked to bytes) are read like any
other, a wrong decimal string is None instead of an error, and nothing is validated twice.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import struct
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from typing import Any

from pydicom.charset import convert_encodings, decode_bytes
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag

from imaging.elements import find_element
from imaging.quiet import quiet_pydicom

_BINARY_FORMATS = {"US": "H", "SS": "h", "UL": "I", "SL": "i", "FL": "f", "FD": "d", "UV": "Q", "SV": "q"}
_CHARACTER_SET = BaseTag(0x00080005)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_WESTERN = frozenset({"", "ISO_IR 6", "ISO_IR 100", "ISO 2022 IR 6", "ISO 2022 IR 100"})
_DATE = re.compile(r"(\d{4})([.-]?)(\d{2})\2(\d{2})")
_BLANKS = "\x00 \t\r\n"
_DELIMITERS = set(b"\\\r\n\t\f")  # PS3.5 6.1.2.5.3: they end a code extension
_MAX_TEXT_BYTES = 1 << 16


def read_texts(ds: Dataset, keyword: str) -> tuple[str, ...]:
    """Return the values of a text attribute, without blanks and NULs at their ends.

    Example:
        >>> ds = Dataset()
        >>> ds.ImageType = ["ORIGINAL ", "PRIMARY"]
        >>> read_texts(ds, "ImageType")
        ('ORIGINAL', 'PRIMARY')
    """
    value = _read_value(ds, keyword)
    if value is None:
        return ()
    if isinstance(value, bytes):
        text = _decode(value[:_MAX_TEXT_BYTES], ds)
        return tuple(part.strip(_BLANKS) for part in text.split("\\"))
    values = [value] if isinstance(value, str) or not isinstance(value, Sequence) else value
    return tuple(part.strip(_BLANKS) for each in values for part in str(each).split("\\"))


def read_text(ds: Dataset, keyword: str) -> str | None:
    """Return the first value of a text attribute that is not blank, or None."""
    return next((text for text in read_texts(ds, keyword) if text), None)


def read_numbers(ds: Dataset, keyword: str) -> tuple[float | None, ...]:
    """Return the values of a numeric attribute; None for each that is no number.

    Example:
        >>> ds = Dataset()
        >>> ds.PixelSpacing = ["0.5", "0.25"]
        >>> read_numbers(ds, "PixelSpacing")
        (0.5, 0.25)
    """
    value = _read_value(ds, keyword)
    if value is None:
        return ()
    if isinstance(value, bytes):
        numbers = _unpack_numbers(ds, keyword, value)
        if numbers is not None:
            return numbers
    elif isinstance(value, int | float):
        return (_finite(float(value)),)
    elif not isinstance(value, str) and isinstance(value, Sequence):
        return tuple(parse_number(str(each)) for each in value)
    texts = read_texts(ds, keyword)
    # "1.5\\": some writers end each value with the delimiter.
    written = max((number for number, text in enumerate(texts, start=1) if text), default=0)
    return tuple(parse_number(text) for text in texts[:written])


def read_number(ds: Dataset, keyword: str) -> float | None:
    """Return the first value of a numeric attribute, or None."""
    return next(iter(read_numbers(ds, keyword)), None)


def read_integer(ds: Dataset, keyword: str) -> int | None:
    """Return the first value of a numeric attribute when it is whole, or None."""
    number = read_number(ds, keyword)
    return int(number) if number is not None and number.is_integer() else None


def read_date(ds: Dataset, keyword: str) -> dt.date | None:
    """Return a date, or None when it is blank or not on the calendar."""
    return parse_date(read_text(ds, keyword))


def read_items(ds: Dataset, keyword: str) -> tuple[Dataset, ...]:
    """Return the items of a sequence, none when it is missing or broken."""
    tag, _ = _look_up_attribute(keyword)
    if find_element(ds, tag) is None:
        return ()
    try:
        with quiet_pydicom():
            value = ds[tag].value
    except Exception:  # noqa: BLE001 - pydicom raises anything on broken bytes; the rest of the header stands
        return ()
    if isinstance(value, str | bytes) or not isinstance(value, Sequence):
        return ()
    return tuple(item for item in value if isinstance(item, Dataset))


def parse_number(text: str) -> float | None:
    """Return the number that a decimal or integer string holds, or None.

    A single comma is a decimal point: some systems write it in their own language. More characters than
    PS3.5 6.2 allows (16 for DS) and a sign apart from its digits are no fault.

    Example:
        >>> parse_number(" 0.143 "), parse_number("0,143"), parse_number("- 1.5"), parse_number("1A")
        (0.143, 0.143, -1.5, None)
    """
    text = text.strip(_BLANKS)
    if text[:1] in {"+", "-"}:
        text = text[0] + text[1:].lstrip(_BLANKS)
    if "." not in text and text.count(",") == 1:
        text = text.replace(",", ".")
    if len(text) > 64 or not _NUMBER.fullmatch(text):
        return None
    return _finite(float(text))


def parse_date(text: str | None) -> dt.date | None:
    """Return the date of a DA or DT value, or None.

    Example:
        >>> parse_date("20240229"), parse_date("1993.08.22"), parse_date("20230230")
        (datetime.date(2024, 2, 29), datetime.date(1993, 8, 22), None)
    """
    match = _DATE.match(text or "")
    if match is None:
        return None
    try:
        return dt.date(int(match[1]), int(match[3]), int(match[4]))
    except ValueError:
        return None


@cache
def _look_up_attribute(keyword: str) -> tuple[BaseTag, str]:
    tag = tag_for_keyword(keyword)
    if tag is None:
        raise ValueError(f"The DICOM dictionary has no attribute with the keyword {keyword}.")
    return BaseTag(tag), dictionary_VR(tag)


def _read_value(ds: Dataset, keyword: str) -> Any:
    """Return the element's value as it stands, bytes where the file was read, None when empty."""
    element = find_element(ds, _look_up_attribute(keyword)[0])
    if element is None or element.VR == "SQ" or element.value in (None, "", b""):
        return None
    return element.value


def _unpack_numbers(ds: Dataset, keyword: str, value: bytes) -> tuple[float | None, ...] | None:
    """Return the numbers of a binary value, or None when it holds text."""
    element = find_element(ds, _look_up_attribute(keyword)[0])
    found = element.VR if element is not None else None
    vr = _look_up_attribute(keyword)[1] if found in {None, "UN", "OB", "OW"} else found
    code = _BINARY_FORMATS.get(str(vr).partition(" or ")[0])  # US or SS: who knows the sign turns it
    if code is None:
        return None
    rest = len(value) % struct.calcsize(code)
    if rest and value[-rest:].strip(b"\x00 "):
        return None
    value = value[: len(value) - rest]
    order = ">" if isinstance(element, RawDataElement) and not element.is_little_endian else "<"
    count = len(value) // struct.calcsize(code)
    return tuple(_finite(float(number)) for number in struct.unpack(f"{order}{count}{code}", value))


def _decode(value: bytes, ds: Dataset) -> str:
    if len(value) > 3 and not any(value[1::2]) and all(value[::2]):
        value = value[::2]  # sixteen bits a letter, which no DICOM character set has
    if value.isascii() and b"\x1b" not in value:
        return value.decode("ascii")
    element = find_element(ds, _CHARACTER_SET)
    names = element.value if element is not None else b""
    if isinstance(names, bytes):
        names = names.decode("ascii", "replace").strip(_BLANKS).split("\\")
    if _names_western_letters(names):
        # Many systems write UTF-8 and say nothing, or the default; Latin letters hardly look like it.
        with suppress(UnicodeDecodeError):
            return value.decode("utf-8")
    try:
        with quiet_pydicom():
            encodings = convert_encodings(names or "")
            return decode_bytes(value, encodings, _DELIMITERS)
    except (LookupError, ValueError, AttributeError, TypeError):
        return value.decode("latin-1")


def _names_western_letters(names: Any) -> bool:
    """Tell whether (0008,0005) Specific Character Set is blank or names Latin letters alone."""
    listed = [names] if isinstance(names, str) else list(names or ())
    return all(str(name).strip(_BLANKS) in _WESTERN for name in listed)


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None
