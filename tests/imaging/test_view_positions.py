"""Projections."""

from __future__ import annotations

import pytest
from pydicom.sr.codedict import codes

from imaging.view_positions import VIEW_CODES, VIEW_POSITIONS, clean_view_position


@pytest.mark.parametrize(
    ("text", "view"),
    [
        ("PA", "PA"),
        (" ap\x00", "AP"),
        ("LAT", "LATERAL"),
        ("L MLO", "MLO"),
        ("RCC", "CC"),
        ("Mr. X", None),
        (None, None),
    ],
)
def test_view_position_leads_to_a_term(text: str | None, view: str | None) -> None:
    """Free text is not kept."""
    assert clean_view_position(text) == view


@pytest.mark.parametrize(
    ("descriptions", "view"),
    [(["Chest PA PA"], "PA"), (["PA and LAT"], None), (["Apex", "view: AP"], "AP"), ([None], None)],
)
def test_a_description_counts_when_it_names_one_view(
    descriptions: list[str | None], view: str | None
) -> None:
    """Two views in a text may be two images."""
    assert clean_view_position("", descriptions=descriptions) == view


def test_the_code_comes_before_the_description() -> None:
    """SNOMED RT and CT."""
    assert clean_view_position("", codes=["x", "399162004"], descriptions=["MLO"]) == "CC"


def test_codes_are_those_of_the_standard_and_lead_to_terms() -> None:
    """Held against pydicom's copy of CID 4014."""
    assert VIEW_CODES[codes.cid4014.CranioCaudal.value] == "CC"
    assert set(VIEW_CODES.values()) <= VIEW_POSITIONS
