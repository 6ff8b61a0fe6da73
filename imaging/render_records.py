"""How one picture was made of one frame: written beside the picture, enough to make it again."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from foundation.contracts import Config
from imaging.windows import VoiLutFunction


class FrameOrigin(Config):
    """Where stored values came from.

    Args:
        frame_number: from 1.
        decoder: package and version that decoded the instance.
        transfer_syntax_uid: what the file was encoded in; None for a plain picture.
        stored_values_sha256: over shape, dtype and values.
    """

    frame_number: int = Field(default=1, ge=1)
    decoder: str | None = None
    transfer_syntax_uid: str | None = None
    stored_values_sha256: str | None = None


class RenderRecord(Config):
    """How one picture was made.

    Args:
        rendering: the text form, as `imaging.rendering.parse_rendering` takes it.
        frame_number: of the instance, from 1.
        decoder: package and version.
        transfer_syntax_uid: what the file was encoded in.
        modality: "rescale", "lut" or "ignored".
        rescale: slope and intercept, where the modality path is "rescale".
        voi: "window", "voi_lut", "range", "colour" (passed through) or "published".
        why: what decided the VOI path.
        window: centre and width in modality values.
        voi_lut_function: what the window means.
        scaled_range: the modality values that became black and white, of the VOI path "range".
        padding: lowest and highest stored value that are no measurement and so black.
        polarity: "inverted" for MONOCHROME1.
        bits: of the picture.
        input_sha256: over shape, dtype and values of the stored values.
        output_sha256: the same over the picture; a picture file is not hashed.
    """

    rendering: str
    frame_number: int
    decoder: str | None = None
    transfer_syntax_uid: str | None = None
    modality: Literal["rescale", "lut", "ignored"]
    rescale: tuple[float, float] | None = None
    voi: Literal["window", "voi_lut", "range", "colour", "published"]
    why: str
    window: tuple[float, float] | None = None
    voi_lut_function: VoiLutFunction | None = None
    scaled_range: tuple[float, float] | None = None
    padding: tuple[float, float] | None = None
    polarity: Literal["as stored", "inverted"]
    bits: Literal[8, 16]
    input_sha256: str | None = None
    output_sha256: str

    def plain(self) -> dict[str, Any]:
        """Return the record as plain JSON values, without what does not apply.

        Example:
            >>> record = RenderRecord(rendering="window", frame_number=1, modality="ignored", bits=8,
            ...                       voi="colour", why="colour", polarity="as stored", output_sha256="")
            >>> sorted(set(record.plain()) - {"rendering", "frame_number", "bits"})
            ['modality', 'output_sha256', 'polarity', 'voi', 'why']
        """
        return self.model_dump(mode="json", exclude_none=True)
