"""Frames that were stored as they are: cut, checked for length, put into this machine's byte order."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from foundation.errors import DecodeError
from imaging.bit_fields import unpack_bits, unpack_twelve_bits
from imaging.colour import expand_422
from imaging.frame_layout import FrameLayout

_SUBSAMPLED = ("YBR_FULL_422", "YBR_PARTIAL_422")


class NativeFrames:
    """The frames of one native pixel attribute, cut when asked for.

    Args:
        content: the attribute's bytes.
        layout: how they are laid out.
        big_endian: byte order of words (Explicit VR Big Endian).
        words: whether the bytes stand in 16-bit words (VR OW), which big-endian swaps.

    Raises:
        DecodeError: there are fewer bytes than the declared frames need.

    Example:
        >>> from imaging.limits import Limits
        >>> from imaging.frame_layout import read_frame_layout
        >>> from pydicom.dataset import Dataset
        >>> ds = Dataset()
        >>> ds.Rows, ds.Columns, ds.BitsAllocated, ds.PixelData = 1, 2, 8, b"ab"
        >>> layout = read_frame_layout(ds, limits=Limits())
        >>> NativeFrames(ds.PixelData, layout).frame(0).tolist()
        [[97, 98]]
    """

    def __init__(
        self, content: bytes, layout: FrameLayout, *, big_endian: bool = False, words: bool = False
    ) -> None:
        self._layout = layout
        self._subsampled = _is_subsampled(layout, len(content))
        bits = layout.num_samples * layout.bits_allocated
        self._frame_bits = bits * 2 // 3 if self._subsampled else bits
        self.num_frames = self._count_frames(len(content))
        self._bytes = np.frombuffer(content, np.uint8)
        self._big_endian = big_endian
        if big_endian and words and layout.bits_allocated <= 8:
            even = self._bytes[: len(self._bytes) // 2 * 2]
            self._bytes = even.view(">u2").astype("<u2").view(np.uint8)

    def frame(self, index: int) -> NDArray[Any]:
        """Return the containers of one frame.

        Args:
            index: counted from 0.

        Returns:
            height x width, or height x width x 3. A view of the bytes where nothing had to move.
        """
        layout = self._layout
        values = self._samples(index)
        if self._subsampled:
            return expand_422(values, height=layout.height, width=layout.width)
        if layout.planar:
            planes = values.reshape(layout.samples_per_pixel, layout.height, layout.width)
            return np.ascontiguousarray(planes.transpose(1, 2, 0))
        return values.reshape(layout.shape)

    def _samples(self, index: int) -> NDArray[Any]:
        layout = self._layout
        start = index * self._frame_bits
        if layout.bits_allocated == 1:
            return unpack_bits(self._bytes, start=start, count=layout.num_samples)
        first, size = start // 8, self._frame_bits // 8
        if layout.bits_allocated == 12:
            return unpack_twelve_bits(self._bytes[first : first + size + 1], count=layout.num_samples)
        kind = "f" if layout.is_float else "u"
        dtype = np.dtype(f"{'>' if self._big_endian else '<'}{kind}{layout.bits_allocated // 8}")
        values = np.frombuffer(self._bytes, dtype, count=size // dtype.itemsize, offset=first)
        return values.astype(dtype.newbyteorder("=")) if self._big_endian else values

    def _count_frames(self, num_bytes: int) -> int:
        """Return the number of frames, from the length of the bytes where the header cannot say."""
        declared = self._layout.num_frames
        if declared is None:
            count, rest = divmod(8 * num_bytes, self._frame_bits)
            if count and rest < 16:
                return count
            raise DecodeError(
                "bad_pixel_description",
                "Number of Frames is no whole number, and the pixel bytes are no whole number of frames.",
            )
        expected = -(-declared * self._frame_bits // 8)
        if num_bytes < expected:
            raise DecodeError(
                "truncated_pixels", f"The pixel data holds {num_bytes} bytes; {expected} were expected."
            )
        # PS3.5 8.1.1: one byte may be added to make the length even; a whole frame more is no padding.
        even = expected + expected % 2
        if 8 * (num_bytes - even) >= self._frame_bits:
            raise DecodeError(
                "more_frames_than_declared",
                f"The pixel data holds {num_bytes} bytes, at least a frame more than the {declared} frame(s)"
                f" declared, which take {expected}.",
            )
        return declared


def _is_subsampled(layout: FrameLayout, num_bytes: int) -> bool:
    """Say whether chroma is stored for every second pixel only.

    Files labelled YBR_FULL_422 whose bytes hold every pixel's chroma occur; their length tells.
    """
    if layout.photometric_interpretation not in _SUBSAMPLED:
        return False
    full = layout.num_samples * (layout.bits_allocated // 8) * (layout.num_frames or 1)
    if num_bytes >= full:
        return False
    if layout.width % 2:
        raise DecodeError("bad_pixel_description", "YBR 4:2:2 needs an even number of columns.")
    return True
