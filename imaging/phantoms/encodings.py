"""How a picture becomes stored values, and what a reader needs to see the picture again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from imaging.phantoms.drawing import Grid

Display = Literal["plain", "window", "several_windows", "sigmoid", "voi_lut"]
StoredValues = NDArray[np.uint8] | NDArray[np.uint16] | NDArray[np.int16]

DISPLAYS: tuple[Display, ...] = ("plain", "window", "several_windows", "sigmoid", "voi_lut")

_LUT_BITS = 12
_LARGEST_LUT_BITS = 12


@dataclass(frozen=True, slots=True)
class Encoding:
    """How the values of one image are stored.

    Args:
        monochrome1: the smallest value is white.
        bits_stored: 8, 10, 12 or 16.
        display: by which VOI attributes the picture comes back; "plain" has none.
        signed: stored as signed values.
        slope, intercept: from stored values to modality values.
    """

    monochrome1: bool
    bits_stored: int
    display: Display
    signed: bool = False
    slope: float = 1.0
    intercept: float = 0.0

    @property
    def bits_allocated(self) -> int:
        """Bits that each value takes in the file."""
        return 8 if self.bits_stored == 8 else 16


@dataclass(frozen=True, slots=True)
class Window:
    """Centres and widths in modality values, and the function they belong to."""

    centres: tuple[float, ...]
    widths: tuple[float, ...]
    function: str | None = None


@dataclass(frozen=True, slots=True)
class LookupTable:
    """A VOI LUT over all stored values from 0 on."""

    values: tuple[int, ...]
    bits: int


@dataclass(frozen=True, slots=True)
class Encoded:
    """Stored values with what their display needs."""

    stored_values: StoredValues
    window: Window | None = None
    lookup_table: LookupTable | None = None


def draw_encoding(rng: np.random.Generator, *, computed: bool, compressed: bool) -> Encoding:
    """Draw an encoding that a real device might have chosen.

    Args:
        rng: draws it.
        computed: computed radiography, whose images may be rescaled or signed.
        compressed: signed values then stay away: codecs disagree about them.
    """
    bits = int(rng.choice([8, 10, 12, 12, 16]))
    display = DISPLAYS[rng.choice(len(DISPLAYS), p=[0.3, 0.32, 0.1, 0.1, 0.18])]
    slope, intercept = 1.0, 0.0
    if bits > _LARGEST_LUT_BITS and display == "voi_lut":
        display = "window"
    signed = computed and not compressed and bits > 8 and display != "voi_lut" and bool(rng.random() < 0.3)
    if computed and display != "voi_lut" and rng.random() < 0.4:
        slope, intercept = float(rng.choice([0.5, 2.0, 1.0])), float(rng.choice([-1024.0, 12.5, 100.0]))
    return Encoding(
        monochrome1=bool(rng.random() < 0.3),
        bits_stored=bits,
        display=display,
        signed=signed,
        slope=slope,
        intercept=intercept,
    )


def encode(picture: Grid, encoding: Encoding) -> Encoded:
    """Store a picture.

    Args:
        picture: float, height x width, 0 to 1, dense tissue bright.
        encoding: how.

    Example:
        >>> picture = np.array([[0.0, 1.0]], np.float32)
        >>> encoding = Encoding(monochrome1=True, bits_stored=12, display="plain")
        >>> encode(picture, encoding).stored_values.tolist()
        [[4095, 0]]
    """
    # PS3.3 C.7.6.3.1.2: in MONOCHROME1 the smallest value is white.
    shown = 1 - picture if encoding.monochrome1 else picture
    largest = (1 << encoding.bits_stored) - 1
    if encoding.display == "plain":
        return Encoded(_store(shown * largest, encoding))
    if encoding.display == "voi_lut":
        return _encode_with_table(shown, encoding, largest)
    low, high = round(0.12 * largest), round(0.8 * largest)
    stored_values = _store(low + shown * (high - low), encoding)
    return Encoded(stored_values, window=_window(encoding, low, high))


def _encode_with_table(shown: Grid, encoding: Encoding, largest: int) -> Encoded:
    """Store the square root of the picture, and a table that squares it again."""
    positions = np.arange(largest + 1) / largest
    values = np.rint(positions**2 * ((1 << _LUT_BITS) - 1)).astype(int)
    return Encoded(
        _store(np.sqrt(shown) * largest, encoding),
        lookup_table=LookupTable(tuple(values.tolist()), _LUT_BITS),
    )


def _window(encoding: Encoding, low: int, high: int) -> Window:
    """Return the window that shows stored values from low to high."""
    offset = _sign_offset(encoding)
    first, last = (encoding.slope * (value - offset) + encoding.intercept for value in (low, high))
    # PS3.3 C.11.2.1.2.1: LINEAR maps centre - 0.5 -+ (width - 1) / 2 to the ends.
    centre, width = (first + last) / 2 + 0.5, last - first + 1
    if encoding.display == "several_windows":
        return Window((centre, centre + width / 8), (width, width / 2), "LINEAR")
    if encoding.display == "sigmoid":
        return Window((centre - 0.5,), (0.8 * width,), "SIGMOID")
    return Window((centre,), (width,))


def _store(values: NDArray[Any], encoding: Encoding) -> StoredValues:
    """Round to the integers of the encoding."""
    whole: NDArray[np.int64] = np.rint(values).astype(np.int64) - _sign_offset(encoding)
    if encoding.signed:
        return whole.astype(np.int16)
    return whole.astype(np.uint8) if encoding.bits_allocated == 8 else whole.astype(np.uint16)


def _sign_offset(encoding: Encoding) -> int:
    """Return what signed storage subtracts."""
    return 1 << (encoding.bits_stored - 1) if encoding.signed else 0
