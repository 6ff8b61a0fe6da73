"""How large, deep and long a file may be before it is refused, checked before memory is taken."""

from __future__ import annotations

from pydantic import PositiveInt

from foundation.contracts import Config


class Limits(Config):
    """Bounds for one file. The defaults hold every kind of radiological image we know of.

    Args:
        file_bytes: size of a file.
        inflated_bytes: size of a deflated data set after inflation.
        frame_pixels: height times width of one frame.
        instance_pixels: height times width times number of frames.
        frames: number of frames of one instance.
        nesting: sequences inside sequences.

    Example:
        >>> Limits().nesting
        32
        >>> Limits(frames=10).frames
        10
    """

    file_bytes: PositiveInt = 4 << 30
    inflated_bytes: PositiveInt = 2 << 30
    frame_pixels: PositiveInt = 1 << 27
    instance_pixels: PositiveInt = 1 << 31
    frames: PositiveInt = 20_000
    nesting: PositiveInt = 32
