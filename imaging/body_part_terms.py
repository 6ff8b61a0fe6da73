"""The vocabulary of body parts: PS3.16 Annex L terms, their codes, and the words people write.

The table is body_parts.tsv, a line a term:

    term            canonical term, as Body Part Examined should hold it (PS3.16 table L-1)
    sct, srt        SNOMED CT and SNOMED RT codes; several, newest first, are split by a blank
    within          the term that this one is a part of
    original_class  which of MedicalCV's classes it counts as, blank for none
    paired          Y where the body has one on each side (PS3.16 table L-5)
    words           what stands for it in headers, split by ";", in several languages; a word
                    with "=" in front counts only when nothing else stands beside it

The codes of structures that have no term of their own (PS3.16 CID 4009, 4030, 4042, ...) and of whole
procedures stand in region_codes.tsv with the term that they lead to.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from types import MappingProxyType

from imaging.source_texts import split_words
from imaging.tables import read_table

__all__ = ["ORIGINAL_CLASS_NAMES", "Vocabulary", "read_vocabulary", "split_words"]

ORIGINAL_CLASS_NAMES = ("none", "Skull", "Spine", "Chest", "Breast", "Abdomen", "Musculoskeletal")
"""MedicalCV's seven classes; the position is the class index."""

_GERMAN = str.maketrans({"Ä": "AE", "Ö": "OE", "Ü": "UE"})


@dataclass(frozen=True)
class Vocabulary:
    """The table, arranged for look-up.

    Args:
        terms: every canonical term.
        phrases: words of a phrase to its term.
        whole_phrases: the same for those that count only alone.
        codes: SNOMED, or other registered, code to term.
        paired: terms of parts that the body has on each side.
        within: term to the term that it is a part of.
        original_classes: term to one of `ORIGINAL_CLASS_NAMES`.
    """

    terms: frozenset[str]
    phrases: MappingProxyType[tuple[str, ...], str]
    whole_phrases: MappingProxyType[tuple[str, ...], str]
    codes: MappingProxyType[str, str]
    paired: frozenset[str]
    within: MappingProxyType[str, str]
    original_classes: MappingProxyType[str, str]

    @cached_property
    def longest_phrase(self) -> int:
        """Number of words of the longest phrase."""
        return max(len(words) for words in self.phrases)

    def find_whole(self, words: tuple[str, ...]) -> str | None:
        """Return the term that these words stand for as a whole, or None.

        Example:
            >>> read_vocabulary().find_whole(("L", "S", "SPINE"))
            'LSSPINE'
        """
        joined = "".join(words)
        return self.whole_phrases.get(words) or self.phrases.get(words) or self.terms_by_name.get(joined)

    @cached_property
    def terms_by_name(self) -> dict[str, str]:
        """Every term under its own name: headers write some apart (HEAD_NECK)."""
        return {term: term for term in self.terms}

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


@cache
def read_vocabulary() -> Vocabulary:
    """Return the vocabulary, read once a process."""
    lines = read_table("body_parts.tsv")
    phrases: dict[tuple[str, ...], str] = {}
    whole_phrases: dict[tuple[str, ...], str] = {}
    for line in lines:
        words = [word.strip() for word in line["words"].split(";")]
        if f"={line['term']}" not in words:
            words.append(line["term"])
        for word in words:
            target = whole_phrases if word.startswith("=") else phrases
            for spelling in {word, word.upper().translate(_GERMAN)}:
                target[split_words(spelling)] = line["term"]
    return Vocabulary(
        terms=frozenset(line["term"] for line in lines),
        phrases=MappingProxyType(phrases),
        whole_phrases=MappingProxyType(whole_phrases),
        codes=MappingProxyType(_read_codes(lines)),
        paired=frozenset(line["term"] for line in lines if line["paired"]),
        within=MappingProxyType({line["term"]: line["within"] for line in lines if line["within"]}),
        original_classes=MappingProxyType(
            {line["term"]: line["original_class"] for line in lines if line["original_class"]}
        ),
    )


def _read_codes(lines: list[dict[str, str]]) -> dict[str, str]:
    codes = {code: line["term"] for line in read_table("region_codes.tsv") for code in line["codes"].split()}
    return codes | {code: line["term"] for line in lines for code in f"{line['sct']} {line['srt']}".split()}
