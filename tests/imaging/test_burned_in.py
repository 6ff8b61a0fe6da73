"""Text in the pixels."""

from __future__ import annotations

import pytest

from imaging.burned_in import assess_burned_in_risk

CAPTURE = "1.2.840.10008.5.1.4.1.1.7.2"


@pytest.mark.parametrize(
    ("declared", "modality", "image_type", "sop_class_uid", "risk"),
    [
        ("YES", "CR", ["ORIGINAL", "PRIMARY"], None, "declared"),
        ("NO", "US", ["ORIGINAL", "PRIMARY"], None, "none"),
        (None, "US", ["ORIGINAL", "PRIMARY"], None, "possible"),
        (None, "XA", ["ORIGINAL", "PRIMARY"], None, "possible"),
        (None, "RF", ["ORIGINAL", "PRIMARY"], None, "none"),
        (None, "CT", ["DERIVED", "SECONDARY"], None, "possible"),
        (None, "CT", ["DERIVED", "PRIMARY", "MPR"], None, "possible"),
        (None, "MR", ["DERIVED", "SECONDARY"], None, "possible"),
        (None, "CR", ["DERIVED", "SECONDARY"], None, "possible"),
        (None, "CR", ["DERIVED"], None, "possible"),
        (None, "CR", ["DERIVED", "PRIMARY"], None, "none"),
        (None, "DX", ["DERIVED", "PRIMARY"], None, "none"),
        (None, "SEG", ["DERIVED", "PRIMARY"], None, "none"),
        (None, "SC", [], None, "possible"),
        (None, "CT", ["ORIGINAL", "PRIMARY"], CAPTURE, "possible"),
        (None, "CT", ["ORIGINAL", "PRIMARY"], "1.2.840.10008.5.1.4.1.1.77.1.6", "none"),
        (None, None, [], None, "possible"),
        *[(None, modality, [], None, "none") for modality in ("CR", "DX", "CT", "MR", "MG", "PT", "NM")],
    ],
)
def test_the_attribute_decides_and_else_the_kind_of_image(
    declared: str | None, modality: str | None, image_type: list[str], sop_class_uid: str | None, risk: str
) -> None:
    """What is unknown is possible."""
    found = assess_burned_in_risk(
        declared, modality=modality, image_type=image_type, sop_class_uid=sop_class_uid
    )
    assert found == risk
