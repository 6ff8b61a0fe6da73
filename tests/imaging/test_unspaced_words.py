"""Words that are written without a blank between them."""

from __future__ import annotations

import pytest

from imaging.body_parts import find_region
from imaging.lateralities import find_laterality, find_named_side
from imaging.source_texts import split_words
from imaging.unspaced_words import cut_unspaced
from imaging.view_positions import find_named_view, find_view


@pytest.mark.parametrize(
    ("text", "region", "side", "view"),
    [
        ("左膝関節側面", "KNEE", "L", "LATERAL"),
        ("胸部正位", "CHEST", None, "FRONTAL"),
        ("胸部后前位", "CHEST", None, "PA"),
        ("両手正面", "HAND", "B", "FRONTAL"),
        ("右侧肩关节CT", "SHOULDER", "R", None),
        ("腰椎斜位", "LSPINE", None, "OBLIQUE"),
        ("흉부정면", "CHEST", None, "FRONTAL"),
        ("우측 무릎 측면", "KNEE", "R", "LATERAL"),
        ("Правый коленный сустав, боковая", "KNEE", "R", "LATERAL"),
        ("органы грудной клетки", "CHEST", None, None),
        ("RTG klatki piersiowej", "CHEST", None, None),
        ("Röntgen vänster knä", "KNEE", "L", None),
    ],
)
def test_regions_sides_and_views_are_found(
    text: str, region: str, side: str | None, view: str | None
) -> None:
    """In one word, or in the words of further languages."""
    found = find_region(text), find_named_side(text), find_named_view(text)
    terms = tuple(None if each is None else each.term for each in found)
    assert terms == (region, side, view)


@pytest.mark.parametrize("text", ["手術室", "手術後", "指示", "足立", "하직"])
def test_a_character_within_another_word_names_no_region(text: str) -> None:
    """An operation is no hand; a syllable that goes on is another word."""
    assert find_region(text) is None


def test_whole_attributes_are_known() -> None:
    """As they stand alone."""
    assert str(find_laterality("右")) == str(find_laterality("오른쪽")) == "Finding(term='R', rule='synonym')"
    assert find_view("側面") == find_view("侧位") == find_view("측면")


def test_what_needs_no_cutting_stays_as_it_is() -> None:
    """Also a word of the table that holds shorter ones."""
    assert cut_unspaced(("CHEST", "PA")) == ("CHEST", "PA")
    assert cut_unspaced(split_words("腹部骨盤")) == ("腹部骨盤",)
    assert cut_unspaced(split_words("造影腹部X線")) == ("造影", "腹部", "X", "線")
