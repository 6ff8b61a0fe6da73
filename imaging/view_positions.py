"""Projections: from (0018,5101) View Position, the view code or a word beside it, to one term."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from imaging.body_part_terms import split_words

# PS3.3 C.8.7.3, C.8.11.5 and CID 4014 as View Position writes them.
VIEW_POSITIONS = frozenset(
    {
        *("AP", "PA", "LL", "RL", "RLD", "LLD", "RLO", "LLO", "LATERAL", "OBLIQUE", "AXIAL", "TANGENTIAL"),
        *("LAO", "RAO", "LPO", "RPO", "FRONTAL", "DP", "PD"),
        *("CC", "MLO", "ML", "LM", "LMO", "XCCL", "XCCM", "FB", "SIO", "ISO", "CV", "AT", "SPECIMEN"),
    }
)

MAMMOGRAPHY_VIEWS = frozenset(
    {"CC", "MLO", "ML", "LM", "LMO", "XCCL", "XCCM", "FB", "SIO", "ISO", "CV", "AT", "SPECIMEN"}
)

# SNOMED CT and SNOMED RT codes of CID 4010 and CID 4014.
VIEW_CODES: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("399162004", "R-10242"), "CC"),
        **dict.fromkeys(("399368009", "R-10226"), "MLO"),
        **dict.fromkeys(("399260004", "R-10224"), "ML"),
        **dict.fromkeys(("399352003", "R-10228"), "LM"),
        **dict.fromkeys(("399099002", "R-10230"), "LMO"),
        **dict.fromkeys(("399192008", "R-1024A"), "XCCL"),
        **dict.fromkeys(("399101009", "R-1024B"), "XCCM"),
        **dict.fromkeys(("399196006", "R-10244"), "FB"),
        **dict.fromkeys(("399188001", "R-102D0"), "SIO"),
        **dict.fromkeys(("441555000", "R-40AAA"), "ISO"),
        **dict.fromkeys(("399348003", "R-10206"), "AP"),
        **dict.fromkeys(("272479007", "R-40888"), "PA"),
        **dict.fromkeys(("399173006", "R-10236"), "LL"),
        **dict.fromkeys(("399198007", "R-10232"), "RL"),
        **dict.fromkeys(("399067008", "R-102CD"), "LATERAL"),
        **dict.fromkeys(("399182000", "R-102C1"), "OBLIQUE"),
        **dict.fromkeys(("399061009", "R-10241"), "AXIAL"),
        **dict.fromkeys(("399110001", "R-102C2"), "TANGENTIAL"),
        **dict.fromkeys(("399135007", "R-10220"), "LAO"),
        **dict.fromkeys(("399356000", "R-40985"), "RAO"),
        **dict.fromkeys(("399006002", "R-10212"), "LPO"),
        **dict.fromkeys(("399038007", "R-10210"), "RPO"),
        **dict.fromkeys(("399033003", "R-10202"), "FRONTAL"),
        **dict.fromkeys(("399335002", "R-102C4"), "DP"),
        **dict.fromkeys(("399071006", "R-102C3"), "PD"),
    }
)

_SYNONYMS: Mapping[str, str] = MappingProxyType(
    {
        "ANTEROPOSTERIOR": "AP",
        "POSTEROANTERIOR": "PA",
        "LAT": "LATERAL",
        "SEITLICH": "LATERAL",
        "PROFIL": "LATERAL",
        "OBL": "OBLIQUE",
        "OBLI": "OBLIQUE",
        "CRANIOCAUDAL": "CC",
        "MEDIOLATERALOBLIQUE": "MLO",
    }
)

# Words that stand for a view inside a description. Short codes that mean other things are left out.
_WORDS = frozenset({"AP", "PA", "LATERAL", "LAT", "SEITLICH", "OBLIQUE", "MLO"})
_LEFT_RIGHT_CODE = re.compile(r"[LR](CC|MLO|ML|LM)")


def clean_view_position(
    text: str | None, *, codes: Iterable[str] = (), descriptions: Iterable[str | None] = ()
) -> str | None:
    """Return the projection of an image, or None.

    Args:
        text: (0018,5101) View Position.
        codes: code values of (0054,0220) View Code Sequence.
        descriptions: further texts, for projection radiographs only; a view counts when it is the
            only one named.

    Example:
        >>> clean_view_position("pa "), clean_view_position("", codes=["R-10226"])
        ('PA', 'MLO')
        >>> clean_view_position(None, descriptions=["Chest PA PA"])
        'PA'
    """
    joined = "".join(split_words(text or ""))
    side = _LEFT_RIGHT_CODE.fullmatch(joined)
    term = side[1] if side else _SYNONYMS.get(joined, joined)
    if term in VIEW_POSITIONS:
        return term
    for code in codes:
        if code in VIEW_CODES:
            return VIEW_CODES[code]
    return _find_in_descriptions(descriptions)


def _find_in_descriptions(descriptions: Iterable[str | None]) -> str | None:
    for description in descriptions:
        named = {_SYNONYMS.get(word, word) for word in split_words(description or "") if word in _WORDS}
        if len(named) == 1:
            return named.pop()
    return None
