"""Colour: the conversions of PS3.3 C.7.6.3.1.2, exact to the rounding."""

from __future__ import annotations

import numpy as np
import pytest

from imaging.codestreams import Codestream
from imaging.colour import components_after_decoding, to_rgb


def test_tables_are_the_formula() -> None:
    """Every tested triple by tables equals the formula rounded half up."""
    values = np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype(np.uint8)
    y, cb, cr = (values[..., i].astype(float) - (0, 128, 128)[i] for i in range(3))
    exact = np.stack([y + 1.402 * cr, y - 0.344136 * cb - 0.714136 * cr, y + 1.772 * cb], axis=-1)
    expected = np.clip(np.floor(exact + 0.5), 0, 255).astype(np.uint8)
    assert np.array_equal(to_rgb(values, "YBR_FULL", bits_stored=8), expected)
    wide = to_rgb(values.astype(np.uint16), "YBR_FULL", bits_stored=8)
    assert np.array_equal(wide, expected)


def test_sixteen_bits_are_converted_around_their_own_middle() -> None:
    """Chroma 32768 is no colour at 16 bits."""
    values = np.array([[[1000, 32768, 32768]]], np.uint16)
    assert to_rgb(values, "YBR_FULL", bits_stored=16).tolist() == [[[1000, 1000, 1000]]]


def _jpeg_2000(transform: bool) -> Codestream:
    return Codestream("jpeg_2000", 1, 1, 3, 8, multi_component_transform=transform)


@pytest.mark.parametrize(
    ("label", "codestream", "expected"),
    [
        ("MONOCHROME1", None, "MONOCHROME1"),
        ("YBR_FULL_422", None, "YBR_FULL"),
        ("YBR_FULL", _jpeg_2000(transform=True), "RGB"),
        ("YBR_FULL", _jpeg_2000(transform=False), "YBR_FULL"),
        ("YBR_RCT", _jpeg_2000(transform=False), "RGB"),
        ("RGB", Codestream("jpeg", 1, 1, 3, 8, colour="YBR_FULL"), "YBR_FULL"),
        ("YBR_FULL_422", Codestream("jpeg", 1, 1, 3, 8, colour="RGB"), "RGB"),
        ("RGB", Codestream("jpeg", 1, 1, 3, 8), "RGB"),
        ("YBR_PARTIAL_420", None, "YBR_PARTIAL_420"),
    ],
)
def test_the_bytes_go_before_the_label(label: str, codestream: Codestream | None, expected: str) -> None:
    """What a codestream proves counts; where it is silent, the header does."""
    assert components_after_decoding(label, codestream) == expected
