"""Modalities: from (0008,0060) Modality, or the SOP class where it is blank, to one defined term.

Retired terms and what people write instead lead to the terms of PS3.3 C.7.3.1.1.1; modalities.tsv holds
them, and which SOP class stands for which modality. Rules, with the confidence they give:

    exact                   a defined term
    synonym                 a known word for one (NMR: MR)
    retired                 a term that DICOM has retired (FA: OP)
    generic                 a word for several (X-RAY); the SOP class decides where it can
    sop_class               blank or unknown, told by the SOP class
    contradicts_sop_class   the term is kept, but the SOP class is one of another modality
    unknown                 something is written, and nothing is known of it
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from imaging.findings import (
    NOTHING,
    SITE_CONFIDENCE,
    SITE_RULE,
    WHOLE_RULES,
    Cleaned,
    Finding,
)
from imaging.source_texts import normalise_text
from imaging.tables import read_table

PRIMARY, SOP_CLASS = "modality", "sop_class"

_CONFIDENCE = MappingProxyType(
    {
        "exact": 1.0,
        "synonym": 0.95,
        "retired": 0.95,
        "generic": 0.6,
        SOP_CLASS: 0.9,
        "contradicts_sop_class": 0.5,
    }
)


@dataclass(frozen=True, slots=True)
class _Tables:
    """The lines of modalities.tsv, arranged for look-up."""

    terms: frozenset[str]
    words: Mapping[str, Finding]
    classes: Mapping[str, tuple[str, frozenset[str]]]


def modality_terms() -> frozenset[str]:
    """Return every term that Modality can be cleaned to."""
    return _read_tables().terms


def modality_words() -> frozenset[str]:
    """Return every text, normalised, that leads to a term."""
    return frozenset(_read_tables().words)


def find_modality(text: str) -> Finding | None:
    """Return the term that (0008,0060) Modality stands for, or None.

    Example:
        >>> find_modality("ct "), find_modality("X-RAY")
        (Finding(term='CT', rule='exact'), Finding(term='DX', rule='generic'))
    """
    return _read_tables().words.get(normalise_text(text))


def find_modality_of_class(sop_class_uid: str | None) -> Finding | None:
    """Return the modality that images of a SOP class have, or None where it may be any.

    Example:
        >>> find_modality_of_class("1.2.840.10008.5.1.4.1.1.2")
        Finding(term='CT', rule='sop_class')
    """
    known = _read_tables().classes.get(sop_class_uid or "")
    return Finding(known[0], SOP_CLASS) if known else None


def contradict(modality: str, sop_class_uid: str | None) -> bool:
    """Tell whether images of a SOP class cannot have a modality.

    Example:
        >>> contradict("MR", "1.2.840.10008.5.1.4.1.1.2"), contradict("DX", "1.2.840.10008.5.1.4.1.1.1")
        (True, False)
    """
    known = _read_tables().classes.get(sop_class_uid or "")
    return known is not None and modality not in known[1]


def settle_modality(
    found: Mapping[str, Finding], *, raw: str | None = None, sop_class_uid: str | None = None
) -> Cleaned:
    """Return what Modality and the SOP class come to.

    Args:
        found: source to what it led to.
        raw: the words of Modality; kept when they are in the vocabulary; None where nothing is
            written.
        sop_class_uid: of the image.

    Example:
        >>> settle_modality({"modality": find_modality("NMR")}, raw="NMR")
        Cleaned(value='MR', raw='NMR', rule='synonym', confidence=0.95)
    """
    written, told = found.get(PRIMARY), found.get(SOP_CLASS)
    kept = (raw or None) if written is not None and written.rule in WHOLE_RULES | {SITE_RULE} else None
    if written is not None and written.rule == SITE_RULE:
        return Cleaned(written.term, kept, SITE_RULE, SITE_CONFIDENCE)
    if written is None or (written.rule == "generic" and told is not None):
        if told is None:
            return Cleaned(None, None, "unknown", 0.0) if raw is not None else NOTHING
        return Cleaned(told.term, kept, SOP_CLASS, _CONFIDENCE[SOP_CLASS])
    rule = "contradicts_sop_class" if contradict(written.term, sop_class_uid) else written.rule
    return Cleaned(written.term, kept, rule, _CONFIDENCE[rule])


@cache
def _read_tables() -> _Tables:
    terms: set[str] = set()
    words: dict[str, Finding] = {}
    classes: dict[str, tuple[str, frozenset[str]]] = {}
    for line in read_table("modalities.tsv"):
        term = line["term"]
        terms.add(term)
        words[term] = Finding(term, "exact")
        for rule in ("synonym", "retired", "generic"):
            for text in filter(None, (text.strip() for text in line[rule].split(";"))):
                words[normalise_text(text)] = Finding(term, rule)
        for uid in line["sop_classes"].split():
            classes[f"1.2.840.10008.5.1.4.1.1.{uid}"] = (term, frozenset({term, *line["also"].split()}))
    return _Tables(frozenset(terms), MappingProxyType(words), MappingProxyType(classes))
