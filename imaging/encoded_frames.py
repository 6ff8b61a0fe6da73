"""One compressed frame as a decoder is given it, and what a decoder gives back.

Nothing heavy is imported here: the process that decodes in isolation starts with this module.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foundation.errors import DecodeError
from imaging.codestreams import Codestream
from imaging.frame_layout import FrameLayout


@dataclass(frozen=True)
class EncodedFrame:
    """One compressed frame, with what is known about it.

    Args:
        content: its bytes, fragments joined.
        layout: what the header says.
        codestream: what the bytes themselves say; None for RLE and deflate.
        transfer_syntax_uid: the syntax it is decoded as.
    """

    content: bytes
    layout: FrameLayout
    codestream: Codestream | None
    transfer_syntax_uid: str

    @property
    def precision(self) -> int:
        """Bits of a component as coded."""
        return self.codestream.precision if self.codestream else self.layout.bits_allocated


@dataclass(frozen=True)
class RawFrame:
    """Decoded containers, before masking, sign and colour.

    Args:
        values: height x width, or height x width x 3.
        is_rgb: whether the codec has already converted the colours.
    """

    values: NDArray[Any]
    is_rgb: bool = False


def container_dtype(precision: int) -> np.dtype[Any]:
    """Return the unsigned little-endian dtype that decoders use for components of so many bits.

    Example:
        >>> container_dtype(12)
        dtype('uint16')
    """
    size = 1 if precision <= 8 else 2 if precision <= 16 else 4
    return np.dtype(f"<u{size}")


def shape_samples(content: Any, dtype: np.dtype[Any], layout: FrameLayout, *, planar: bool) -> NDArray[Any]:
    """Return a decoder's bytes as height x width, or height x width x 3.

    Args:
        content: the bytes.
        dtype: of one sample.
        layout: the frame's.
        planar: whether colour comes plane by plane.

    Raises:
        DecodeError: `size_mismatch`, another number of bytes than the frame has.
    """
    expected = layout.num_samples * dtype.itemsize
    if not expected <= len(content) <= expected + 1:  # one byte may pad to an even length
        raise DecodeError("size_mismatch", f"The decoder returned {len(content)} bytes; expected {expected}.")
    values = np.frombuffer(content, dtype, count=layout.num_samples)
    if layout.samples_per_pixel > 1 and planar:
        planes = values.reshape(layout.samples_per_pixel, layout.height, layout.width)
        return np.ascontiguousarray(planes.transpose(1, 2, 0))
    return values.reshape(layout.shape)
