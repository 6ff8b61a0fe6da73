"""Site tables: what a site's own texts stand for, laid over our vocabularies.

A tab-separated file in UTF-8 with a heading line:

    field    body_part, view_position, image_laterality or modality
    text     a whole text as the site writes it; case, accents, blanks and punctuation do not count
    value    the canonical term, blank where the text says nothing
    source   optional: the attribute that the text stands in (`protocol`, ...); of all when blank

A line that leads to a term goes before everything of ours, in the order of the field's sources; a blank
value silences the text, so that the next source is asked. The rule in rows is `site`.
"""

from __future__ import annotations

import csv
import difflib
import io
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType

from foundation.contracts import Config
from foundation.errors import ConfigError
from foundation.fingerprints import fingerprint
from foundation.registries import unknown_name_message
from imaging.body_part_terms import read_vocabulary
from imaging.body_parts import CODE as REGION_CODE
from imaging.body_parts import PRIMARY as BODY_PART
from imaging.body_parts import SOURCES as BODY_PART_TEXTS
from imaging.lateralities import ATTRIBUTES, LATERALITIES
from imaging.lateralities import CODE as SIDE_CODE
from imaging.lateralities import ORIENTATION as PATIENT_ORIENTATION
from imaging.lateralities import PRIMARY as LATERALITY
from imaging.lateralities import TEXTS as LATERALITY_TEXTS
from imaging.modalities import PRIMARY as MODALITY
from imaging.modalities import modality_terms
from imaging.source_texts import normalise_text
from imaging.view_positions import CODE as VIEW_CODE
from imaging.view_positions import PRIMARY as VIEW
from imaging.view_positions import SOURCES as VIEW_TEXTS
from imaging.view_positions import VIEW_POSITIONS

COLUMN_SOURCES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "modality": (MODALITY,),
        "view_position": (VIEW, VIEW_CODE, *VIEW_TEXTS),
        "body_part": (BODY_PART, REGION_CODE, *BODY_PART_TEXTS),
        "image_laterality": (
            LATERALITY,
            *ATTRIBUTES,
            SIDE_CODE,
            VIEW,
            *LATERALITY_TEXTS,
            PATIENT_ORIENTATION,
        ),
    }
)
"""Cleaned column to the texts that it may come from, in their order."""

_TERMS: Mapping[str, Callable[[], frozenset[str]]] = MappingProxyType(
    {
        "body_part": lambda: read_vocabulary().terms,
        "image_laterality": lambda: LATERALITIES,
        "modality": modality_terms,
        "view_position": lambda: VIEW_POSITIONS,
    }
)
_HEADINGS = ("field", "text", "value")
_LARGEST_LINES = 100_000


def canonical_terms(column: str) -> frozenset[str]:
    """Return every term that a cleaned column can hold."""
    return _TERMS[column]()


class SiteTable(Config):
    r"""One or several site tables, read.

    Attributes:
        lines: (column, source or blank, normalised text, term or blank), sorted.

    Example:
        >>> table = parse_site_table("field\ttext\tvalue\nbody_part\tTHX-01\tCHEST\n", origin="x")
        >>> table.find("body_part", "protocol", "thx 01")
        'CHEST'
    """

    lines: tuple[tuple[str, str, str, str], ...] = ()

    @property
    def sha256(self) -> str:
        """The fingerprint of what the tables say, for the run's record."""
        return fingerprint([list(line) for line in self.lines])

    def find(self, column: str, source: str, text: str) -> str | None:
        """Return the term of a text, blank where the table silences it, None where it is not listed."""
        if not self.lines:
            return None
        by_text = _arrange(self.lines)
        normalised = normalise_text(text)
        own = by_text.get((column, source, normalised))
        return own if own is not None else by_text.get((column, "", normalised))


@lru_cache(maxsize=8)
def _arrange(lines: tuple[tuple[str, str, str, str], ...]) -> dict[tuple[str, str, str], str]:
    return {(column, source, text): term for column, source, text, term in lines}


def join_site_tables(tables: Iterable[SiteTable]) -> SiteTable:
    """Return tables as one; of two lines for one text, the later table's counts."""
    joined: dict[tuple[str, str, str], str] = {}
    for table in tables:
        joined.update(_arrange(table.lines))
    return SiteTable(lines=tuple(sorted((*key, term) for key, term in joined.items())))


def parse_site_table(content: str, *, origin: str) -> SiteTable:
    """Return the table that a file holds.

    Args:
        content: the file's text.
        origin: what messages call it.

    Raises:
        ConfigError: a missing heading, or a line that cannot be; it names the line.
    """
    reader = csv.reader(io.StringIO(content.removeprefix("\ufeff")), delimiter="\t", quoting=csv.QUOTE_NONE)
    headings = [heading.strip().lower() for heading in next(reader, [])]
    missing = [heading for heading in _HEADINGS if heading not in headings]
    if missing:
        raise ConfigError(
            f"{origin} is no site table: expected a first line with the headings field, text, value and "
            f"optionally source, split by tabs. Missing: {', '.join(missing)}."
        )
    found: dict[tuple[str, str, str], str] = {}
    for number, cells in enumerate(reader, start=2):
        if number > _LARGEST_LINES:
            raise ConfigError(f"{origin} is longer than {_LARGEST_LINES:,} lines: split it into several.")
        if not any(cell.strip() for cell in cells) or cells[0].lstrip().startswith("#"):
            continue
        line = dict(zip(headings, (cell.strip() for cell in cells), strict=False))
        key, term = _parse_line(line, f"{origin}, line {number}")
        if found.setdefault(key, term) != term:
            raise ConfigError(
                f"{origin}, line {number}: the text leads to two terms, {found[key] or 'none'} and "
                f"{term or 'none'}. Keep one of the lines."
            )
    return SiteTable(lines=tuple(sorted((*key, term) for key, term in found.items())))


def _parse_line(line: Mapping[str, str], place: str) -> tuple[tuple[str, str, str], str]:
    column = line.get("field", "").lower()
    column = {"laterality": "image_laterality", "view": "view_position"}.get(column, column)
    if column not in COLUMN_SOURCES:
        raise ConfigError(f"{place}: {unknown_name_message(COLUMN_SOURCES, column, kind='field')}")
    source = line.get("source", "").lower()
    if source and source not in COLUMN_SOURCES[column]:
        message = unknown_name_message(COLUMN_SOURCES[column], source, kind=f"source of {column}")
        raise ConfigError(f"{place}: {message}")
    text = normalise_text(line.get("text", ""))
    if not text:
        raise ConfigError(f"{place}: the text has neither letters nor digits, so nothing could equal it.")
    term = line.get("value", "").upper()
    if term and term not in canonical_terms(column):
        near = difflib.get_close_matches(term, sorted(canonical_terms(column)), n=3)
        raise ConfigError(
            f'{place}: "{term}" is no term of {column}. Nearest: {", ".join(near) or "none"}; '
            "docs/cleaning.md says where all of them stand."
        )
    return (column, source, text), term
