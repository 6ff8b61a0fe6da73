"""Palettes: plain and segmented, 8 and 16 bits (PS3.3 C.7.6.3.1.5, C.7.9.2)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset

from foundation.errors import DecodeError
from imaging.palettes import apply_palette, expand_segments, read_palette


def palette(
    content: Any, *, descriptor: Any = (2, 0, 16), segmented: bool = False, vr: str = "OW"
) -> Dataset:
    """Return a data set whose three tables are the same."""
    ds = Dataset()
    prefix = "Segmented" if segmented else ""
    for colour in ("Red", "Green", "Blue"):
        ds.add_new(f"{colour}PaletteColorLookupTableDescriptor", "US", list(descriptor))
        ds.add_new(f"{prefix}{colour}PaletteColorLookupTableData", vr, content)
    return ds


@pytest.mark.parametrize(
    ("content", "bits", "expected", "dtype"),
    [
        (np.array([7, 65535], "<u2").tobytes(), 16, [7, 65535], "uint16"),
        (b"\x07\xff", 8, [7, 255], "uint8"),
        (np.array([7, 255], "<u2").tobytes(), 8, [7, 255], "uint8"),  # a word for each
        (np.array([7 << 8, 255 << 8], "<u2").tobytes(), 8, [7, 255], "uint8"),  # in the high byte
        (np.array([7, 255], "<u2").tobytes(), 16, [7, 255], "uint8"),  # 8 bits called 16
    ],
)
def test_tables_come_in_five_forms(content: bytes, bits: int, expected: list[int], dtype: str) -> None:
    """Each form that files use gives the entries and the depth that they really have."""
    colours, first = read_palette(palette(content, descriptor=(2, 5, bits)))
    assert colours[:, 0].tolist() == expected
    assert (colours.dtype.name, first) == (dtype, 5)


def test_big_endian_tables_are_swapped() -> None:
    """Words, and bytes packed in words, stand the other way round."""
    colours, _ = read_palette(palette(b"\x01\x02\x03\x04"), big_endian=True)
    assert colours[:, 0].tolist() == [0x0102, 0x0304]
    colours, _ = read_palette(palette(b"\x02\x01", descriptor=(2, 0, 8)), big_endian=True)
    assert colours[:, 0].tolist() == [1, 2]


def test_segments_are_written_out() -> None:
    """Discrete, linear and indirect segments: a ramp, then the ramp again."""
    # discrete: 1 entry, 10; linear: 2 steps to 30; indirect: both segments again
    words = [0, 1, 10, 1, 2, 30, 2, 2, 0, 0]
    assert expand_segments(words, count=6) == [10, 20, 30, 10, 20, 30]
    content = np.array(words, "<u2").tobytes()
    colours, _ = read_palette(palette(content, descriptor=(6, 0, 16), segmented=True))
    assert colours[:, 2].tolist() == [10, 20, 30, 10, 20, 30]
    colours, _ = read_palette(palette(bytes([0, 2, 4, 9]), descriptor=(2, 0, 8), segmented=True))
    assert colours[:, 2].tolist() == [4, 9]


def test_indirect_segments_count_in_bytes() -> None:
    """C.7.9.2.3: a ramp, then its second segment again, 8 bytes from the start; some count in words."""
    ramp = [0, 2, 0, 100, 1, 2, 300]  # 0, 100, 200, 300
    assert expand_segments([*ramp, 2, 1, 8, 0], count=6) == [0, 100, 200, 300, 300, 300]
    assert expand_segments([*ramp, 2, 1, 4, 0], count=6) == [0, 100, 200, 300, 300, 300]
    small = [0, 2, 0, 100, 1, 2, 200]
    assert expand_segments([*small, 2, 1, 4, 0, 0, 0, 0, 1, 7], count=7, word_bytes=1)[4:] == [200, 200, 7]


def test_an_indirect_segment_of_bytes_reaches_beyond_the_first_256() -> None:
    """Its offset has four bytes, the lowest first."""
    words = [0, 200, *[1] * 200, 0, 100, *[2] * 100, 0, 1, 9, 2, 1, 48, 1, 0, 0]
    assert words[304:307] == [0, 1, 9]
    assert expand_segments(words, count=302, word_bytes=1)[-1] == 9


@pytest.mark.parametrize("words", [[9, 1, 1], [1, 2, 3], [0, 1, 5], [2, 1, 0, 0], [0, 1, 5, 2, 9, 3, 0]])
def test_segments_that_cannot_be_are_told(words: list[int]) -> None:
    """Unknown kinds, a line from nowhere, too few entries, and segments that name themselves."""
    with pytest.raises(DecodeError):
        expand_segments(words, count=100)


def test_indices_outside_take_the_nearest_end() -> None:
    """Below the first value the first entry, above the last the last; signed indices too."""
    colours = np.array([[1, 1, 1], [2, 2, 2]], np.uint8)
    stored = np.array([[-5, -3, -2, 9]], np.int16)
    assert apply_palette(stored, colours, first_value=-3)[..., 0].tolist() == [[1, 1, 2, 2]]


def test_broken_palettes_have_a_reason() -> None:
    """A missing table or descriptor, another depth, too few entries and unequal tables are told."""
    unequal = palette(b"\x01\x00\x02\x00")
    unequal.RedPaletteColorLookupTableDescriptor = [2, 1, 16]
    without = palette(b"\x01\x00\x02\x00")
    del without.BluePaletteColorLookupTableData
    for ds in (
        Dataset(),
        without,
        unequal,
        palette(b"\x01\x00\x02\x00", descriptor=(2, 0, 12)),
        palette(b"\x01\x00\x02\x00", descriptor=(9, 0, 16)),
        palette(b"\x01\x00\x02\x00", descriptor=(2, 0)),
    ):
        with pytest.raises(DecodeError) as caught:
            read_palette(ds)
        assert caught.value.reason_code == "bad_palette"
