"""Sides."""

from __future__ import annotations

import pytest
from pydicom.sr.codedict import codes

from imaging.findings import Finding
from imaging.lateralities import (
    contradict,
    find_laterality,
    find_named_side,
    find_side_code,
    find_side_of_orientation,
    find_side_of_view,
    is_paired,
    laterality_words,
    settle_laterality,
)


@pytest.mark.parametrize(
    ("text", "side"),
    [
        *(("l ", "L"), ("R\x00", "R"), ("U", "U"), ("B", "B"), ("LEFT", "L"), ("rechts", "R")),
        *(("GAUCHE", "L"), ("Droite", "R"), ("SINISTRA", "L"), ("derecha", "R"), ("Esquerdo", "L")),
        *(("BILATERAL", "B"), ("beidseits", "B"), ("Miller", None), ("", None)),
    ],
)
def test_an_attribute_leads_to_one_of_four_letters(text: str, side: str | None) -> None:
    """PS3.3 C.8.11.3, and what people write."""
    found = find_laterality(text)
    assert (None if found is None else found.term) == side


@pytest.mark.parametrize(
    ("text", "side"),
    [
        *(("XRAY RIGHT HAND", "R"), ("Knie li", "L"), ("Knie li. + re.", "B"), ("GINOCCHIO DX", "R")),
        *(
            ("DX GINOCCHIO", None),
            ("main gauche", "L"),
            ("RODILLA IZQ", "L"),
            ("R KNEE", "R"),
            ("HAND L", "L"),
        ),
        *(("L SPINE", None), ("CT FNA RT + LT LUNG", "B"), ("AUFNAHME DER HAND", None)),
        *(("TC SIN CONTRASTE", None), ("both hands", "B"), ("T1 3D", None), ("LEFTOVER", None), ("", None)),
    ],
)
def test_a_text_names_a_side_in_words(text: str, side: str | None) -> None:
    """Short words that mean other things count only where a text ends."""
    found = find_named_side(text)
    assert (None if found is None else found.term) == side


@pytest.mark.parametrize(
    ("text", "side"),
    [("RCC", "R"), ("L MLO", "L"), ("LEFT CC", "L"), ("LM", None), ("LL", None), ("PA", None)],
)
def test_a_mammographic_view_names_the_breast(text: str, side: str | None) -> None:
    """LM is a view by itself."""
    found = find_side_of_view(text)
    assert (None if found is None else found.term) == side


@pytest.mark.parametrize(
    ("text", "side"),
    [("P\\L", "R"), ("A\\R", "L"), ("P\\FL", "R"), ("A\\FR", "L"), ("L\\F", None), ("A", None), ("", None)],
)
def test_the_orientation_of_a_mammogram_names_the_breast(text: str, side: str | None) -> None:
    """The columns of the right breast run to the left of the patient."""
    found = find_side_of_orientation(text)
    assert (None if found is None else found.term) == side


def test_codes_are_those_of_the_standard() -> None:
    """Held against pydicom's copy of CID 244."""
    assert find_side_code([codes.cid244.Left.value]) == Finding("L", "code")
    assert find_side_code(["x", codes.cid244.Bilateral.value]) == Finding("B", "code")
    assert find_side_code([]) is None


def test_attributes_come_before_texts_and_texts_count_for_paired_parts_only() -> None:
    """The left lateral view of a chest shows no left chest."""
    found = {"laterality": Finding("R", "exact"), "protocol": Finding("L", "phrase")}
    assert settle_laterality(found, body_part="KNEE").value == "R"
    text = {"protocol": Finding("L", "phrase")}
    knee = settle_laterality(text, body_part="KNEE")
    assert (knee.value, knee.rule) == ("L", "protocol")
    assert settle_laterality(text, body_part="CHEST").value is None
    assert settle_laterality(text, body_part=None).value == "L"


def test_the_orientation_counts_for_mammograms() -> None:
    """Elsewhere it tells how the patient stood."""
    found = {"patient_orientation": Finding("R", "phrase")}
    assert settle_laterality(found, body_part="BREAST", modality="MG").rule == "patient_orientation"
    assert settle_laterality(found, body_part="HAND", modality="CR").value is None


def test_an_unknown_word_is_told_from_a_blank() -> None:
    """It asks for a line in a site's table."""
    assert settle_laterality({}, raw="").rule == "unknown"
    assert settle_laterality({}, raw=None).rule is None


def test_both_sides_contradict_neither() -> None:
    """A study of both has pictures of one."""
    assert contradict("L", "R")
    assert not contradict("B", "R")


def test_whole_words_lead_to_sides() -> None:
    """Cleaning anew looks these up."""
    assert all(find_laterality(word) is not None for word in laterality_words())
    assert is_paired("BREAST")
    assert not is_paired("CHEST")


def test_short_words_are_whole_sides_and_stand_before_views() -> None:
    """As German texts have them; elsewhere in a text they mean other things."""
    assert [str(find_laterality(text).term) for text in ("li", "re.", "dx")] == ["L", "R", "R"]  # type: ignore[union-attr]
    assert find_named_side("Knie re. a.p.") == find_named_side("Knie rechts")
    assert find_named_side("Knee re evaluation") is None
