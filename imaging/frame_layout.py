"""How the pixels of one data set are laid out: read from the header, checked before any byte is touched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from foundation.errors import DecodeError, NotAnImageError

if TYPE_CHECKING:  # the process that decodes in isolation imports this module and must start quickly
    from pydicom.dataset import Dataset

    from imaging.limits import Limits

PIXEL_KEYWORDS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")
_FLOAT_BITS = {"FloatPixelData": 32, "DoubleFloatPixelData": 64}
_INTEGER_BITS = (1, 8, 12, 16, 32)
_GREY = frozenset({"MONOCHROME1", "MONOCHROME2", "PALETTE COLOR"})
_COLOUR = frozenset(
    {"RGB", "YBR_FULL", "YBR_FULL_422", "YBR_PARTIAL_422", "YBR_PARTIAL_420", "YBR_ICT", "YBR_RCT"}
)


@dataclass(frozen=True)
class FrameLayout:
    """The Image Pixel attributes, as checked whole numbers (PS3.3 C.7.6.3).

    Args:
        height, width: of a frame, in pixels.
        num_frames: how many frames the header declares; None when it is unreadable.
        samples_per_pixel: 1 or 3.
        bits_allocated, bits_stored, high_bit: bits of one sample, and where they lie.
        signed: whether stored values are two's complement.
        is_float: whether the values are IEEE floats.
        photometric_interpretation: as declared.
        planar: whether colour comes plane by plane.
        keyword: which attribute holds the pixels.
    """

    height: int
    width: int
    num_frames: int | None
    samples_per_pixel: int
    bits_allocated: int
    bits_stored: int
    high_bit: int
    signed: bool
    is_float: bool
    photometric_interpretation: str
    planar: bool
    keyword: str

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of a decoded frame: (height, width), or (height, width, 3) for colour."""
        size = (self.height, self.width)
        return size if self.samples_per_pixel == 1 else (*size, self.samples_per_pixel)

    @property
    def num_samples(self) -> int:
        """Samples of one decoded frame."""
        return self.height * self.width * self.samples_per_pixel

    @property
    def dtype(self) -> np.dtype[Any]:
        """Dtype of stored values, in this machine's byte order."""
        if self.is_float:
            return np.dtype(f"f{self.bits_allocated // 8}")
        size = 1 if self.bits_allocated <= 8 else 2 if self.bits_allocated <= 16 else 4
        return np.dtype(f"{'i' if self.signed else 'u'}{size}")


def read_frame_layout(ds: Dataset, *, limits: Limits) -> FrameLayout:
    """Return how the pixels of a data set are laid out.

    Args:
        ds: a parsed data set; only its top level is read, so an icon is never taken for the picture.
        limits: most pixels and frames.

    Raises:
        NotAnImageError: it holds no pixels.
        DecodeError: the description is missing, contradicts itself, or is over a limit.

    Example:
        >>> from pydicom.dataset import Dataset
        >>> from imaging.limits import Limits
        >>> ds = Dataset()
        >>> ds.Rows, ds.Columns, ds.BitsAllocated, ds.PixelData = 1, 2, 8, b"ab"
        >>> read_frame_layout(ds, limits=Limits()).shape
        (1, 2)
    """
    keyword = next((name for name in PIXEL_KEYWORDS if name in ds), None)
    if keyword is None:
        raise NotAnImageError("no_pixels", "The data set holds no pixel data.")
    height, width = _required(ds, "Rows"), _required(ds, "Columns")
    num_frames = _number_of_frames(ds)
    _check_limits(height, width, num_frames, limits)
    samples, photometric = _samples_and_photometric(ds)
    bits_allocated, bits_stored, high_bit = _bits(ds, keyword)
    return FrameLayout(
        height=height,
        width=width,
        num_frames=num_frames,
        samples_per_pixel=samples,
        bits_allocated=bits_allocated,
        bits_stored=bits_stored,
        high_bit=high_bit,
        signed=_whole_number(ds, "PixelRepresentation", 0) == 1 and bits_allocated > 1,
        is_float=keyword in _FLOAT_BITS,
        photometric_interpretation=photometric,
        planar=samples > 1 and _whole_number(ds, "PlanarConfiguration", 0) == 1,
        keyword=keyword,
    )


def _check_limits(height: int, width: int, num_frames: int | None, limits: Limits) -> None:
    pixels, frames = height * width, num_frames or 1
    if pixels > limits.frame_pixels:
        raise DecodeError(
            "too_many_pixels",
            f"A frame of {height} x {width} is over the limit of {limits.frame_pixels} pixels.",
        )
    if frames > limits.frames:
        # Not how many: Number of Frames is text, and may hold any number.
        raise DecodeError("too_many_frames", f"More frames are declared than the limit, {limits.frames}.")
    if pixels * frames > limits.instance_pixels:
        raise DecodeError(
            "too_many_pixels",
            f"{frames} frames of {height} x {width} are over the limit of {limits.instance_pixels} pixels.",
        )


def _required(ds: Dataset, keyword: str) -> int:
    value = _whole_number(ds, keyword, 0)
    if value <= 0:
        raise DecodeError(
            "bad_pixel_description", f"{keyword} is missing or not above 0; no frame has that size."
        )
    return value


def _whole_number(ds: Dataset, keyword: str, default: int) -> int:
    """Return an attribute as a whole number; the default when it is absent or empty."""
    try:
        value = ds.get(keyword)
        if value is None or value == "":
            return default
        if isinstance(value, list | tuple) or not isinstance(value, int | float | str):
            value = value[0]
        return int(value)
    except (ValueError, TypeError, IndexError, ArithmeticError) as error:
        raise DecodeError(
            "bad_pixel_description", f"{keyword} is no whole number; the frame's layout is unknown."
        ) from error


def _number_of_frames(ds: Dataset) -> int | None:
    try:
        return max(1, _whole_number(ds, "NumberOfFrames", 1))
    except DecodeError:
        return None  # the length of the pixel bytes may still say it


def _samples_and_photometric(ds: Dataset) -> tuple[int, str]:
    text = str(ds.get("PhotometricInterpretation") or "").strip().upper()
    samples = _whole_number(ds, "SamplesPerPixel", 3 if text in _COLOUR else 1)
    text = text or ("RGB" if samples == 3 else "MONOCHROME2")
    if text not in _GREY and text not in _COLOUR:
        raise DecodeError(
            "unsupported_photometric",
            "The Photometric Interpretation is none that DICOM still defines for images;"
            " expected MONOCHROME1 or 2, PALETTE COLOR, RGB or a YBR kind.",
        )
    if samples not in (1, 3) or (samples == 3) != (text in _COLOUR):
        raise DecodeError(
            "bad_pixel_description", f"{samples} samples per pixel do not go with {text}; expected 1 or 3."
        )
    return samples, text


def _bits(ds: Dataset, keyword: str) -> tuple[int, int, int]:
    """Return bits allocated, bits stored and high bit."""
    if keyword in _FLOAT_BITS:
        bits = _FLOAT_BITS[keyword]
        return bits, bits, bits - 1
    allocated = _whole_number(ds, "BitsAllocated", 0)
    if allocated not in _INTEGER_BITS:
        raise DecodeError(
            "bad_pixel_description", f"Bits Allocated is {allocated}; expected 1, 8, 12, 16 or 32."
        )
    stored = _whole_number(ds, "BitsStored", allocated)
    if not 1 <= stored <= allocated:
        raise DecodeError(
            "bad_pixel_description", f"Bits Stored is {stored}; expected 1 to {allocated} (Bits Allocated)."
        )
    high_bit = _whole_number(ds, "HighBit", stored - 1)
    return allocated, stored, high_bit if stored - 1 <= high_bit < allocated else stored - 1
