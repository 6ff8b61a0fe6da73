"""The allow-list: what of a header is kept, how, and in which profile.

attributes.tsv has a line for each kept attribute; what has no line is dropped, whatever it is.

    keyword    of the DICOM dictionary
    kept       how (see below)
    profiles   in which privacy profiles
    field      the `Header` field it ends in, "attributes" for the dict of further ones
    values     for "coded": the words that are kept, a blank within a word written "_";
               for "number" and "year": the range, ends included
    note       why it may be kept

    uid                pseudonym by keyed hash
    well_known_uid     as it is, only when DICOM registers it
    patient_key, accession_key    keyed hash of the normalised text
    date_shifted       moved by the patient's days
    year, age          year as it is; age in years, 90 for all over 89
    coded              only words of the line
    number             only numbers within the range: a number can also be a telephone's
    mapped             led to a vocabulary of ours in memory; the text itself is not kept
    model              only text that looks like a product name
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from pydicom.dataset import Dataset

from imaging.cleaning import read_date, read_numbers, read_text, read_texts
from imaging.encodings import registered_kind
from imaging.pseudonyms import Pseudonymiser
from imaging.settings import Profile
from imaging.tables import read_table

AttributeValue = str | int | float | list[str] | list[int | float]

_LARGEST_COUNT = 16
_SPLIT_NAME = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
# Keywords whose capitals hide where a word begins.
_SNAKE_CASE = MappingProxyType(
    {
        "CTDIvol": "ctdi_vol",
        "ExposureInuAs": "exposure_in_uas",
        "VOILUTFunction": "voi_lut_function",
        "XRayTubeCurrent": "x_ray_tube_current",
    }
)


@dataclass(frozen=True)
class AllowedAttribute:
    """One line of the allow-list."""

    keyword: str
    kept: str
    profiles: frozenset[str]
    field: str
    words: frozenset[str]
    smallest: float
    largest: float
    note: str

    @property
    def name(self) -> str:
        """The keyword in snake case; a shifted date says so."""
        name = snake_case(self.keyword)
        return f"{name}_shifted" if self.kept == "date_shifted" else name


def snake_case(keyword: str) -> str:
    """Return a DICOM keyword as it is written in Python, SQL and JSON.

    Example:
        >>> snake_case("SOPInstanceUID"), snake_case("KVP"), snake_case("ImagePositionPatient")
        ('sop_instance_uid', 'kvp', 'image_position_patient')
    """
    return _SNAKE_CASE.get(keyword) or _SPLIT_NAME.sub("_", keyword).lower()


@cache
def read_allow_list() -> tuple[AllowedAttribute, ...]:
    """Return the lines of attributes.tsv, read once a process."""
    return tuple(_parse_line(line) for line in read_table("attributes.tsv"))


def _parse_line(line: Mapping[str, str]) -> AllowedAttribute:
    smallest, _, largest = line["values"].partition("..")
    is_range = bool(largest)
    return AllowedAttribute(
        keyword=line["keyword"],
        kept=line["kept"],
        profiles=frozenset(line["profiles"].split()),
        field=line["field"],
        words=frozenset() if is_range else _parse_words(line["values"]),
        smallest=float(smallest) if is_range else 0.0,
        largest=float(largest) if is_range else 0.0,
        note=line["note"],
    )


def _parse_words(values: str) -> frozenset[str]:
    # A few defined terms hold underscores themselves (M_FFE): both spellings count.
    return frozenset(values.split()) | frozenset(word.replace("_", " ") for word in values.split())


@cache
def find_allowed(keyword: str, field: str) -> AllowedAttribute:
    """Return the line of an attribute for one field.

    Raises:
        KeyError: the allow-list has no such line, so the attribute must not be read for the field.
    """
    for allowed in read_allow_list():
        if (allowed.keyword, allowed.field) == (keyword, field):
            return allowed
    raise KeyError(f"attributes.tsv has no line for {keyword} in {field}")


def is_kept(keyword: str, field: str, profile: Profile) -> bool:
    """Return whether a profile keeps an attribute in a field.

    Example:
        >>> is_kept("PatientAge", "patient_age_years", "strict")
        False
    """
    return profile in find_allowed(keyword, field).profiles


def keep_further(
    ds: Dataset, *, profile: Profile, pseudonymiser: Pseudonymiser, shift_group: str
) -> dict[str, AttributeValue]:
    """Return the kept attributes that have no field of their own, by snake-case name.

    Args:
        ds: the data set.
        profile: privacy profile.
        pseudonymiser: makes UIDs and shifts dates.
        shift_group: the patient key, or what stands in for an unknown patient.
    """
    kept: dict[str, AttributeValue] = {}
    for allowed in _further(profile):
        value = _KEEP[allowed.kept](ds, allowed, pseudonymiser, shift_group)
        if value is not None:
            kept[allowed.name] = value
    return kept


@cache
def _further(profile: Profile) -> tuple[AllowedAttribute, ...]:
    return tuple(
        allowed
        for allowed in read_allow_list()
        if allowed.field == "attributes" and profile in allowed.profiles
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


_KEEP: Mapping[str, Callable[[Dataset, AllowedAttribute, Pseudonymiser, str], AttributeValue | None]] = (
    MappingProxyType({"coded": _coded, "date_shifted": _date_shifted, "number": _number, "uid": _uid})
)
