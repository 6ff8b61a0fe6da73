"""Projections: from (0018,5101) View Position, the view code or a text beside it, to one term.

view_positions.tsv holds the terms with their codes (PS3.16 CID 4010 and 4014) and what people write for
them. Rules, with the confidence they give:

    exact, synonym        the whole text is a term, or a known word for one
    phrase                one view is named among other words
    view_code             the code of the view
    series_description, ...   taken from that text, of projection radiographs only
    unknown               something is written, and nothing is known of it
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from types import MappingProxyType

from imaging.findings import NOTHING, SITE_CONFIDENCE, SITE_RULE, WHOLE_RULES, Cleaned, Finding
from imaging.source_texts import normalise_text, split_words
from imaging.tables import read_table
from imaging.unspaced_words import cut_unspaced

PRIMARY, CODE = "view_position", "view_code"

SOURCES: Mapping[str, float] = MappingProxyType(
    {
        "acquisition_device_processing": 0.75,
        "series_description": 0.7,
        "protocol": 0.7,
        "performed_procedure": 0.6,
    }
)
"""Texts asked when neither attribute nor code says anything, in this order."""

PROJECTION_MODALITIES = frozenset({"CR", "DX", "IO", "MG", "PX", "RF", "RG", "XA"})

_CONFIDENCE = MappingProxyType({"exact": 1.0, "synonym": 0.95, "phrase": 0.85, "mammography": 0.85})
_CODE_CONFIDENCE = 0.98
_SIDES = frozenset({"L", "R", "LEFT", "RIGHT", "LT", "RT", "LI", "RE", "LINKS", "RECHTS"})

# Terms that stand for one view seen more, or less, exactly.
_ALIKE = (
    frozenset({"FRONTAL", "AP", "PA", "DP", "PD"}),
    frozenset({"LATERAL", "LL", "RL", "ML", "LM"}),
    frozenset({"OBLIQUE", "LAO", "RAO", "LPO", "RPO", "RLO", "LLO", "MLO", "LMO", "SIO", "ISO"}),
    frozenset({"AXIAL", "TANGENTIAL", "CC", "XCCL", "XCCM", "CV"}),
)


@dataclass(frozen=True, slots=True)
class _Tables:
    """The lines of view_positions.tsv, arranged for look-up."""

    terms: frozenset[str]
    mammography: frozenset[str]
    codes: Mapping[str, str]
    words: Mapping[str, str]
    named: Mapping[tuple[str, ...], str]


def find_view(text: str) -> Finding | None:
    """Return the view that (0018,5101) View Position names, or None.

    Example:
        >>> [find_view(text).rule for text in ("pa ", "R CC", "PA erect 2")]
        ['exact', 'synonym', 'phrase']
    """
    joined = "".join(split_words(text))
    if joined in _read_tables().terms:
        return Finding(joined, "exact")
    term = _read_tables().words.get(joined) or _without_side(joined)
    if term is not None:
        return Finding(term, "synonym")
    return find_named_view(text)


@lru_cache(maxsize=8192)
def find_named_view(text: str) -> Finding | None:
    """Return the view that a description names, when it is the only one.

    Example:
        >>> find_named_view("Chest PA PA"), find_named_view("PA and LAT")
        (Finding(term='PA', rule='phrase'), None)
    """
    words = cut_unspaced(split_words(text))
    named = _read_tables().named
    found: dict[str, None] = {}
    start = 0
    while start < len(words):
        length = next((n for n in (3, 2, 1) if words[start : start + n] in named), 0)
        if length:
            found[named[words[start : start + length]]] = None
        elif side_view := _without_side(words[start]):
            found[side_view] = None
        start += max(length, 1)
    if len(found) != 1:
        return None
    term = next(iter(found))
    return Finding(term, "mammography" if term in MAMMOGRAPHY_VIEWS else "phrase")


def find_view_code(codes: Iterable[str]) -> Finding | None:
    """Return the view of the first code that is registered for one."""
    return next((Finding(VIEW_CODES[code], "code") for code in codes if code in VIEW_CODES), None)


def clean_view_position(
    text: str | None,
    *,
    codes: Iterable[str] = (),
    texts: Mapping[str, str | None] = MappingProxyType({}),
    modality: str | None = None,
) -> Cleaned:
    """Return the projection of an image.

    Args:
        text: (0018,5101) View Position.
        codes: code values of (0054,0220) View Code Sequence.
        texts: name of a source (a key of `SOURCES`) to its text.
        modality: cleaned; only projection radiographs have views in descriptions.

    Example:
        >>> clean_view_position("pa ").value, clean_view_position("", codes=["R-10226"]).value
        ('PA', 'MLO')
        >>> clean_view_position(None, texts={"series_description": "Chest PA"}, modality="CR").value
        'PA'
    """
    found = {source: find_named_view(words) for source, words in texts.items() if words}
    found[PRIMARY] = find_view(text or "")
    found[CODE] = find_view_code(codes)
    known = {source: finding for source, finding in found.items() if finding is not None}
    return settle_view(known, raw=normalise_text(text or "") or None, modality=modality)


def settle_view(found: Mapping[str, Finding], *, raw: str | None = None, modality: str | None) -> Cleaned:
    """Return what the findings of all sources come to.

    Args:
        found: source to what it led to.
        raw: the words of View Position; kept when all of them are in the vocabulary; None where nothing is
            written.
        modality: cleaned.
    """
    primary = found.get(PRIMARY)
    kept = (raw or None) if primary is not None and primary.rule in WHOLE_RULES | {SITE_RULE} else None
    for source in (PRIMARY, CODE, *SOURCES):
        if source in found and found[source].rule == SITE_RULE:
            return Cleaned(found[source].term, kept, SITE_RULE, SITE_CONFIDENCE)
    if primary is not None:
        rule = "phrase" if primary.rule == "mammography" else primary.rule
        return Cleaned(primary.term, kept, rule, _CONFIDENCE[rule])
    if CODE in found:
        return Cleaned(found[CODE].term, kept, CODE, _CODE_CONFIDENCE)
    for source, confidence in SOURCES.items():
        if source in found and counts(found[source], modality):
            return Cleaned(found[source].term, kept, source, confidence)
    return Cleaned(None, None, "unknown", 0.0) if raw is not None else NOTHING


def counts(finding: Finding, modality: str | None) -> bool:
    """Tell whether a view that a description names counts for images of a modality.

    The short codes of mammography mean other things elsewhere.
    """
    if finding.rule == "mammography":
        return modality == "MG"
    return modality in PROJECTION_MODALITIES


def contradict(first: str, second: str) -> bool:
    """Tell whether two views cannot both be right.

    Example:
        >>> contradict("AP", "PA"), contradict("PA", "FRONTAL"), contradict("LL", "LATERAL")
        (True, False, False)
    """
    general = {"FRONTAL", "LATERAL", "OBLIQUE", "AXIAL"}
    alike = any({first, second} <= group for group in _ALIKE) and bool(general & {first, second})
    return first != second and not alike


def view_words() -> frozenset[str]:
    """Return every text, normalised, that leads to a view as a whole."""
    tables = _read_tables()
    return frozenset({*tables.terms, *tables.words, *(" ".join(words) for words in tables.named)})


def _without_side(word: str) -> str | None:
    """Return the mammographic view of a text that names the breast with it (RCC, L MLO)."""
    for side in sorted(_SIDES, key=len, reverse=True):
        if word.startswith(side) and word[len(side) :] in MAMMOGRAPHY_VIEWS:
            return word[len(side) :]
    return None


@cache
def _read_tables() -> _Tables:
    lines = read_table("view_positions.tsv")
    words: dict[str, str] = {}
    named: dict[tuple[str, ...], str] = {}
    for line in lines:
        for text in (text.strip() for text in line["words"].split(";")):
            parts = split_words(text)
            if parts:
                words["".join(parts)] = line["term"]
            # "=" in front: it counts as a whole View Position only, and means other things in a description.
            if parts and not text.startswith("="):
                named[parts] = line["term"]
    return _Tables(
        terms=frozenset(line["term"] for line in lines),
        mammography=frozenset(line["term"] for line in lines if line["mammography"]),
        codes=MappingProxyType({code: line["term"] for line in lines for code in line["codes"].split()}),
        words=MappingProxyType(words),
        named=MappingProxyType(named),
    )


VIEW_POSITIONS: frozenset[str] = _read_tables().terms
MAMMOGRAPHY_VIEWS: frozenset[str] = _read_tables().mammography
VIEW_CODES: Mapping[str, str] = _read_tables().codes
