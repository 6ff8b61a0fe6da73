"""The vocabulary of body parts."""

from __future__ import annotations

import re

import pytest
from pydicom.sr.codedict import codes

from imaging.body_part_terms import ORIGINAL_CLASS_NAMES, read_vocabulary, split_words
from imaging.tables import read_table


def test_terms_are_code_strings() -> None:
    """PS3.5 6.2: at most 16 capitals, digits and underscores; so they fit the column."""
    assert all(re.fullmatch(r"[A-Z0-9_]{1,16}", term) for term in read_vocabulary().terms)


def test_every_term_stands_in_the_table_once() -> None:
    """The table is the registry."""
    terms = [line["term"] for line in read_table("body_parts.tsv")]
    assert len(terms) == len(set(terms))


def test_no_word_stands_for_two_terms() -> None:
    """The later line would win silently."""
    owners: dict[tuple[str, ...], str] = {}
    for line in read_table("body_parts.tsv"):
        for word in line["words"].split(";"):
            words = split_words(word)
            assert words, line["term"]
            assert owners.setdefault(words, line["term"]) == line["term"], word


def test_terms_lie_within_known_terms_and_not_in_circles() -> None:
    """Look-ups upwards end."""
    vocabulary = read_vocabulary()
    for term in vocabulary.terms:
        above = vocabulary.regions_above(term)
        assert set(above) <= vocabulary.terms
        assert term not in above


def test_classes_are_those_of_the_original() -> None:
    """Seven names, of which "none" is never assigned."""
    assert set(read_vocabulary().original_classes.values()) == set(ORIGINAL_CLASS_NAMES) - {"none"}


@pytest.mark.parametrize(
    ("keyword", "term"),
    [
        ("Breast", "BREAST"),
        ("Chest", "CHEST"),
        ("Knee", "KNEE"),
        ("CervicalSpine", "CSPINE"),
        ("Hand", "HAND"),
    ],
)
def test_codes_are_those_of_the_standard(keyword: str, term: str) -> None:
    """Held against pydicom's copy of CID 4031."""
    assert read_vocabulary().codes[getattr(codes.cid4031, keyword).value] == term


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Schädel/HWS", ("SCHADEL", "HWS")),
        ("CHEST\x00 ", ("CHEST",)),
        ("Füße", ("FUSSE",)),
        ("胸部", ()),
        (" \x00", ()),
    ],
)
def test_words_have_no_accents_and_no_punctuation(text: str, words: tuple[str, ...]) -> None:
    """The same word is written in many ways."""
    assert split_words(text) == words
