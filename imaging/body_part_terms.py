"""The vocabulary of body parts: PS3.16 Annex L terms, their codes, and the words people write.

The table is body_parts.tsv, a line a term:

    term            canonical term, as Body Part Examined should hold it (PS3.16 table L-1)
    sct, srt        SNOMED CT and SNOMED RT codes; several, newest first, are split by a blank
    within          the term that this one is a part of
    original_class  which of MedicalCV's classes it counts as, blank for none
    words           what stands for it in headers, split by ";", in several languages; a word
                    with "=" in front counts only when nothing else stands beside it
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from imaging.tables import read_table

ORIGINAL_CLASS_NAMES = ("none", "Skull", "Spine", "Chest", "Breast", "Abdomen", "Musculoskeletal")
"""MedicalCV's seven classes; the position is the class index."""

_NOT_A_WORD = re.compile(r"[^A-Z0-9]+")
_GERMAN = str.maketrans({"Ä": "AE", "Ö": "OE", "Ü": "UE"})
_LIGATURES = str.maketrans({"Œ": "OE", "Æ": "AE"})


@dataclass(frozen=True)
class Vocabulary:
    """The table, arranged for look-up.

    Args:
        terms: every canonical term.
        phrases: words of a phrase to its term.
        whole_phrases: the same for those that count only alone.
        codes: SNOMED code to term.
        within: term to the term that it is a part of.
        original_classes: term to one of `ORIGINAL_CLASS_NAMES`.
    """

    terms: frozenset[str]
    phrases: MappingProxyType[tuple[str, ...], str]
    whole_phrases: MappingProxyType[tuple[str, ...], str]
    codes: MappingProxyType[str, str]
    within: MappingProxyType[str, str]
    original_classes: MappingProxyType[str, str]

    @property
    def longest_phrase(self) -> int:
        """Number of words of the longest phrase."""
        return max(len(words) for words in self.phrases)

    def regions_above(self, term: str) -> list[str]:
        """Return the terms that a term lies within, the nearest first.

        Example:
            >>> read_vocabulary().regions_above("FINGER")
            ['HAND', 'ARM', 'EXTREMITY']
        """
        above = []
        while term := self.within.get(term, ""):
            above.append(term)
        return above


def split_words(text: str) -> tuple[str, ...]:
    r"""Return the words of a text: upper case, without accents and punctuation.

    Example:
        >>> split_words("Schädel/HWS\x00 ")
        ('SCHADEL', 'HWS')
    """
    decomposed = unicodedata.normalize("NFKD", text.upper().translate(_LIGATURES))
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return tuple(word for word in _NOT_A_WORD.split(plain) if word)


@cache
def read_vocabulary() -> Vocabulary:
    """Return the vocabulary, read once a process."""
    lines = read_table("body_parts.tsv")
    phrases: dict[tuple[str, ...], str] = {}
    whole_phrases: dict[tuple[str, ...], str] = {}
    for line in lines:
        for word in [line["term"], *line["words"].split(";")]:
            target = whole_phrases if word.strip().startswith("=") else phrases
            for spelling in {word, word.upper().translate(_GERMAN)}:
                target[split_words(spelling)] = line["term"]
    return Vocabulary(
        terms=frozenset(line["term"] for line in lines),
        phrases=MappingProxyType(phrases),
        whole_phrases=MappingProxyType(whole_phrases),
        codes=MappingProxyType(_read_codes(lines)),
        within=MappingProxyType({line["term"]: line["within"] for line in lines if line["within"]}),
        original_classes=MappingProxyType(
            {line["term"]: line["original_class"] for line in lines if line["original_class"]}
        ),
    )


def _read_codes(lines: list[dict[str, str]]) -> dict[str, str]:
    return {code: line["term"] for line in lines for code in f"{line['sct']} {line['srt']}".split()}
