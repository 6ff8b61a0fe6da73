"""Vendors and product names."""

from __future__ import annotations

import pytest

from imaging.manufacturers import MANUFACTURERS, clean_manufacturer, clean_model


@pytest.mark.parametrize(
    ("text", "vendor"),
    [
        ("GE MEDICAL SYSTEMS", "GE"),
        ("G.E. Medical Systems", "GE"),
        ("Philips Medical Systems, Inc.", "Philips"),
        ("Siemens HealthCare GmbH", "Siemens"),
        ("Agfa-Gevaert AG", "Agfa"),
        ("FUJI PHOTO FILM CO. LTD.", "Fujifilm"),
        ("TOSHIBA_MEC", "Canon"),
        ("KODAK", "Carestream"),
        ("HOLOGIC, Inc.", "Hologic"),
        ("KONICA MINOLTA", "Konica Minolta"),
        ("Bruker BioSpin MRI GmbH", "Bruker"),
        ("dicomill phantom (synthetic)", "dicomill phantom (synthetic)"),
        ("Dr. Georg Geiger", "other"),
        ("", None),
        (None, None),
    ],
)
def test_a_vendor_is_one_of_a_list_or_other(text: str | None, vendor: str | None) -> None:
    """The attribute is free text: what is not known is not kept."""
    assert clean_manufacturer(text) == vendor


def test_the_list_is_searched_by_plain_capitals() -> None:
    """A name written otherwise would never be found."""
    assert all(name == name.upper() and name.replace(" ", "").isalnum() for name in MANUFACTURERS)


@pytest.mark.parametrize(
    ("text", "model"),
    [
        ("LightSpeed VCT ", "LightSpeed VCT"),
        ("SOMATOM Definition AS+", "SOMATOM Definition AS+"),
        ("ADC_5146", "ADC_5146"),
        ("MILLER^HANS", None),
        ("SN 123456", None),
        ("12.05.1957", None),
        ("1957-05-12", None),
        ("Dr Miller", None),
        ("https://example.org/x", None),
        ("x" * 41, None),
        ("", None),
        (None, None),
    ],
)
def test_a_model_is_kept_when_it_looks_like_one(text: str | None, model: str | None) -> None:
    """No person, date, id or address."""
    assert clean_model(text) == model
