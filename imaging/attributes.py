"""What is kept of a data set besides the fields of a header: each attribute as the allow-list says.

The list itself, and how a line is read, stand in `imaging/allow_list.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType

from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag

from imaging.allow_list import AllowedAttribute, find_allowed, is_kept, read_allow_list, snake_case
from imaging.cleaning import read_date, read_numbers, read_text, read_texts
from imaging.elements import find_element
from imaging.encodings import registered_kind
from imaging.named_persons import names_a_person
from imaging.profile_options import KeepRules
from imaging.pseudonyms import Pseudonymiser
from imaging.safe_private import keep_safe_private

__all__ = [
    "AllowedAttribute",
    "AttributeValue",
    "find_allowed",
    "is_kept",
    "keep_further",
    "keep_integer",
    "keep_well_known_uid",
    "keep_word",
    "keep_words",
    "read_allow_list",
    "snake_case",
]

AttributeValue = str | int | float | list[str] | list[int | float]

_LARGEST_COUNT = 16
_LONGEST_TEXT = 64
_WORD = re.compile(r"[A-Z0-9*]+")
_UID = re.compile(r"(?=.*\d)[0-9.]{3,64}")
_TIME = re.compile(r"([01]\d|2[0-3])([0-5]\d)([0-5]\d)(\.\d{1,6})?")


def keep_further(
    ds: Dataset, *, rules: KeepRules, pseudonymiser: Pseudonymiser, shift_group: str
) -> dict[str, AttributeValue]:
    """Return the kept attributes that have no field of their own, by snake-case name.

    Args:
        ds: the data set.
        rules: profile, options and the site's table.
        pseudonymiser: makes UIDs and shifts dates.
        shift_group: the patient key, or what stands in for an unknown patient.
    """
    kept: dict[str, AttributeValue] = {}
    for tag, name, allowed in _further(rules):
        if find_element(ds, tag) is None:
            continue
        value = _KEEP[allowed.kept](ds, allowed, pseudonymiser, shift_group)
        if value is not None:
            kept[name] = value
    if rules.hold(("retain-safe-private",)):
        kept.update(keep_safe_private(ds))
    return kept


@lru_cache(maxsize=32)
def _further(rules: KeepRules) -> tuple[tuple[BaseTag, str, AllowedAttribute], ...]:
    """Return the lines that hold, each with its tag and name, which are asked for with every file."""
    return tuple(
        (BaseTag(tag_for_keyword(allowed.keyword) or 0), allowed.name, allowed)
        for allowed in read_allow_list(rules.allow_list)
        if allowed.field == "attributes" and rules.hold(allowed.profiles)
    )


def keep_words(ds: Dataset, allowed: AllowedAttribute) -> list[str]:
    """Return the values of a coded attribute that the allow-list names, in upper case."""
    words = (text.upper() for text in read_texts(ds, allowed.keyword)[:_LARGEST_COUNT])
    return [word for word in words if word in allowed.words]


def keep_word(ds: Dataset, keyword: str, field: str) -> str | None:
    """Return the first value of a coded attribute that the allow-list names, or None."""
    return next(iter(keep_words(ds, find_allowed(keyword, field))), None)


def keep_integer(ds: Dataset, keyword: str, field: str) -> int | None:
    """Return a whole number within the allowed range, or None."""
    numbers = _keep_numbers(ds, find_allowed(keyword, field))
    return int(numbers[0]) if numbers and float(numbers[0]).is_integer() else None


def keep_well_known_uid(uid: str | None) -> str | None:
    """Return a UID that DICOM registers, or None: any other could lead to a person or a device.

    Example:
        >>> keep_well_known_uid("1.2.840.10008.5.1.4.1.1.2"), keep_well_known_uid("1.2.3")
        ('1.2.840.10008.5.1.4.1.1.2', None)
    """
    return uid if uid and registered_kind(uid) else None


def _keep_numbers(ds: Dataset, allowed: AllowedAttribute) -> list[int | float]:
    """Return all values, or none when one of them is no number within the range."""
    numbers = read_numbers(ds, allowed.keyword)
    if len(numbers) > _LARGEST_COUNT:
        return []
    kept = [n for n in numbers if n is not None and allowed.smallest <= n <= allowed.largest]
    return [int(n) if n.is_integer() else n for n in kept] if len(kept) == len(numbers) else []


def _number(
    ds: Dataset, allowed: AllowedAttribute, _pseudonymiser: Pseudonymiser, _group: str
) -> AttributeValue | None:
    numbers = _keep_numbers(ds, allowed)
    return None if not numbers else numbers[0] if len(numbers) == 1 else numbers


def _coded(
    ds: Dataset, allowed: AllowedAttribute, _pseudonymiser: Pseudonymiser, _group: str
) -> AttributeValue | None:
    words = keep_words(ds, allowed)
    return None if not words else words[0] if len(words) == 1 else words


def _uid(
    ds: Dataset, allowed: AllowedAttribute, pseudonymiser: Pseudonymiser, _group: str
) -> AttributeValue | None:
    uid = read_text(ds, allowed.keyword)
    return keep_well_known_uid(uid) or pseudonymiser.uid(uid) if uid else None


def _date_shifted(
    ds: Dataset, allowed: AllowedAttribute, pseudonymiser: Pseudonymiser, group: str
) -> AttributeValue | None:
    date = read_date(ds, allowed.keyword)
    shifted = pseudonymiser.shift_date(date, group) if date else None
    return shifted.isoformat() if shifted else None


def _date(
    ds: Dataset, allowed: AllowedAttribute, _pseudonymiser: Pseudonymiser, _group: str
) -> AttributeValue | None:
    date = read_date(ds, allowed.keyword)
    return date.isoformat() if date else None


def _time(
    ds: Dataset, allowed: AllowedAttribute, _pseudonymiser: Pseudonymiser, _group: str
) -> AttributeValue | None:
    match = _TIME.fullmatch(read_text(ds, allowed.keyword) or "")
    return f"{match[1]}:{match[2]}:{match[3]}{match[4] or ''}" if match else None


def _true_uid(
    ds: Dataset, allowed: AllowedAttribute, _pseudonymiser: Pseudonymiser, _group: str
) -> AttributeValue | None:
    uid = read_text(ds, allowed.keyword)
    return uid if uid and _UID.fullmatch(uid) else None


def _words(
    ds: Dataset, allowed: AllowedAttribute, _pseudonymiser: Pseudonymiser, _group: str
) -> AttributeValue | None:
    found = _WORD.findall((read_text(ds, allowed.keyword) or "").upper())
    return [word for word in found if word in allowed.words][:_LARGEST_COUNT] or None


def _text(
    ds: Dataset, allowed: AllowedAttribute, _pseudonymiser: Pseudonymiser, _group: str
) -> AttributeValue | None:
    """Return a short text as it is, or None where it holds a word that also names a person."""
    text = " ".join((read_text(ds, allowed.keyword) or "").split())
    if not text or len(text) > _LONGEST_TEXT or not text.isprintable():
        return None
    return None if names_a_person(ds, text) else text


_KEEP: Mapping[str, Callable[[Dataset, AllowedAttribute, Pseudonymiser, str], AttributeValue | None]] = (
    MappingProxyType(
        {
            "coded": _coded,
            "date": _date,
            "date_shifted": _date_shifted,
            "number": _number,
            "text": _text,
            "time": _time,
            "true_uid": _true_uid,
            "uid": _uid,
            "words": _words,
        }
    )
)
