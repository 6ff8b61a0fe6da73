"""How large, deep and long a file may be before it is refused, checked before memory is taken."""

from __future__ import annotations

from pydantic import PositiveFloat, PositiveInt

from foundation.contracts import Config

_LARGE_PIXELS = 1 << 24
_LARGE_BYTES = 64 << 20


class Limits(Config):
    """Bounds for one file. The defaults hold every kind of radiological image we know of.

    Args:
        file_bytes: size of a file.
        inflated_bytes: size of a deflated data set after inflation.
        inflated_ratio: inflated bytes for each deflated one, in data sets of more than 64 MiB.
        frame_pixels: height times width of one frame.
        instance_pixels: height times width times number of frames.
        frames: number of frames of one instance.
        nesting: sequences inside sequences.
        elements: elements of the data set itself.
        nested_elements: elements of the data set and of its items, where these have no length of their
            own. Ten thousand frames with a hundred each, as functional groups have them, are a million.
        items: items of sequences and fragments of pixels, together.
        ratio: decoded samples for each compressed byte, in frames of more than 2^24 pixels.
        decoder_seconds: processor time for one compressed frame, to which one second is added for
            each million samples.

    Example:
        >>> Limits().nesting
        32
        >>> Limits(frames=10).frames
        10
    """

    file_bytes: PositiveInt = 4 << 30
    inflated_bytes: PositiveInt = 2 << 30
    inflated_ratio: PositiveInt = 100
    frame_pixels: PositiveInt = 1 << 27
    instance_pixels: PositiveInt = 1 << 31
    frames: PositiveInt = 20_000
    nesting: PositiveInt = 32
    elements: PositiveInt = 100_000
    nested_elements: PositiveInt = 1_000_000
    items: PositiveInt = 150_000
    ratio: PositiveInt = 500
    decoder_seconds: PositiveFloat = 1.5

    def decoder_seconds_for(self, num_samples: int) -> float:
        """Return the processor time that a decoder may take for a frame.

        Example:
            >>> Limits().decoder_seconds_for(2_000_000)
            3.5
        """
        return self.decoder_seconds + num_samples / 1e6

    def inflated_bytes_for(self, num_bytes: int) -> int:
        """Return how large a data set of so many deflated bytes may become.

        Example:
            >>> Limits().inflated_bytes_for(10) == 64 << 20
            True
        """
        return min(self.inflated_bytes, max(_LARGE_BYTES, self.inflated_ratio * num_bytes))

    def is_suspicious_ratio(self, *, num_pixels: int, num_samples: int, num_bytes: int) -> bool:
        """Return whether so few bytes are no picture of so many pixels but a trap for memory.

        Example:
            >>> Limits().is_suspicious_ratio(num_pixels=10**8, num_samples=10**8, num_bytes=999)
            True
        """
        return num_pixels > _LARGE_PIXELS and num_samples > self.ratio * num_bytes
