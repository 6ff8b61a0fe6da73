"""Sides: from (0020,0062) Image Laterality, what stands in for it, or a word in a text, to R, L, U or B.

U is unpaired, B both. Texts count only for parts that the body has on each side: the left lateral view of
a chest shows no left chest. Rules, with the confidence they give:

    exact, synonym              one of the four letters, or a known word for one
    laterality, frame_laterality    the same, of the series or of the frames
    region_modifier_code        the code beside that of the region
    view_position               the view names the breast with it (RCC)
    protocol, ...               the only side that this text names
    patient_orientation         mammograms: where the breast lies in the picture
    unknown                     something is written, and nothing is known of it
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import pairwise
from types import MappingProxyType

from imaging.body_part_terms import read_vocabulary
from imaging.findings import NOTHING, SITE_CONFIDENCE, SITE_RULE, WHOLE_RULES, Cleaned, Finding
from imaging.source_texts import split_words
from imaging.unspaced_words import UNSPACED_SIDES, cut_unspaced
from imaging.view_positions import MAMMOGRAPHY_VIEWS, find_view

LATERALITIES = frozenset({"R", "L", "U", "B"})

PRIMARY, CODE, VIEW, ORIENTATION = (
    "image_laterality",
    "region_modifier_code",
    "view_position",
    "patient_orientation",
)
ATTRIBUTES: Mapping[str, float] = MappingProxyType({"laterality": 0.95, "frame_laterality": 0.95})
TEXTS: Mapping[str, float] = MappingProxyType(
    {
        "protocol": 0.7,
        "series_description": 0.7,
        "performed_procedure": 0.65,
        "requested_procedure": 0.65,
        "procedure_meaning": 0.65,
        "study_description": 0.6,
    }
)
"""Texts asked where no attribute says anything, in this order."""

_CONFIDENCE = MappingProxyType({"exact": 1.0, "synonym": 0.95})
_CODE_CONFIDENCE, _VIEW_CONFIDENCE, _ORIENTATION_CONFIDENCE = 0.95, 0.85, 0.6

# SNOMED CT and SNOMED RT codes of PS3.16 CID 244.
_CODES = MappingProxyType(
    {
        **dict.fromkeys(("24028007", "G-A100"), "R"),
        **dict.fromkeys(("7771000", "G-A101"), "L"),
        **dict.fromkeys(("51440002", "G-A102"), "B"),
        **dict.fromkeys(("66459002", "G-A103"), "U"),
    }
)
_RIGHT = (
    "RIGHT RT RGT RECHTS RECHTE RECHTER RECHTES DROIT DROITE DROITS DROITES DRT DTE DESTRA DESTRO"
    " DESTRI DESTRE DERECHA DERECHO DERECHAS DERECHOS DCHA DCHO DIREITA DIREITO DIREITAS DIREITOS"
    " ПРАВЫИ ПРАВАЯ ПРАВОЕ ПРАВОГО ПРАВОИ СПРАВА PRAWY PRAWA PRAWE PRAWEGO PRAWEJ HOGER HOJRE HOYRE SAG"
)
_LEFT = (
    "LEFT LT LFT LINKS LINKE LINKER LINKES GAUCHE GAUCHES GCHE SINISTRA SINISTRO SINISTRI SINISTRE"
    " SX IZQUIERDA IZQUIERDO IZQUIERDAS IZQUIERDOS IZQ IZDA IZDO ESQUERDA ESQUERDO ESQUERDAS ESQUERDOS"
    " ESQ ЛЕВЫИ ЛЕВАЯ ЛЕВОЕ ЛЕВОГО ЛЕВОИ СЛЕВА LEWY LEWA LEWE LEWEGO LEWEJ VANSTER VENSTRE SOL"
)
_BOTH = (
    "BOTH BILATERAL BILAT BIL BILATERALE BILATERALES BILATERALI BILATERAAL BEIDE BEIDER BEIDSEITS BEIDSEITIG"
    " BDS BDSTS BEIDEN BEIDERSEITS ENTRAMBI ENTRAMBE AMBO AMBOS AMBAS AMBI BILATERALMENTE DEUX"
    " ОБА ОБЕ ОБЕИХ OBU"
)
_UNPAIRED = "UNPAIRED UNPAARIG MEDIAN MIDLINE"
_WORDS: Mapping[str, str] = MappingProxyType(
    {
        word: side
        for side, words in (("R", _RIGHT), ("L", _LEFT), ("B", _BOTH), ("U", _UNPAIRED))
        for word in words.split()
    }
    | UNSPACED_SIDES
)
# Short words that mean other things too: they count where a text ends, single letters where it begins, too.
_AT_THE_END = MappingProxyType(
    {"DX": "R", "RE": "R", "DER": "R", "DIR": "R", "R": "R", "LI": "L", "SIN": "L", "SN": "L", "L": "L"}
)
_AT_THE_START = MappingProxyType({"R": "R", "L": "L"})
_NOT_SPINE = frozenset({"SPINE", "WS", "SPI", "SP", "S"})


def laterality_words() -> frozenset[str]:
    """Return every text, normalised, that leads to a side as a whole."""
    return frozenset({*LATERALITIES, *_WORDS, *_AT_THE_END})


def find_laterality(text: str) -> Finding | None:
    """Return the side that a laterality attribute names, or None.

    Example:
        >>> find_laterality(" l "), find_laterality("Rechts")
        (Finding(term='L', rule='exact'), Finding(term='R', rule='synonym'))
    """
    words = " ".join(split_words(text))
    if words in LATERALITIES:
        return Finding(words, "exact")
    side = _WORDS.get(words) or _AT_THE_END.get(words)
    return None if side is None else Finding(side, "synonym")


@lru_cache(maxsize=8192)
def find_named_side(text: str) -> Finding | None:
    """Return the side that a text names; both when it names each.

    Example:
        >>> find_named_side("XRAY RIGHT HAND"), find_named_side("Knie li. + re.")
        (Finding(term='R', rule='phrase'), Finding(term='B', rule='phrase'))
        >>> find_named_side("Knie re. seitl."), find_named_side("Hand li ap")
        (Finding(term='R', rule='phrase'), Finding(term='L', rule='phrase'))
    """
    words = cut_unspaced(split_words(text))
    sides = {_WORDS[word] for word in words if word in _WORDS and _WORDS[word] != "U"}
    if not sides and len(words) > 1 and not _NOT_SPINE & set(words):
        ends = (
            *(_AT_THE_START.get(words[0]), _AT_THE_END.get(words[-1])),
            *_side_pair(words),
            *_sides_before_views(words),
        )
        sides = {side for side in ends if side}
    if not sides:
        return None
    return Finding(sides.pop() if len(sides) == 1 else "B", "phrase")


def _side_pair(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return both sides where their short words stand beside each other (li re, R L)."""
    pairs = pairwise(words)
    return ("R", "L") if any({*pair} in ({"LI", "RE"}, {"L", "R"}, {"DX", "SIN"}) for pair in pairs) else ()


def _sides_before_views(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return the sides whose German short words stand between a region and a view (Knie re. seitl.)."""
    places = [place for place in range(1, len(words) - 1) if words[place] in {"RE", "LI"}]
    return tuple(
        _AT_THE_END[words[place]]
        for place in places
        if any(find_view(" ".join(words[place + 1 : end])) for end in (place + 2, place + 3))
    )


def find_side_of_view(text: str) -> Finding | None:
    """Return the breast that View Position names with the view, or None.

    Example:
        >>> find_side_of_view("RCC"), find_side_of_view("L MLO"), find_side_of_view("LL")
        (Finding(term='R', rule='phrase'), Finding(term='L', rule='phrase'), None)
    """
    joined = "".join(split_words(text))
    for side in ("LEFT", "RIGHT", "LT", "RT", "L", "R"):
        if joined.startswith(side) and joined[len(side) :] in MAMMOGRAPHY_VIEWS and joined != "LM":
            return Finding(side[0], "phrase")
    return None


def find_side_code(codes: Iterable[str]) -> Finding | None:
    """Return the side of the first code that stands for one."""
    return next((Finding(_CODES[code], "code") for code in codes if code in _CODES), None)


def find_side_of_orientation(text: str) -> Finding | None:
    r"""Return the breast that lies in a picture with this (0020,0020) Patient Orientation, or None.

    Rows of a mammogram run away from the chest wall or to it; columns run from the outer side of the
    breast to the inner one, so to the left of the patient in the right breast.

    Source: PS3.3 C.7.6.1.1.1 and the hanging that IHE Mammography Image asks for.

    Example:
        >>> find_side_of_orientation("P\\L"), find_side_of_orientation("A\\FR")
        (Finding(term='R', rule='phrase'), Finding(term='L', rule='phrase'))
    """
    row, _, column = text.upper().replace(" ", "").partition("\\")
    if row == "P" and "L" in column and "R" not in column:
        return Finding("R", "phrase")
    if row == "A" and "R" in column and "L" not in column:
        return Finding("L", "phrase")
    return None


def settle_laterality(
    found: Mapping[str, Finding],
    *,
    raw: str | None = None,
    body_part: str | None = None,
    modality: str | None = None,
) -> Cleaned:
    """Return what the findings of all sources come to.

    Args:
        found: source to what it led to.
        raw: the words of Image Laterality; kept when they are in the vocabulary; None where nothing is
            written.
        body_part: cleaned; texts count only for paired parts, or unknown ones.
        modality: cleaned.
    """
    primary = found.get(PRIMARY)
    kept = (raw or None) if primary is not None and primary.rule in WHOLE_RULES | {SITE_RULE} else None
    for source in (PRIMARY, *ATTRIBUTES, CODE, VIEW, *TEXTS, ORIENTATION):
        if source in found and found[source].rule == SITE_RULE:
            return Cleaned(found[source].term, kept, SITE_RULE, SITE_CONFIDENCE)
    if primary is not None:
        return Cleaned(primary.term, kept, primary.rule, _CONFIDENCE[primary.rule])
    for source, confidence in (*ATTRIBUTES.items(), (CODE, _CODE_CONFIDENCE), (VIEW, _VIEW_CONFIDENCE)):
        if source in found:
            return Cleaned(found[source].term, kept, source, confidence)
    if is_paired(body_part):
        for source, confidence in TEXTS.items():
            if source in found:
                return Cleaned(found[source].term, kept, source, confidence)
    if ORIENTATION in found and modality == "MG":
        return Cleaned(found[ORIENTATION].term, kept, ORIENTATION, _ORIENTATION_CONFIDENCE)
    return Cleaned(None, None, "unknown", 0.0) if raw is not None else NOTHING


def is_paired(body_part: str | None) -> bool:
    """Tell whether a text's side can be that of the region; of an unknown region it can."""
    return body_part is None or body_part in read_vocabulary().paired


def contradict(first: str, second: str) -> bool:
    """Tell whether two sides cannot both be right: a study of both has pictures of one."""
    return first != second and "B" not in {first, second}
