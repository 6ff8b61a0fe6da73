"""Projections."""

from __future__ import annotations

import pytest
from pydicom.sr.codedict import codes

from imaging.source_texts import split_words
from imaging.tables import read_table
from imaging.view_positions import (
    MAMMOGRAPHY_VIEWS,
    VIEW_CODES,
    VIEW_POSITIONS,
    clean_view_position,
    contradict,
    find_named_view,
    find_view,
    view_words,
)


@pytest.mark.parametrize("term", sorted(VIEW_POSITIONS))
def test_a_term_stays_itself(term: str) -> None:
    """PS3.3 C.8.7.3, C.8.11.5 and CID 4014."""
    assert clean_view_position(f" {term.lower()}\x00").value == term


@pytest.mark.parametrize(
    ("text", "view", "rule", "raw"),
    [
        ("PA", "PA", "exact", "PA"),
        (" ap\x00", "AP", "exact", "AP"),
        ("LAT", "LATERAL", "synonym", "LAT"),
        ("L MLO", "MLO", "synonym", "L MLO"),
        ("RCC", "CC", "synonym", "RCC"),
        ("AP SUPINE", "AP", "synonym", "AP SUPINE"),
        ("PA Mr Miller", "PA", "phrase", None),
        ("Seitlich", "LATERAL", "synonym", "SEITLICH"),
        ("PROFIL", "LATERAL", "synonym", "PROFIL"),
        ("Laterale", "LATERAL", "synonym", "LATERALE"),
        ("OBLICUA", "OBLIQUE", "synonym", "OBLICUA"),
        ("schräg", "OBLIQUE", "synonym", "SCHRAG"),
        ("LEFT LATERAL DECUBITUS", "LLD", "synonym", "LEFT LATERAL DECUBITUS"),
        ("Mr. X", None, "unknown", None),
        (None, None, None, None),
    ],
)
def test_view_position_leads_to_a_term(
    text: str | None, view: str | None, rule: str | None, raw: str | None
) -> None:
    """Free text is not kept."""
    cleaned = clean_view_position(text)
    assert (cleaned.value, cleaned.rule, cleaned.raw) == (view, rule, raw)


@pytest.mark.parametrize(
    ("description", "modality", "view"),
    [
        ("Chest PA PA", "CR", "PA"),
        ("PA and LAT", "DX", None),
        ("Apex", "DX", None),
        ("view: AP", "CR", "AP"),
        ("AX T2 AP", "MR", None),
        ("L CC", "MG", "CC"),
        ("300 CC CONTRAST", "XA", None),
        ("Knie seitl.", "DX", "LATERAL"),
    ],
)
def test_a_description_counts_when_it_names_one_view(
    description: str, modality: str, view: str | None
) -> None:
    """Two views in a text may be two images; only projections have views, and CC is a volume elsewhere."""
    cleaned = clean_view_position("", texts={"series_description": description}, modality=modality)
    assert cleaned.value == view
    assert cleaned.rule == ("series_description" if view else None)


def test_the_code_comes_before_the_description() -> None:
    """SNOMED RT and CT."""
    texts = {"protocol": "MLO"}
    cleaned = clean_view_position("", codes=["x", "399162004"], texts=texts, modality="MG")
    assert (cleaned.value, cleaned.rule) == ("CC", "view_code")


def test_codes_are_those_of_the_standard_and_lead_to_terms() -> None:
    """Held against pydicom's copy of CID 4014."""
    assert VIEW_CODES[codes.cid4014.CranioCaudal.value] == "CC"
    assert set(VIEW_CODES.values()) <= VIEW_POSITIONS
    assert MAMMOGRAPHY_VIEWS < VIEW_POSITIONS


def test_no_word_stands_for_two_views() -> None:
    """The later line would win silently."""
    owners: dict[str, str] = {}
    for line in read_table("view_positions.tsv"):
        for word in line["words"].split(";"):
            joined = "".join(split_words(word))
            assert owners.setdefault(joined, line["term"]) == line["term"], word
            found = find_view(word)
            assert found is not None
            assert found.term == line["term"], word


def test_what_is_held_against_hashes_leads_to_views() -> None:
    """Cleaning anew looks these up."""
    assert all(find_view(words) is not None for words in view_words())


def test_more_and_less_exact_views_agree() -> None:
    """A lateral is a left or a right one; AP is not PA."""
    assert not contradict("LATERAL", "RL")
    assert not contradict("OBLIQUE", "MLO")
    assert contradict("AP", "PA")
    assert contradict("AP", "LATERAL")


def test_a_mammographic_word_in_a_description_is_marked() -> None:
    """It counts for mammograms alone."""
    found = find_named_view("RMLO")
    assert found is not None
    assert (found.term, found.rule) == ("MLO", "mammography")
