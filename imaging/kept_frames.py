"""One frame as it is kept, whether it comes from a row or from a file read just now: the one chain.

Export and prediction both render here, so a picture made from the database alone is the picture that
a prediction sees of the same file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from imaging.pictures import ReadInstance
from imaging.rendering import (
    FrameOrigin,
    RenderingAttributes,
    RenderingChoice,
    RenderRecord,
    render_with_record,
)
from imaging.stored_values import decode_stored_values


@dataclass(frozen=True)
class KeptFrame:
    """One frame: its stored values in a lossless encoding, and what rendering needs.

    Attributes:
        content: PNG of stored values plus `offset`, or TIFF.
        encoding: "png" or "tiff".
        dtype: of the stored values.
        offset: what was added to each.
        rendering: `RenderingAttributes` as plain values; those of the frame where it has its own.
        origin: where the values came from.
    """

    content: bytes = field(repr=False)
    encoding: str
    dtype: str
    offset: int
    rendering: Mapping[str, Any]
    origin: FrameOrigin

    def render(self, rendering: str | RenderingChoice) -> tuple[NDArray[Any], RenderRecord]:
        """Return the picture and how it was made.

        Raises:
            DecodeError: the kept bytes are damaged.
            RenderError: the values are no picture.
            ConfigError: the rendering's text form is none.
        """
        stored_values = decode_stored_values(
            self.content, encoding=self.encoding, dtype=self.dtype, offset=self.offset
        )
        attributes = RenderingAttributes.model_validate(dict(self.rendering))
        return render_with_record(stored_values, attributes, rendering=rendering, origin=self.origin)


def kept_frames(instance: ReadInstance) -> Iterator[KeptFrame]:
    """Yield the frames of a file that was read just now, as its rows would give them back.

    Example:
        >>> import numpy as np
        >>> from imaging.pictures import ReadSettings, read_picture_or_instance
        >>> from imaging.png import encode_png
        >>> content = encode_png(np.full((2, 3), 7, np.uint8))
        >>> instance = read_picture_or_instance(content, settings=ReadSettings(key=bytes(32)))
        >>> [frame.render("window")[0].tolist() for frame in kept_frames(instance)]
        [[[7, 7, 7], [7, 7, 7]]]
    """
    header = instance.header
    for frame in instance.frames:
        yield KeptFrame(
            content=frame.encoded.content,
            encoding=frame.encoded.encoding,
            dtype=frame.encoded.dtype,
            offset=frame.encoded.offset,
            rendering=header.rendering if frame.rendering is None else frame.rendering,
            origin=FrameOrigin(
                frame_number=frame.frame_number,
                decoder=header.decoder or None,
                transfer_syntax_uid=header.transfer_syntax_uid,
                stored_values_sha256=frame.stored_values_sha256,
            ),
        )
