"""Body parts: from what stands in a header, or does not, to one canonical term.

(0018,0015) Body Part Examined is free in practice: blank, cut at 16 characters, in the language of
the site, or the name of a protocol. It is mapped to the terms of PS3.16 Annex L. When it says
nothing, other attributes are asked in the order of `SOURCES`; they are read in memory and only the
term they lead to is kept. Rules, with the confidence they give:

    exact, synonym              the whole text is a term, or a known word for one
    phrase                      one region is named among other words
    combined                    several regions that have a term together (CHEST/ABDOMEN)
    common_region               several regions that lie in one (TIBIA, FOOT: LEG)
    ambiguous                   several that do not: the first is kept
    truncated                   the last word is cut off where the attribute ends
    anatomic_region_code, ...   taken from that source; with "_ambiguous" when it named several
    unknown                     nothing is known; the value is None
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from imaging.body_part_terms import ORIGINAL_CLASS_NAMES, read_vocabulary, split_words

__all__ = [
    "ORIGINAL_CLASSES",
    "ORIGINAL_CLASS_NAMES",
    "SOURCES",
    "BodyPart",
    "clean_body_part",
    "clean_class_folder",
]

ORIGINAL_CLASSES: Mapping[str, str] = read_vocabulary().original_classes
"""Canonical term to one of `ORIGINAL_CLASS_NAMES`; terms without a class are missing."""

SOURCES: Mapping[str, float] = MappingProxyType(
    {
        "acquisition_device_processing": 0.8,
        "protocol": 0.75,
        "series_description": 0.7,
        "performed_procedure": 0.65,
        "requested_procedure": 0.65,
        "study_description": 0.6,
    }
)
"""Texts asked when Body Part Examined says nothing, in this order, with the confidence they give."""

_RULE_CONFIDENCE = MappingProxyType(
    {
        "exact": 1.0,
        "synonym": 0.95,
        "phrase": 0.85,
        "combined": 0.85,
        "common_region": 0.75,
        "truncated": 0.7,
        "ambiguous": 0.5,
    }
)
_CODE_CONFIDENCE = 0.98
_VIEW_CONFIDENCE = 0.9
_AMBIGUOUS_FACTOR = 0.6

# "HEAD OF PANCREAS": what follows is examined, not what stands before.
_OF = frozenset(
    {"OF", "DE", "DU", "DES", "DI", "DEL", "DELLA", "DELLO", "DO", "DA", "VON", "VOM", "DER", "VAN"}
)
_ARTICLES = frozenset({"THE", "LA", "LE", "L", "LES", "EL", "IL", "LO", "HET", "DEM"})
# How a patient lies in the gantry names no region.
_POSITIONS = re.compile(r"\b(HEAD|FEET|FOOT)\s*(FIRST|IN|OUT)\b", re.IGNORECASE)
_CUT_LENGTHS = frozenset({15, 16})  # PS3.5 6.2: a CS value ends at 16 characters
_SHORTEST_CUT_WORD = 3
_LONGEST_TEXT = 256

# Regions that have a term of their own together (PS3.16 table L-1).
_COMBINATIONS = MappingProxyType(
    {
        frozenset({"HEAD", "NECK"}): "HEADNECK",
        frozenset({"NECK", "CHEST"}): "NECKCHEST",
        frozenset({"CHEST", "ABDOMEN"}): "CHESTABDOMEN",
        frozenset({"ABDOMEN", "PELVIS"}): "ABDOMENPELVIS",
        frozenset({"CHEST", "ABDOMEN", "PELVIS"}): "CHESTABDPELVIS",
        frozenset({"CHEST", "PELVIS"}): "CHESTABDPELVIS",
        frozenset({"NECK", "CHEST", "ABDOMEN"}): "NECKCHESTABDOMEN",
        frozenset({"NECK", "CHEST", "ABDOMEN", "PELVIS"}): "NECKCHESTABDPELV",
        frozenset({"CSPINE", "TSPINE"}): "CTSPINE",
        frozenset({"TSPINE", "LSPINE"}): "TLSPINE",
        frozenset({"LSPINE", "SSPINE"}): "LSSPINE",
        frozenset({"RADIUS", "ULNA"}): "RADIUSULNA",
        frozenset({"TIBIA", "FIBULA"}): "TIBIAFIBULA",
    }
)

# The other way round; of two sets with one term, the larger says what it holds.
_PARTS = MappingProxyType(
    {term: parts for parts, term in sorted(_COMBINATIONS.items(), key=lambda c: len(c[0]))}
)


@dataclass(frozen=True)
class BodyPart:
    """What is known of the region that an image shows.

    Args:
        value: canonical term, or None.
        raw: Body Part Examined in upper case, only when it is in the vocabulary: it is free text.
        rule: how the value was found.
        confidence: 0 to 1; the order matters, not the figure.
    """

    value: str | None
    raw: str | None
    rule: str
    confidence: float


_UNKNOWN = BodyPart(None, None, "unknown", 0.0)


def clean_body_part(
    text: str | None,
    *,
    anatomic_region_codes: Iterable[str] = (),
    texts: Mapping[str, str | None] = MappingProxyType({}),
    is_mammography: bool = False,
) -> BodyPart:
    """Return the region that an image shows.

    Args:
        text: (0018,0015) Body Part Examined.
        anatomic_region_codes: SNOMED codes of the anatomic region and primary structure sequences.
        texts: name of a source (a key of `SOURCES`) to its text, for when `text` says nothing.
        is_mammography: the modality or the view is one of mammography.

    Example:
        >>> clean_body_part("C SPINE")
        BodyPart(value='CSPINE', raw='C SPINE', rule='synonym', confidence=0.95)
        >>> clean_body_part("", texts={"study_description": "RX Bacino AP"}).value
        'PELVIS'
        >>> clean_body_part("Mr. Miller")
        BodyPart(value=None, raw=None, rule='unknown', confidence=0.0)
    """
    found = _find_region(text or "")
    if found.value is not None:
        return found
    for code in anatomic_region_codes:
        term = read_vocabulary().codes.get(code)
        if term is not None:
            return BodyPart(term, None, "anatomic_region_code", _CODE_CONFIDENCE)
    if is_mammography:
        return BodyPart("BREAST", None, "mammography", _VIEW_CONFIDENCE)
    return _ask_sources(texts)


def clean_class_folder(name: str) -> BodyPart:
    """Return the region that a class folder of plain pictures is named after.

    Example:
        >>> [clean_class_folder(name).value for name in ("CXR", "AbdomenCT", "BreastMRI", "yes")]
        ['CHEST', 'ABDOMEN', 'BREAST', None]
    """
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    found = _find_region(spaced)
    if found.value is None:
        return _UNKNOWN
    return BodyPart(found.value, None, "class_folder", found.confidence)


def _ask_sources(texts: Mapping[str, str | None]) -> BodyPart:
    for source, confidence in SOURCES.items():
        found = _find_region(texts.get(source) or "")
        if found.value is not None and found.rule == "ambiguous":
            return BodyPart(
                found.value, None, f"{source}_ambiguous", round(confidence * _AMBIGUOUS_FACTOR, 3)
            )
        if found.value is not None:
            return BodyPart(found.value, None, source, confidence)
    return _UNKNOWN


@lru_cache(maxsize=4096)
def _find_region(text: str) -> BodyPart:
    """Return what one text says; `raw` is set only when all of it is in the vocabulary."""
    vocabulary = read_vocabulary()
    words = split_words(_POSITIONS.sub(" ", text[:_LONGEST_TEXT]))
    if not words:
        return _UNKNOWN
    term = vocabulary.whole_phrases.get(words) or vocabulary.phrases.get(words) or _match_joined(words)
    if term is not None:
        rule = "exact" if text.strip("\x00 ").upper() == term else "synonym"
        return BodyPart(term, " ".join(words), rule, _RULE_CONFIDENCE[rule])
    named = _find_named(words)
    if named:
        term, rule = _settle(named)
    else:
        term, rule = _complete_cut_word(text, words), "truncated"
    return BodyPart(term, None, rule, _RULE_CONFIDENCE[rule]) if term else _UNKNOWN


def _match_joined(words: tuple[str, ...]) -> str | None:
    """Match terms that the text writes apart ("L S SPINE", "HEAD_NECK")."""
    joined = "".join(words)
    return joined if joined in read_vocabulary().terms else None


def _find_named(words: tuple[str, ...]) -> list[str]:
    """Return the regions named in the text, in order, each once; longest phrase first at each place."""
    phrases, longest = read_vocabulary().phrases, read_vocabulary().longest_phrase
    named: list[str] = []
    start, is_after_of = 0, False
    while start < len(words):
        length = next(
            (
                n
                for n in range(min(longest, len(words) - start), 0, -1)
                if words[start : start + n] in phrases
            ),
            0,
        )
        if length:
            if is_after_of and named:
                named.pop()
            named.append(phrases[words[start : start + length]])
            start, is_after_of = start + length, False
            continue
        is_after_of = words[start] in _OF or (is_after_of and words[start] in _ARTICLES)
        start += 1
    return list(dict.fromkeys(named))


def _settle(named: list[str]) -> tuple[str, str]:
    """Return one term for the regions named, and the rule."""
    above = {term: read_vocabulary().regions_above(term) for term in named}
    # A region that another one lies within adds nothing: "ABDOMEN^LIVER" shows the liver.
    inner = [term for term in named if not any(term in regions for regions in above.values())]
    if len(inner) == 1:
        return inner[0], "phrase"
    parts = frozenset(part for term in inner for part in _PARTS.get(term, {term}))
    if parts in _COMBINATIONS:
        return _COMBINATIONS[parts], "combined"
    shared = [region for region in above[inner[0]] if all(region in above[term] for term in inner)]
    return (shared[0], "common_region") if shared else (named[0], "ambiguous")


def _complete_cut_word(text: str, words: tuple[str, ...]) -> str | None:
    """Return the only term that the last word, cut off by the attribute's length, can be the start of."""
    if len(text.rstrip("\x00 ")) not in _CUT_LENGTHS or len(words[-1]) < _SHORTEST_CUT_WORD:
        return None
    starts = {
        term
        for phrase, term in read_vocabulary().phrases.items()
        if len(phrase) == 1 and phrase[0].startswith(words[-1])
    }
    return starts.pop() if len(starts) == 1 else None
