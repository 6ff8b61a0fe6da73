"""Stored values to a picture: one chain, used by export and by prediction alike.

Stored values -> modality LUT or rescale -> VOI LUT, else the first window -> one polarity decision
-> rounding half up. Without a legal window, minimum to maximum of the frame. Padding is 0 whatever
the polarity. Colour passes through. For integers of up to 16 bits the chain is folded into one
lookup table, which gives the very same pixels.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foundation.errors import RenderError
from imaging.named_renderings import RENDERINGS, Rendering
from imaging.pixel_hashes import hash_pixels
from imaging.render_records import FrameOrigin, RenderRecord
from imaging.rendering_attributes import (
    RenderingAttributes,
    frame_rendering_attributes,
    rendering_attributes,
)
from imaging.rendering_texts import RenderingChoice, combine_rendering, parse_rendering
from imaging.scalings import Scaling, by_window, to_display
from imaging.value_tables import every_value, has_table, iterate_strips, look_up_frame
from imaging.windows import Window

__all__ = [
    "RENDERINGS",
    "FrameOrigin",
    "RenderRecord",
    "Rendering",
    "RenderingAttributes",
    "RenderingChoice",
    "Window",
    "combine_rendering",
    "frame_rendering_attributes",
    "parse_rendering",
    "render",
    "render_with_record",
    "rendering_attributes",
]

_LEVELS_16_BIT_PER_8_BIT = 257  # 65535 / 255


def render(
    stored_values: NDArray[Any],
    attributes: RenderingAttributes,
    *,
    rendering: str | RenderingChoice = "window",
) -> NDArray[Any]:
    """Return the picture of one frame.

    Args:
        stored_values: height x width of any integer or float dtype, or height x width x 3 RGB.
        attributes: what the header says about this frame.
        rendering: the text form (see `imaging.rendering_texts`), or what was read from it.

    Returns:
        uint8 or uint16, of the shape given.

    Raises:
        RenderError: the values are no picture.
        ConfigError: the text form is none; UnknownNameError where a name is not known.

    Example:
        >>> values = np.array([[0, 1, 2, 3]], np.uint16)
        >>> render(values, RenderingAttributes(), rendering="window:2,3").tolist()
        [[0, 64, 191, 255]]
    """
    choice = parse_rendering(rendering) if isinstance(rendering, str) else rendering
    picture, _ = _render(stored_values, attributes, choice)
    return picture


def render_with_record(
    stored_values: NDArray[Any],
    attributes: RenderingAttributes,
    *,
    rendering: str | RenderingChoice = "window",
    origin: FrameOrigin | None = None,
) -> tuple[NDArray[Any], RenderRecord]:
    """Return the picture of one frame, and how it was made.

    Args:
        stored_values: as of `render`.
        attributes: as of `render`.
        rendering: as of `render`.
        origin: where the values came from, for the record.

    Raises: as `render`.
    """
    choice = parse_rendering(rendering) if isinstance(rendering, str) else rendering
    picture, described = _render(stored_values, attributes, choice)
    origin = origin or FrameOrigin()
    record = RenderRecord(
        rendering=choice.text,
        frame_number=origin.frame_number,
        decoder=origin.decoder,
        transfer_syntax_uid=origin.transfer_syntax_uid,
        bits=16 if choice.bits == 16 else 8,
        input_sha256=origin.stored_values_sha256 or hash_pixels(stored_values),
        output_sha256=hash_pixels(picture),
        **described,
    )
    return picture, record


def _render(
    stored_values: NDArray[Any], attributes: RenderingAttributes, choice: RenderingChoice
) -> tuple[NDArray[Any], dict[str, Any]]:
    """Return the picture, and what the record says of the way from values to levels."""
    if (
        stored_values.ndim not in (2, 3)
        or stored_values.shape[2:] not in ((), (3,))
        or not stored_values.size
    ):
        raise RenderError("no_picture", "A frame is height x width, or that x 3, with at least one pixel.")
    named = RENDERINGS[choice.name]
    if stored_values.ndim == 3:
        picture = _scale_colour(stored_values, attributes, choice.bits)
        return picture, _untouched("colour", "colour passes through")
    if named.published is not None:
        picture = named.published(stored_values, attributes)
        deep = picture if choice.bits == 8 else picture.astype(np.uint16) * _LEVELS_16_BIT_PER_8_BIT
        inverts = attributes.is_inverted and named.inverts
        return deep, _untouched("published", "the published recipe", inverts=inverts)
    if choice.window is not None:
        scaling = by_window(choice.window, why="asked for")
    else:
        scaling = named.choose(stored_values, attributes)
    return _map_frame(stored_values, attributes, scaling, choice.bits), _describe(attributes, scaling)


def _map_frame(
    stored_values: NDArray[Any], attributes: RenderingAttributes, scaling: Scaling, bits: int
) -> NDArray[Any]:
    dtype = stored_values.dtype.newbyteorder("=")
    if not has_table(dtype):
        picture = np.empty(stored_values.shape, np.uint8 if bits == 8 else np.uint16)
        for strip in iterate_strips(stored_values):  # the chain takes several doubles for each value
            picture[strip] = to_display(stored_values[strip], attributes, scaling, bits=bits)
        return picture
    return look_up_frame(stored_values, _folded_table(attributes, scaling, bits, dtype.str))


@lru_cache(maxsize=32)
def _folded_table(attributes: RenderingAttributes, scaling: Scaling, bits: int, dtype: str) -> NDArray[Any]:
    """Return the chain for every bit pattern of an integer dtype."""
    return to_display(every_value(np.dtype(dtype)), attributes, scaling, bits=bits)


def _scale_colour(values: NDArray[Any], attributes: RenderingAttributes, bits: int) -> NDArray[Any]:
    """Return colour in the picture's bits; what already has them passes through."""
    dtype = np.dtype(np.uint8 if bits == 8 else np.uint16)
    bits_stored = min(attributes.bits_stored, 8 * values.dtype.itemsize)
    if values.dtype == dtype and bits_stored == bits:
        return values
    if has_table(values.dtype):
        return look_up_frame(values, _colour_table(bits_stored, bits, values.dtype.newbyteorder("=").str))
    picture = np.empty(values.shape, dtype)
    for strip in iterate_strips(values):
        picture[strip] = _scale_samples(values[strip], bits_stored, bits)
    return picture


@lru_cache(maxsize=8)
def _colour_table(bits_stored: int, bits: int, dtype: str) -> NDArray[Any]:
    """Return every value of a colour's dtype in the picture's bits."""
    return _scale_samples(every_value(np.dtype(dtype)), bits_stored, bits)


def _scale_samples(values: NDArray[Any], bits_stored: int, bits: int) -> NDArray[Any]:
    largest = float((1 << bits) - 1)
    scaled = np.floor(values.astype(np.float64) * largest / float((1 << bits_stored) - 1) + 0.5)
    return np.clip(scaled, 0.0, largest).astype(np.uint8 if bits == 8 else np.uint16)


def _untouched(voi: str, why: str, *, inverts: bool = False) -> dict[str, Any]:
    return {"modality": "ignored", "voi": voi, "why": why, "polarity": _polarity(inverts=inverts)}


def _describe(attributes: RenderingAttributes, scaling: Scaling) -> dict[str, Any]:
    described: dict[str, Any] = {
        "modality": "lut" if attributes.modality_lut is not None else "rescale",
        "voi": scaling.path,
        "why": scaling.why,
        "polarity": _polarity(inverts=attributes.is_inverted),
        "padding": attributes.padding_range,
    }
    if attributes.modality_lut is None:
        described["rescale"] = (attributes.rescale_slope, attributes.rescale_intercept)
    if scaling.window is not None:
        described["window"] = (scaling.window.center, scaling.window.width)
        described["voi_lut_function"] = scaling.function
    if scaling.path == "range":
        described["scaled_range"] = (scaling.low, scaling.high)
    return described


def _polarity(*, inverts: bool) -> str:
    return "inverted" if inverts else "as stored"
