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


def test_every_code_leads_to_a_known_term_and_stands_once() -> None:
    """Those of regions without a term of their own, too."""
    vocabulary = read_vocabulary()
    assert set(vocabulary.codes.values()) <= vocabulary.terms
    listed = [code for line in read_table("region_codes.tsv") for code in line["codes"].split()]
    listed += [
        code for line in read_table("body_parts.tsv") for code in f"{line['sct']} {line['srt']}".split()
    ]
    assert len(listed) == len(set(listed))


def test_codes_of_regions_without_a_term_lead_to_what_they_lie_in() -> None:
    """SNOMED CT and SNOMED RT of CID 4, 4009, 4030 and others; LOINC of a few procedures."""
    known = read_vocabulary().codes
    assert [known[code] for code in ("43799004", "28273000", "24627-2")] == ["CHEST", "BILEDUCT", "CHEST"]


def test_the_terms_of_the_standard_are_known() -> None:
    """PS3.16 table L-1; where two of its terms share a code, one leads to the other."""
    vocabulary = read_vocabulary()
    for term in ("AORTICARCH", "CEREBELLUM", "JEJUNUM", "SCALP", "SUBCLAVIANA", "ULNARA", "3RDVENTRICLE"):
        assert vocabulary.find_whole((term,)) == term
    for term, ours in (("THORAX", "CHEST"), ("LOWERLIMB", "LEG"), ("SMALLINTESTINE", "SMALLBOWEL")):
        assert vocabulary.find_whole((term,)) == ours


def test_a_term_that_is_a_common_word_counts_only_alone() -> None:
    """VEIN beside other words is a part of something else."""
    vocabulary = read_vocabulary()
    assert vocabulary.find_whole(("VEIN",)) == "VEIN"
    assert ("VEIN",) not in vocabulary.phrases


def test_paired_parts_are_parts() -> None:
    """A side makes sense for them alone."""
    vocabulary = read_vocabulary()
    assert {"KNEE", "BREAST", "LUNG", "KIDNEY", "EYE"} < vocabulary.paired < vocabulary.terms
    assert {"CHEST", "ABDOMEN", "PELVIS", "HEAD", "LSPINE"}.isdisjoint(vocabulary.paired)
