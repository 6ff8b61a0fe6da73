"""Stored values and their display, undone by the formulas of the standard."""

from __future__ import annotations

import numpy as np
import pytest

from imaging.phantoms.encodings import DISPLAYS, Encoded, Encoding, draw_encoding, encode

PICTURE = np.linspace(0, 1, 64 * 64, dtype=np.float32).reshape(64, 64)


def shown(encoded: Encoded, encoding: Encoding) -> np.ndarray:
    """Return what a reader that follows PS3.3 C.11 sees, 0 to 1."""
    values = encoded.stored_values.astype(float) * encoding.slope + encoding.intercept
    if encoded.lookup_table:
        table = np.array(encoded.lookup_table.values) / (2**encoded.lookup_table.bits - 1)
        result = table[encoded.stored_values]
    elif encoded.window:
        centre, width = encoded.window.centres[0], encoded.window.widths[0]
        if encoded.window.function == "SIGMOID":
            result = 1 / (1 + np.exp(-4 * (values - centre) / width))
        else:
            result = np.clip((values - (centre - 0.5)) / (width - 1) + 0.5, 0, 1)
    else:
        result = (values - values.min()) / np.ptp(values)
    return 1 - result if encoding.monochrome1 else result


ENCODINGS = [
    Encoding(monochrome1, bits_stored, display, signed, slope, intercept)
    for monochrome1 in (False, True)
    for bits_stored in (8, 10, 12, 16)
    for display in DISPLAYS
    for signed, slope, intercept in ((False, 1.0, 0.0), (True, 0.5, -1024.0))
    if not (signed and bits_stored == 8) and not (display == "voi_lut" and (signed or bits_stored > 12))
]


@pytest.mark.parametrize("encoding", ENCODINGS, ids=str)
def test_every_encoding_shows_the_picture_again(encoding: Encoding) -> None:
    """Through rescale, window or table and polarity the picture comes back, by sigmoid in its order."""
    bits_stored, signed = encoding.bits_stored, encoding.signed
    encoded = encode(PICTURE, encoding)
    low, high = (-(2 ** (bits_stored - 1)), 2 ** (bits_stored - 1)) if signed else (0, 2**bits_stored)
    assert low <= encoded.stored_values.min() <= encoded.stored_values.max() < high
    assert encoded.stored_values.dtype == (
        np.uint8 if bits_stored == 8 else np.int16 if signed else np.uint16
    )
    result = shown(encoded, encoding)
    if encoding.display == "sigmoid":
        assert (np.diff(result.ravel()) >= 0).all()
        assert np.ptp(result) > 0.8
    else:
        assert np.abs(result - PICTURE).max() < (0.02 if bits_stored == 8 else 0.003)


def test_drawn_encodings_stay_within_what_devices_do() -> None:
    """All bit depths and displays occur; codecs get no signed values, tables no rescaling."""
    rng = np.random.default_rng(0)
    drawn = [draw_encoding(rng, computed=True, compressed=bool(place % 2)) for place in range(600)]
    assert {encoding.bits_stored for encoding in drawn} == {8, 10, 12, 16}
    assert {encoding.display for encoding in drawn} == set(DISPLAYS)
    assert {encoding.monochrome1 for encoding in drawn} == {False, True}
    assert any(encoding.signed for encoding in drawn)
    assert not any(encoding.signed for encoding in drawn[1::2])
    tables = [encoding for encoding in drawn if encoding.display == "voi_lut"]
    assert all((table.slope, table.signed) == (1.0, False) and table.bits_stored <= 12 for table in tables)


def test_digital_radiography_is_not_rescaled() -> None:
    """DX and MG keep slope 1 and intercept 0, unsigned."""
    rng = np.random.default_rng(0)
    drawn = [draw_encoding(rng, computed=False, compressed=False) for _ in range(200)]
    assert {(encoding.slope, encoding.intercept, encoding.signed) for encoding in drawn} == {
        (1.0, 0.0, False)
    }
