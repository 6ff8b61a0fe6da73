"""Body parts: from what stands in a header, or does not, to one canonical term.

(0018,0015) Body Part Examined is free in practice: blank, cut at 16 characters, misspelt, in the language
of the site, or the name of a protocol. It is mapped to the terms of PS3.16 Annex L. When it says
nothing, other attributes are asked in the order of `SOURCES`; they are read in memory and only the
term they lead to is kept. Rules, with the confidence they give:

    exact, synonym              the whole text is a term, or a known word for one
    phrase                      one region is named among other words
    combined                    several regions that have a term together (CHEST/ABDOMEN)
    common_region               several regions that lie in one (TIBIA, FOOT: LEG)
    truncated                   the last word is cut off where the attribute ends
    misspelt                    one letter away from one known word
    ambiguous                   several regions that do not: the first is kept, when no other text helps
    anatomic_region_code, ...   taken from that source; with "_ambiguous" when it named several
    unknown                     nothing is known; the value is None
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from types import MappingProxyType

from imaging.body_part_terms import ORIGINAL_CLASS_NAMES, read_vocabulary
from imaging.findings import SITE_CONFIDENCE, SITE_RULE, WHOLE_RULES, Cleaned, Finding
from imaging.source_texts import LONGEST_TEXT, normalise_text, split_words
from imaging.unspaced_words import cut_unspaced

__all__ = [
    "ORIGINAL_CLASSES",
    "ORIGINAL_CLASS_NAMES",
    "SOURCES",
    "clean_body_part",
    "clean_class_folder",
    "contradict",
    "find_region",
    "find_region_code",
    "settle_body_part",
]

ORIGINAL_CLASSES: Mapping[str, str] = read_vocabulary().original_classes
"""Canonical term to one of `ORIGINAL_CLASS_NAMES`; terms without a class are missing."""

PRIMARY, CODE = "body_part_examined", "anatomic_region_code"

SOURCES: Mapping[str, float] = MappingProxyType(
    {
        "acquisition_device_processing": 0.8,
        "protocol": 0.75,
        "series_description": 0.7,
        "procedure_code": 0.7,
        "performed_procedure": 0.65,
        "requested_procedure": 0.65,
        "procedure_meaning": 0.65,
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
        "misspelt": 0.6,
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
# How a patient lies in the gantry names no region, nor does the French for a frontal view.
_POSITIONS = re.compile(
    r"\b(HEAD|FEET|FOOT)\s*(FIRST|IN|OUT)\b|\bDE\s+FACE\b|\bFACE\W+(ET\W+)?(DE\W+)?PROFIL\b", re.IGNORECASE
)
_CUT_LENGTHS = frozenset({15, 16})  # PS3.5 6.2: a CS value ends at 16 characters
_SHORTEST_CUT_WORD = 3
_SHORTEST_MISSPELT_WORD = 6

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


_UNKNOWN = Cleaned(None, None, "unknown", 0.0)


def clean_body_part(
    text: str | None,
    *,
    anatomic_region_codes: Iterable[str] = (),
    texts: Mapping[str, str | None] = MappingProxyType({}),
    is_mammography: bool = False,
) -> Cleaned:
    """Return the region that an image shows.

    Args:
        text: (0018,0015) Body Part Examined.
        anatomic_region_codes: SNOMED codes of the anatomic region and primary structure sequences.
        texts: name of a source (a key of `SOURCES`) to its text, for when `text` says nothing.
        is_mammography: the modality or the view is one of mammography.

    Example:
        >>> clean_body_part("C SPINE")
        Cleaned(value='CSPINE', raw='C SPINE', rule='synonym', confidence=0.95)
        >>> clean_body_part("", texts={"study_description": "RX Bacino AP"}).value
        'PELVIS'
        >>> clean_body_part("Mr. Miller")
        Cleaned(value=None, raw=None, rule='unknown', confidence=0.0)
    """
    found = {source: find_region(text) for source, text in texts.items() if text}
    found[PRIMARY] = find_region(text or "", is_attribute=True)
    found[CODE] = find_region_code(anatomic_region_codes)
    known = {source: finding for source, finding in found.items() if finding is not None}
    return settle_body_part(known, raw=normalise_text(text or ""), is_mammography=is_mammography)


def settle_body_part(
    found: Mapping[str, Finding], *, raw: str | None = None, is_mammography: bool = False
) -> Cleaned:
    """Return what the findings of all sources come to.

    Args:
        found: source to what it led to.
        raw: the words of Body Part Examined; kept when all of them are in the vocabulary.
        is_mammography: as `clean_body_part`.
    """
    primary = found.get(PRIMARY)
    kept = (raw or None) if primary is not None and primary.rule in WHOLE_RULES | {SITE_RULE} else None
    order = (PRIMARY, CODE, *SOURCES)
    for source in order:
        if source in found and found[source].rule == SITE_RULE:
            return Cleaned(found[source].term, kept, SITE_RULE, SITE_CONFIDENCE)
    if primary is not None and primary.rule != "ambiguous":
        return Cleaned(primary.term, kept, primary.rule, _RULE_CONFIDENCE[primary.rule])
    if CODE in found:
        return Cleaned(found[CODE].term, kept, CODE, _CODE_CONFIDENCE)
    if is_mammography:
        return Cleaned("BREAST", kept, "mammography", _VIEW_CONFIDENCE)
    return _ask_sources(found, kept)


def clean_class_folder(name: str) -> Cleaned:
    """Return the region that a class folder of plain pictures is named after.

    Example:
        >>> [clean_class_folder(name).value for name in ("CXR", "AbdomenCT", "BreastMRI", "yes")]
        ['CHEST', 'ABDOMEN', 'BREAST', None]
    """
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    found = find_region(spaced)
    if found is None:
        return _UNKNOWN
    return Cleaned(found.term, None, "class_folder", _RULE_CONFIDENCE[found.rule])


def find_region_code(codes: Iterable[str]) -> Finding | None:
    """Return the term of the first code that is registered for one."""
    known = read_vocabulary().codes
    return next((Finding(known[code], "code") for code in codes if code in known), None)


def contradict(first: str, second: str) -> bool:
    """Tell whether two terms cannot both be right: neither lies within the other.

    Example:
        >>> contradict("CHEST", "KNEE"), contradict("CHEST", "LUNG"), contradict("CHESTABDOMEN", "LIVER")
        (True, False, False)
    """
    if "WHOLEBODY" in {first, second}:
        return False
    return not any(
        one in _regions_around(other) or other in _regions_around(one)
        for one in (first, *_PARTS.get(first, ()))
        for other in (second, *_PARTS.get(second, ()))
    )


@cache
def _regions_around(term: str) -> frozenset[str]:
    return frozenset({term, *read_vocabulary().regions_above(term)})


def _ask_sources(found: Mapping[str, Finding], raw: str | None) -> Cleaned:
    for source, confidence in SOURCES.items():
        if source in found and found[source].rule != "ambiguous":
            return Cleaned(found[source].term, raw, source, confidence)
    if PRIMARY in found:
        return Cleaned(found[PRIMARY].term, raw, "ambiguous", _RULE_CONFIDENCE["ambiguous"])
    for source, confidence in SOURCES.items():
        if source in found:
            doubted = round(confidence * _AMBIGUOUS_FACTOR, 3)
            return Cleaned(found[source].term, raw, f"{source}_ambiguous", doubted)
    return _UNKNOWN


@lru_cache(maxsize=8192)
def find_region(text: str, *, is_attribute: bool = False) -> Finding | None:
    """Return the region that one text names, or None.

    Args:
        text: of any length.
        is_attribute: it is Body Part Examined, where a word may be cut off or misspelt.
    """
    vocabulary = read_vocabulary()
    words = cut_unspaced(split_words(_POSITIONS.sub(" ", text[:LONGEST_TEXT])))
    if not words:
        return None
    term = vocabulary.find_whole(words)
    if term is not None:
        return Finding(term, "exact" if text.strip("\x00 ").upper() == term else "synonym")
    named = _find_named(words)
    if len(named) > 1 and words[-1] == named[-1] == "FACE":
        named = named[:-1]  # the view again (RACHIS LOMBAIRE FACE)
    if named:
        return Finding(*_settle(named))
    cut = _complete_cut_word(text, words)
    if cut is not None:
        return Finding(cut, "truncated")
    near = _find_near(words) if is_attribute else None
    return None if near is None else Finding(near, "misspelt")


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
    """Return the only term that the last words, cut off by the attribute's length, can be the start of."""
    if len(text.rstrip("\x00 ")) not in _CUT_LENGTHS or len(words[-1]) < _SHORTEST_CUT_WORD:
        return None
    starts: dict[int, set[str]] = {}
    for phrase, term in read_vocabulary().phrases.items():
        for count in range(1, min(len(phrase), len(words)) + 1):
            begun = (*phrase[: count - 1], phrase[count - 1][: len(words[-1])])
            if words[-count:] == begun:
                starts.setdefault(count, set()).add(term)
    longest = starts[max(starts)] if starts else set()
    return longest.pop() if len(longest) == 1 else None


def _find_near(words: tuple[str, ...]) -> str | None:
    """Return the only term with a word that is one letter away from the text's only word."""
    word = "".join(words)
    if len(words) > 1 or len(word) < _SHORTEST_MISSPELT_WORD or not word.isalpha():
        return None
    terms = {
        term
        for form in (word, *_without_one(word))
        for known, term in _near_forms().get(form, ())
        if abs(len(known) - len(word)) <= 1
    }
    return terms.pop() if len(terms) == 1 else None


@cache
def _near_forms() -> dict[str, list[tuple[str, str]]]:
    """Return each long word of the vocabulary, whole and with one letter left out, with its term."""
    forms: dict[str, list[tuple[str, str]]] = {}
    for phrase, term in read_vocabulary().phrases.items():
        if len(phrase) == 1 and len(phrase[0]) >= _SHORTEST_MISSPELT_WORD:
            for form in {phrase[0], *_without_one(phrase[0])}:
                forms.setdefault(form, []).append((phrase[0], term))
    return forms


def _without_one(word: str) -> set[str]:
    return {word[:at] + word[at + 1 :] for at in range(len(word))}
