"""The allow-list as a table: attributes.tsv, and a site's own table over it.

attributes.tsv has a line for each kept attribute; what has no line is dropped, whatever it is.

    keyword    of the DICOM dictionary
    kept       how (see below)
    profiles   the privacy profiles and options that keep it (`identified` keeps what `research` does)
    field      the `Header` field it ends in, "attributes" for the dict of further ones
    values     for "coded" and "words": the words that are kept, a blank within a word written "_";
               for "number" and "year": the range, ends included
    note       why it may be kept

    uid                pseudonym by keyed hash
    well_known_uid     as it is, only when DICOM registers it
    patient_key, accession_key, site_code    keyed hash of the normalised text
    date_shifted       moved by the patient's days
    year, age          year as it is; age in years, 90 for all over 89
    coded              only words of the line
    words              the words of a text that the line names, in their order
    number             only numbers within the range: a number can also be a telephone's
    mapped             led to a vocabulary of ours in memory; the text itself is not kept
    model              only text that looks like a product name
    text, true_uid, date, time    as it is; by option only

A site's table has the same columns. A line of it takes the place of ours for the same attribute and
field; `drop` takes ours away; a new line may only end in "attributes", in a way that cannot carry free
text: coded, number, uid or date_shifted.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from types import MappingProxyType

from pydicom.datadict import dictionary_VR, tag_for_keyword

from foundation.errors import ConfigError
from imaging.profile_options import OPTIONS, PROFILES, KeepRules
from imaging.tables import read_table

ALLOW_LIST_FILE = "attributes.tsv"
COLUMNS = ("keyword", "kept", "profiles", "field", "values", "note")

_LARGEST_NUMBER = 100_000_000
_SPLIT_NAME = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
# Keywords whose capitals hide where a word begins.
_SNAKE_CASE = MappingProxyType(
    {
        "CTDIvol": "ctdi_vol",
        "ExposureInuAs": "exposure_in_uas",
        "OtherPatientIDs": "other_patient_ids",
        "VOILUTFunction": "voi_lut_function",
        "XRayTubeCurrent": "x_ray_tube_current",
    }
)
_NAMES_BY_KIND: Mapping[str, str] = MappingProxyType(
    {"date_shifted": "{}_shifted", "true_uid": "original_{}", "words": "{}_words"}
)

# What a site may change besides the dict of further attributes; the rest holds the house up.
_SITE_FIELDS = frozenset(
    {"accession_key", "attributes", "manufacturer", "manufacturer_model_name", "patient_age_years"}
    | {"patient_sex", "site_code", "study_date_shifted", "study_year"}
)
_SITE_KINDS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "coded": frozenset({"CS", "LO", "SH"}),
        "date_shifted": frozenset({"DA"}),
        "number": frozenset({"DS", "FD", "FL", "IS", "SL", "SS", "SV", "UL", "US", "UV"}),
        "uid": frozenset({"UI"}),
    }
)
"""How a site may keep what we do not, and the value representations that it takes."""


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
    def tag(self) -> str:
        """The tag as the standard writes it."""
        tag = tag_for_keyword(self.keyword) or 0
        return f"({tag >> 16:04X},{tag & 0xFFFF:04X})"

    @property
    def name(self) -> str:
        """The keyword in snake case; what is another thing than the attribute says so."""
        return _NAMES_BY_KIND.get(self.kept, "{}").format(snake_case(self.keyword))


def snake_case(keyword: str) -> str:
    """Return a DICOM keyword as it is written in Python, SQL and JSON.

    Example:
        >>> snake_case("SOPInstanceUID"), snake_case("KVP"), snake_case("ImagePositionPatient")
        ('sop_instance_uid', 'kvp', 'image_position_patient')
    """
    return _SNAKE_CASE.get(keyword) or _SPLIT_NAME.sub("_", keyword).lower()


@lru_cache(maxsize=8)
def read_allow_list(site_table: str = "") -> tuple[AllowedAttribute, ...]:
    """Return the lines of attributes.tsv with a site's own over them.

    Args:
        site_table: the text of the site's table; blank for none.

    Raises:
        ConfigError: the site's table cannot be read, or keeps what it may not.
    """
    own = tuple(_parse_line(line) for line in read_table(ALLOW_LIST_FILE))
    return _overlay(own, read_site_table(site_table)) if site_table else own


@cache
def allow_list_sha256() -> str:
    """Return the SHA-256 of attributes.tsv, by which a run records what was kept."""
    return hashlib.sha256(Path(__file__).with_name(ALLOW_LIST_FILE).read_bytes()).hexdigest()


def read_site_table(text: str) -> tuple[AllowedAttribute, ...]:
    r"""Return the lines of a site's table, each checked.

    Raises:
        ConfigError: naming the line, what is wrong with it and what is expected.

    Example:
        >>> header = "keyword\tkept\tprofiles\tfield\tvalues\tnote\n"
        >>> read_site_table(header + "Sex\tcoded\tresearch\tattributes\tM F\tfor us")
        Traceback (most recent call last):
        foundation.errors.ConfigError: Allow-list line 2: DICOM has no attribute with the keyword "Sex".
    """
    rows = csv.reader(io.StringIO(text.lstrip("\ufeff")), delimiter="\t", quoting=csv.QUOTE_NONE)
    heading = tuple(next(rows, ()))
    if heading != COLUMNS:
        raise ConfigError(
            f"The allow-list is no table of ours. Expected a first line with the columns {', '.join(COLUMNS)}"
            ", split by tabs, as in imaging/attributes.tsv."
        )
    lines = []
    for number, cells in enumerate(rows, start=2):
        if any(cell.strip() for cell in cells):
            lines.append(_read_site_line(cells, number))
    return tuple(lines)


def _read_site_line(cells: Sequence[str], number: int) -> AllowedAttribute:
    if len(cells) != len(COLUMNS):
        raise _line_error(number, f"expected {len(COLUMNS)} cells split by tabs. Received: {len(cells)}")
    line = {name: cell.strip() for name, cell in zip(COLUMNS, cells, strict=True)}
    if tag_for_keyword(line["keyword"]) is None:
        raise _line_error(number, f'DICOM has no attribute with the keyword "{line["keyword"]}"')
    if line["field"] not in _SITE_FIELDS:
        raise _line_error(
            number, f'the field "{line["field"]}" is not a site\'s. Expected: {_listed(_SITE_FIELDS)}'
        )
    unknown = set(line["profiles"].split()) - {*PROFILES, *OPTIONS}
    if unknown or (not line["profiles"] and line["kept"] != "drop"):
        raise _line_error(number, f"expected profiles or options: {_listed({*PROFILES, *OPTIONS})}")
    return _parse_site_line(line, number)


def _parse_site_line(line: Mapping[str, str], number: int) -> AllowedAttribute:
    try:
        allowed = _parse_line(line)
    except ValueError as error:
        raise _line_error(number, "the range has to be two numbers, such as 0..100") from error
    if allowed.kept == "drop" or _is_ours(allowed):
        return allowed
    vr = dictionary_VR(allowed.keyword)
    if allowed.field != "attributes" or vr not in _SITE_KINDS.get(allowed.kept, ()):
        raise _line_error(
            number,
            f'"{allowed.keyword}" ({vr}) cannot be kept as "{allowed.kept}": free text stays out. Expected '
            "coded (CS, LO, SH), number, uid or date_shifted in the field attributes, or drop",
        )
    return _checked_site_line(allowed, number)


def _is_ours(allowed: AllowedAttribute) -> bool:
    """Tell whether the line only gives a line of ours, one with a field of its own, other profiles."""
    ours = next((one for one in read_allow_list() if _place(one) == _place(allowed)), None)
    if ours is None or ours.field == "attributes":
        return False
    said = (allowed.words, allowed.smallest, allowed.largest)
    return said == (ours.words, ours.smallest, ours.largest)


def _checked_site_line(allowed: AllowedAttribute, number: int) -> AllowedAttribute:
    if allowed.kept == "coded" and not allowed.words:
        raise _line_error(number, "a coded attribute needs the words that are kept, in the column values")
    is_wide = max(abs(allowed.smallest), abs(allowed.largest)) > _LARGEST_NUMBER
    if allowed.kept == "number" and (allowed.smallest >= allowed.largest or is_wide):
        raise _line_error(number, f"a number needs a range within ±{_LARGEST_NUMBER:,}, such as 0..100")
    # The 100 millionth second is not a name, but a date of birth moved by half a year nearly is.
    if allowed.kept == "date_shifted" and _group_of(allowed.keyword) == _PATIENT_GROUP:
        raise _line_error(number, f"{allowed.keyword} is a date of the patient's life, and stays out")
    return allowed


_PATIENT_GROUP = 0x0010


def _group_of(keyword: str) -> int:
    return (tag_for_keyword(keyword) or 0) >> 16


def _place(allowed: AllowedAttribute) -> tuple[str, str, str]:
    return allowed.keyword, allowed.field, allowed.kept


def _overlay(
    own: tuple[AllowedAttribute, ...], site: tuple[AllowedAttribute, ...]
) -> tuple[AllowedAttribute, ...]:
    replaced = {_place(line) for line in site}
    dropped = {(line.keyword, line.field) for line in site if line.kept == "drop"}
    left = [
        line for line in own if _place(line) not in replaced and (line.keyword, line.field) not in dropped
    ]
    return (*left, *(line for line in site if line.kept != "drop"))


def _line_error(number: int, problem: str) -> ConfigError:
    return ConfigError(f"Allow-list line {number}: {problem}.")


def _listed(names: set[str] | frozenset[str]) -> str:
    return ", ".join(sorted(names))


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
    """Return our line of an attribute for one field.

    Raises:
        KeyError: the allow-list has no such line, so the attribute must not be read for the field.
    """
    for allowed in read_allow_list():
        if (allowed.keyword, allowed.field) == (keyword, field):
            return allowed
    raise KeyError(f"attributes.tsv has no line for {keyword} in {field}")


@lru_cache(maxsize=512)
def is_kept(keyword: str, field: str, rules: KeepRules) -> bool:
    """Return whether an attribute is kept in a field.

    Raises:
        KeyError: the allow-list has no such line, so the attribute must not be read for the field.

    Example:
        >>> is_kept("PatientAge", "patient_age_years", KeepRules("strict"))
        False
    """
    find_allowed(keyword, field)
    return any(
        rules.hold(line.profiles)
        for line in read_allow_list(rules.allow_list)
        if (line.keyword, line.field) == (keyword, field)
    )
