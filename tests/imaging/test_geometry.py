"""Distances between pixels."""

from __future__ import annotations

import pytest
from pydicom.dataset import Dataset

from imaging.geometry import read_pixel_spacing


def _spaced(keyword: str, spacing: list[str]) -> Dataset:
    ds = Dataset()
    setattr(ds, keyword, spacing)
    return ds


@pytest.mark.parametrize("keyword", ["PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing"])
def test_each_attribute_that_states_it_is_read(keyword: str) -> None:
    """Rows first."""
    assert read_pixel_spacing(_spaced(keyword, ["0.20", "1.0E-1"])) == "0.2\\0.1"


@pytest.mark.parametrize("spacing", [["0", "0"], ["-1", "1"], ["1000", "1"], ["1"], ["1", "1", "1"]])
def test_impossible_distances_are_unknown(spacing: list[str]) -> None:
    """A telephone number is no distance either."""
    assert read_pixel_spacing(_spaced("PixelSpacing", spacing)) is None


def test_enhanced_objects_state_it_in_functional_groups() -> None:
    """PS3.3 C.7.6.16.2.1."""
    ds, group = Dataset(), Dataset()
    group.PixelMeasuresSequence = [_spaced("PixelSpacing", ["2", "3"])]
    ds.SharedFunctionalGroupsSequence = [group]
    assert read_pixel_spacing(ds) == "2\\3"
