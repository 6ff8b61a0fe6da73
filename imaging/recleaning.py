"""Cleaned columns settled again from what rows hold: the terms found once, and the keyed hashes of texts.

A text itself is gone. What can be looked up again is what a whole text stands for: each text of a site's
tables and each phrase of our vocabularies is hashed with the key and held against the row's hashes. Where
our vocabulary once found a region among other words of a text, that finding is kept as it was read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from imaging import lateralities, modalities, view_positions
from imaging.body_part_terms import read_vocabulary
from imaging.cleaned_columns import COLUMNS, finder, settle_columns, to_sources
from imaging.findings import SITE_RULE, WHOLE_RULES, Cleaned, Finding
from imaging.pseudonyms import Pseudonymiser
from imaging.site_tables import COLUMN_SOURCES, SiteTable, canonical_terms
from imaging.source_texts import normalise_text

GIVEN_RULES = frozenset({"class_folder", "label_table"})
"""Rules of values that people gave: cleaning anew leaves them alone."""


@dataclass(frozen=True)
class StoredColumns:
    """What a row holds of its four columns.

    Args:
        columns: name to what stands in the row.
        sources: `instance.cleaning_sources`.
        sop_class_uid: of the row.
    """

    columns: Mapping[str, Cleaned]
    sources: Mapping[str, Any]
    sop_class_uid: str | None


@dataclass(frozen=True)
class Recleaned:
    """What the row should hold.

    Args:
        columns: name to value, raw text, rule and confidence.
        sources: for `instance.cleaning_sources`.
        kept_as_read: columns whose value comes from a text that could not be looked up again.
        still_unknown: columns that ask for a value: their own attribute, or for body part any of its
            texts, says something that no vocabulary and no table knows.
    """

    columns: Mapping[str, Cleaned]
    sources: Mapping[str, Any]
    kept_as_read: tuple[str, ...]
    still_unknown: tuple[str, ...]


@dataclass(frozen=True)
class Phrasebook:
    """Hashes of every text that stands for a term as a whole.

    Args:
        ours: column and source to hash to finding and text.
        site: (column, source or blank) to hash to term and text.
    """

    ours: Mapping[tuple[str, str], Mapping[str, tuple[Finding, str]]] = field(default_factory=dict)
    site: Mapping[tuple[str, str], Mapping[str, tuple[str, str]]] = field(default_factory=dict)

    def find_ours(self, column: str, source: str, key: str) -> tuple[Finding, str] | None:
        """Return what our vocabulary has for a hashed text."""
        return self.ours.get((column, source), {}).get(key)

    def find_site(self, column: str, source: str, key: str) -> tuple[str, str] | None:
        """Return what the site's tables have for a hashed text; those of the source come first."""
        own = self.site.get((column, source), {}).get(key)
        return own if own is not None else self.site.get((column, ""), {}).get(key)


def make_phrasebook(pseudonymiser: Pseudonymiser, site_table: SiteTable) -> Phrasebook:
    """Return the hashes of all phrases of our vocabularies and of a site's tables."""
    texts = {text for known in _read_phrases().values() for text in known}
    keys = {text: pseudonymiser.text_key(text) for text in texts}
    hashed = {
        group: {keys[text]: (finding, text) for text, finding in known.items()}
        for group, known in _read_phrases().items()
    }
    ours = {
        (column, source): hashed[column, finder(column, source)]
        for column, sources in COLUMN_SOURCES.items()
        for source in sources
    }
    site: dict[tuple[str, str], dict[str, tuple[str, str]]] = {}
    for column, source, text, term in site_table.lines:
        site.setdefault((column, source), {})[pseudonymiser.text_key(text)] = (term, text)
    return Phrasebook(ours, site)


def reclean_columns(stored: StoredColumns, phrasebook: Phrasebook) -> Recleaned:
    """Return what a row's columns come to by the present vocabularies and tables.

    A value that a class folder or a label table gave stays.

    Args:
        stored: what the row holds.
        phrasebook: from `make_phrasebook`.
    """
    texts: Mapping[str, str] = stored.sources.get("texts", {})
    recorded = _recorded_findings(stored.sources)
    found: dict[str, dict[str, Finding]] = {}
    site: dict[str, dict[str, str]] = {}
    raws: dict[str, str | None] = {}
    for column in COLUMNS:
        found[column], site[column] = dict(recorded.get(column, {})), {}
        for source in COLUMN_SOURCES[column]:
            if source in texts:
                of_site = phrasebook.find_site(column, source, texts[source])
                if of_site is not None:
                    site[column][source] = of_site[0]
                ours = phrasebook.find_ours(column, source, texts[source])
                # The hash does not tell a term from its other spellings; the row does.
                if ours is not None and _term_of(found[column], source) != ours[0].term:
                    found[column][source] = ours[0]
        raws[column] = _raw_of(column, stored, phrasebook, found[column])
    _tell_class(found, stored.sop_class_uid)
    columns = settle_columns(found, site=site, raws=raws, sop_class_uid=stored.sop_class_uid)
    kept = {
        column: stored.columns[column] if stored.columns[column].rule in GIVEN_RULES else columns[column]
        for column in COLUMNS
    }
    return Recleaned(
        columns=kept,
        sources=to_sources(texts, found, site),
        kept_as_read=tuple(
            column
            for column in COLUMNS
            if _is_as_read(column, kept[column], texts=texts, found=found[column], phrasebook=phrasebook)
        ),
        still_unknown=tuple(
            column
            for column in COLUMNS
            if kept[column].rule == "unknown" and any(source in texts for source in COLUMN_SOURCES[column])
        ),
    )


@cache
def _read_phrases() -> dict[tuple[str, Callable[[str], Finding | None]], dict[str, Finding]]:
    """Return what each phrase of our vocabularies leads to, by column and by what finds it."""
    known: dict[tuple[str, Callable[[str], Finding | None]], dict[str, Finding]] = {}
    for column, sources in COLUMN_SOURCES.items():
        for find in {finder(column, source) for source in sources}:
            found = {text: find(text) for text in sorted(_phrases_of(column))}
            known[column, find] = {
                normalise_text(text): finding for text, finding in found.items() if finding is not None
            }
    return known


def _phrases_of(column: str) -> frozenset[str]:
    if column == "body_part":
        vocabulary = read_vocabulary()
        named = (" ".join(words) for words in (*vocabulary.phrases, *vocabulary.whole_phrases))
        return frozenset({*named, *vocabulary.terms, *vocabulary.codes})
    if column == "view_position":
        return view_positions.view_words() | frozenset(view_positions.VIEW_CODES)
    if column == "image_laterality":
        return lateralities.laterality_words()
    return modalities.modality_words()


def _recorded_findings(sources: Mapping[str, Any]) -> dict[str, dict[str, Finding]]:
    """Return the findings of a row whose terms our vocabularies still have."""
    return {
        column: {
            source: Finding(term, rule)
            for source, (term, rule) in by_source.items()
            if term in canonical_terms(column)
        }
        for column, by_source in sources.get("found", {}).items()
    }


def _term_of(found: Mapping[str, Finding], source: str) -> str | None:
    return found[source].term if source in found else None


def _raw_of(
    column: str, stored: StoredColumns, phrasebook: Phrasebook, found: Mapping[str, Finding]
) -> str | None:
    """Return the words of the column's own attribute when a vocabulary or a table holds all of them.

    Blank when something else is written, None when nothing is.
    """
    primary = COLUMN_SOURCES[column][0]
    key = stored.sources.get("texts", {}).get(primary)
    if key is None:
        return None
    for listed in (phrasebook.find_site(column, primary, key), phrasebook.find_ours(column, primary, key)):
        if listed is not None:
            return listed[1]
    known = found.get(primary)
    raw = stored.columns[column].raw
    if known is not None and known.rule in WHOLE_RULES and raw is not None:
        return raw
    return ""


def _tell_class(found: dict[str, dict[str, Finding]], sop_class_uid: str | None) -> None:
    of_class = modalities.find_modality_of_class(sop_class_uid)
    found["modality"].pop(modalities.SOP_CLASS, None)
    if of_class is not None:
        found["modality"][modalities.SOP_CLASS] = of_class


def _is_as_read(
    column: str,
    cleaned: Cleaned,
    *,
    texts: Mapping[str, str],
    found: Mapping[str, Finding],
    phrasebook: Phrasebook,
) -> bool:
    """Tell whether a value rests on texts of which nobody can say any more what they were."""
    if cleaned.value is None or cleaned.rule in {SITE_RULE, None, *GIVEN_RULES}:
        return False
    givers = [
        source for source, finding in found.items() if finding.term == cleaned.value and source in texts
    ]
    return bool(givers) and not any(phrasebook.find_ours(column, source, texts[source]) for source in givers)
