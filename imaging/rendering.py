"""Stored values to a picture: one chain, used by export and by prediction alike.

Stored values -> modality LUT or rescale -> VOI LUT, else the first window -> one polarity decision
-> rounding half up. Without a legal window, minimum to maximum of the frame. Padding is 0 whatever
the polarity. Colour passes through. For integers of up to 16 bits the chain is folded into one
lookup table, which gives the very same pixels.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from foundation.errors import RenderError
from foundation.registries import look_up
from imaging.rendering_attributes import (
    RenderingAttributes,
    frame_rendering_attributes,
    rendering_attributes,
)
from imaging.windows import WINDOW_PRESETS, VoiLutFunction, Window, apply_window

__all__ = [
    "RENDERINGS",
    "Rendering",
    "RenderingAttributes",
    "Window",
    "frame_rendering_attributes",
    "render",
    "render_with_record",
    "rendering_attributes",
]

Floats = NDArray[np.float64]
_PERCENTILES = (0.5, 99.5)


@dataclass(frozen=True)
class Scaling:
    """How modality values become display values.

    Args:
        path: "window", "voi_lut" or "range".
        why: in a few words, for the render record.
        window, function: of path "window".
        low, high: of path "range", in modality values.
    """

    path: str
    why: str
    window: Window | None = None
    function: VoiLutFunction = "LINEAR"
    low: float = 0.0
    high: float = 0.0


@dataclass(frozen=True)
class Rendering:
    """A named way from stored values to a picture.

    Args:
        summary: one sentence for people.
        bits: of the picture, 8 or 16.
        choose: how the scaling is found; None for the two-step recipes of `historic`.
        historic: a published recipe that works on stored values and ignores the header's windows.
    """

    summary: str
    bits: int = 8
    choose: Callable[[NDArray[Any], RenderingAttributes], Scaling] | None = None
    historic: Callable[[NDArray[Any], RenderingAttributes], NDArray[np.uint8]] | None = None


def render(
    stored_values: NDArray[Any],
    attributes: RenderingAttributes,
    *,
    rendering: str = "window",
    window: Window | str | None = None,
    bits: int | None = None,
) -> NDArray[Any]:
    """Return the picture of one frame.

    Args:
        stored_values: height x width of any integer or float dtype, or height x width x 3 RGB.
        attributes: what the header says about this frame.
        rendering: a name in `RENDERINGS`.
        window: takes the place of the header's VOI: a window in modality values or a preset's name.
        bits: 8 or 16; the rendering's own without it.

    Returns:
        uint8 or uint16, of the shape given.

    Raises:
        RenderError: the window given is illegal, or the values are no picture.
        UnknownNameError: no rendering or preset has the name.

    Example:
        >>> window = Window(center=2, width=3)
        >>> render(np.array([[0, 1, 2, 3]], np.uint16), RenderingAttributes(), window=window).tolist()
        [[0, 64, 191, 255]]
    """
    picture, _ = render_with_record(stored_values, attributes, rendering=rendering, window=window, bits=bits)
    return picture


def render_with_record(
    stored_values: NDArray[Any],
    attributes: RenderingAttributes,
    *,
    rendering: str = "window",
    window: Window | str | None = None,
    bits: int | None = None,
) -> tuple[NDArray[Any], dict[str, Any]]:
    """Return the picture of one frame, and how it was made as plain JSON values.

    Args, Raises: as `render`.
    """
    chosen = look_up(RENDERINGS, rendering, kind="rendering")
    bits = bits or chosen.bits
    if bits not in (8, 16):
        raise RenderError("bad_bits", f"A picture has 8 or 16 bits. Received: {bits}.")
    record: dict[str, Any] = {"rendering": rendering, "bits": bits}
    if stored_values.ndim == 3:
        return _scale_colour(stored_values, attributes, bits), record | {"voi": "colour"}
    if stored_values.ndim != 2 or stored_values.size == 0:
        raise RenderError("no_picture", "A frame is height x width, or that x 3, with at least one pixel.")
    if chosen.historic is not None:
        picture = chosen.historic(stored_values, attributes)
        return (picture if bits == 8 else picture.astype(np.uint16) * 257), record | {"voi": rendering}
    scaling = _given(window) if window is not None else _choose(chosen, stored_values, attributes)
    picture = _map_frame(stored_values, attributes, scaling, bits)
    return picture, record | _describe(attributes, scaling)


def _choose(chosen: Rendering, stored_values: NDArray[Any], attributes: RenderingAttributes) -> Scaling:
    if chosen.choose is None:
        raise RenderError("no_scaling", "The rendering has no scaling.")
    return chosen.choose(stored_values, attributes)


def _given(window: Window | str) -> Scaling:
    if isinstance(window, str):
        window = look_up(WINDOW_PRESETS, window, kind="window preset")
    if not window.is_legal("LINEAR"):
        raise RenderError("bad_window", f"A window's width is at least 1. Received: {window.width:g}.")
    return Scaling("window", "given", window)


def _by_header(stored_values: NDArray[Any], attributes: RenderingAttributes) -> Scaling:
    if attributes.voi_lut is not None:
        return Scaling("voi_lut", "VOI LUT in the header")
    if not attributes.windows:
        return _by_range(stored_values, attributes, why="no window in the header")
    first, function = attributes.windows[0], attributes.voi_lut_function
    if not first.is_legal(function):
        return _by_range(stored_values, attributes, why="illegal window in the header")
    return Scaling("window", "first window in the header", first, function)


def _by_range(
    stored_values: NDArray[Any], attributes: RenderingAttributes, *, why: str = "minimum to maximum"
) -> Scaling:
    low, high = _modality_extremes(stored_values, attributes)
    return Scaling("range", why, low=low, high=high)


def _by_percentiles(stored_values: NDArray[Any], attributes: RenderingAttributes) -> Scaling:
    kept = stored_values[~_padding_mask(stored_values, attributes)]
    if kept.size == 0:
        return Scaling("range", "only padding")
    values = modality_values(kept.astype(np.float64), attributes)
    low, high = np.percentile(values, _PERCENTILES)
    return Scaling("range", "percentiles 0.5 and 99.5", low=float(low), high=float(high))


def modality_values(stored_values: Floats, attributes: RenderingAttributes) -> Floats:
    """Return modality values, such as Hounsfield units (PS3.3 C.11.1).

    Example:
        >>> modality_values(np.array([24.0]), RenderingAttributes(rescale_intercept=-1024)).tolist()
        [-1000.0]
    """
    if attributes.modality_lut is not None:
        return attributes.modality_lut.look_up(stored_values)
    return stored_values * attributes.rescale_slope + attributes.rescale_intercept


def _padding_mask(values: NDArray[Any], attributes: RenderingAttributes) -> NDArray[np.bool_]:
    """Return where stored values are padding or not a number."""
    mask = np.isnan(values) if values.dtype.kind == "f" else np.zeros(values.shape, dtype=np.bool_)
    if attributes.padding_range is not None:
        low, high = attributes.padding_range
        mask |= (values >= low) & (values <= high)
    return mask


def _modality_extremes(stored_values: NDArray[Any], attributes: RenderingAttributes) -> tuple[float, float]:
    """Return the least and largest modality value of the frame, padding and infinities left out."""
    plain = stored_values.dtype.kind != "f" and attributes.padding_range is None
    kept = stored_values if plain else stored_values[~_padding_mask(stored_values, attributes)]
    if kept.dtype.kind == "f":
        kept = kept[np.isfinite(kept)]
    if kept.size == 0:
        return 0.0, 0.0
    if attributes.modality_lut is not None:
        kept = np.unique(kept)
        values = modality_values(kept.astype(np.float64), attributes)
    else:
        ends = np.array([kept.min(), kept.max()], dtype=np.float64)
        values = modality_values(ends, attributes)
    return float(values.min()), float(values.max())


def _map_frame(
    stored_values: NDArray[Any], attributes: RenderingAttributes, scaling: Scaling, bits: int
) -> NDArray[Any]:
    dtype = stored_values.dtype.newbyteorder("=")
    if dtype.kind == "f" or dtype.itemsize > 2:
        return _to_display(stored_values, attributes, scaling, bits)
    return _look_up_frame(stored_values, _folded_table(attributes, scaling, bits, dtype.str))


@lru_cache(maxsize=32)
def _folded_table(attributes: RenderingAttributes, scaling: Scaling, bits: int, dtype: str) -> NDArray[Any]:
    """Return the chain for every bit pattern of an integer dtype."""
    return _to_display(_every_value(np.dtype(dtype)), attributes, scaling, bits)


def _every_value(dtype: np.dtype[Any]) -> NDArray[Any]:
    return np.arange(1 << 8 * dtype.itemsize, dtype=f"u{dtype.itemsize}").view(dtype)


def _look_up_frame(stored_values: NDArray[Any], table: NDArray[Any]) -> NDArray[Any]:
    native = np.ascontiguousarray(stored_values, dtype=stored_values.dtype.newbyteorder("="))
    index = native.view(f"u{native.dtype.itemsize}")
    try:
        return np.asarray(cv2.LUT(index, table))
    except cv2.error:  # OpenCV before 5 has no tables of 65536
        return table.take(index)


def _to_display(
    stored_values: NDArray[Any], attributes: RenderingAttributes, scaling: Scaling, bits: int
) -> NDArray[Any]:
    largest = float((1 << bits) - 1)
    values = modality_values(stored_values.astype(np.float64), attributes)
    if scaling.path == "voi_lut" and attributes.voi_lut is not None:
        # C.11.2.1.1: the table's output spans 0 to 2^bits - 1
        display = attributes.voi_lut.look_up(values) * (largest / ((1 << attributes.voi_lut.bits) - 1))
    elif scaling.path == "window" and scaling.window is not None:
        display = apply_window(values, scaling.window, scaling.function, largest=largest)
    else:
        display = _scale_range(values, scaling, largest)
    if attributes.is_inverted:
        display = largest - display
    display[_padding_mask(stored_values, attributes)] = 0.0
    rounded = np.floor(display + 0.5, out=display)
    return rounded.astype(np.uint8 if bits == 8 else np.uint16)


def _scale_range(values: Floats, scaling: Scaling, largest: float) -> Floats:
    span = scaling.high - scaling.low
    if not span > 0.0:
        return np.zeros_like(values)
    return np.clip((values - scaling.low) / span, 0.0, 1.0) * largest


def _scale_colour(values: NDArray[Any], attributes: RenderingAttributes, bits: int) -> NDArray[Any]:
    """Return colour in the picture's bits; what already has them passes through."""
    dtype = np.dtype(np.uint8 if bits == 8 else np.uint16)
    bits_stored = min(attributes.bits_stored, 8 * values.dtype.itemsize)
    if values.dtype == dtype and bits_stored == bits:
        return values
    factor = float((1 << bits) - 1) / float((1 << bits_stored) - 1)
    scaled = np.floor(values.astype(np.float64) * factor + 0.5)
    return np.clip(scaled, 0.0, float((1 << bits) - 1)).astype(dtype)


def _describe(attributes: RenderingAttributes, scaling: Scaling) -> dict[str, Any]:
    described: dict[str, Any] = {
        "modality": "lut" if attributes.modality_lut is not None else "rescale",
        "voi": scaling.path,
        "why": scaling.why,
        "polarity": "inverted" if attributes.is_inverted else "as stored",
    }
    if attributes.modality_lut is None:
        described["rescale"] = [attributes.rescale_slope, attributes.rescale_intercept]
    if scaling.window is not None:
        described["window"] = [scaling.window.center, scaling.window.width]
        described["voi_lut_function"] = scaling.function
    if scaling.path == "range":
        described["range"] = [scaling.low, scaling.high]
    if attributes.padding_range is not None:
        described["padding"] = list(attributes.padding_range)
    return described


def _truncated(stored_values: NDArray[Any], low: float, high: float) -> NDArray[np.uint8]:
    """Return (value - low) / (high - low) * 255 cut to whole numbers, values below low as 0."""

    def scale(values: NDArray[Any]) -> NDArray[np.uint8]:
        if not high > low:
            return np.zeros(values.shape, dtype=np.uint8)
        shifted = np.clip(values.astype(np.float64) - low, 0.0, high - low)
        return np.nan_to_num(shifted / (high - low) * 255.0).astype(np.uint8)

    dtype = stored_values.dtype.newbyteorder("=")
    if dtype.kind == "f" or dtype.itemsize > 2:
        return scale(stored_values)
    return _look_up_frame(stored_values, scale(_every_value(dtype)))


def _medicalcv(stored_values: NDArray[Any], attributes: RenderingAttributes) -> NDArray[np.uint8]:
    """The original MedicalCV formula: stored values alone, the header ignored on purpose."""
    del attributes
    return _truncated(stored_values, 0.0, _finite_extremes(stored_values)[1])


def _chexpert(stored_values: NDArray[Any], attributes: RenderingAttributes) -> NDArray[np.uint8]:
    """CheXpert (Irvin et al. 2019): scaled by the maximum, inverted where needed, equalised."""
    return _equalised(_truncated(stored_values, 0.0, _finite_extremes(stored_values)[1]), attributes)


def _mimic_cxr_jpg(stored_values: NDArray[Any], attributes: RenderingAttributes) -> NDArray[np.uint8]:
    """MIMIC-CXR-JPG (Johnson et al. 2019): minimum to maximum, inverted where needed, equalised."""
    return _equalised(_truncated(stored_values, *_finite_extremes(stored_values)), attributes)


def _equalised(picture: NDArray[np.uint8], attributes: RenderingAttributes) -> NDArray[np.uint8]:
    upright = 255 - picture if attributes.is_inverted else picture
    return np.asarray(cv2.equalizeHist(upright), dtype=np.uint8)


def _finite_extremes(stored_values: NDArray[Any]) -> tuple[float, float]:
    kept = stored_values[np.isfinite(stored_values)] if stored_values.dtype.kind == "f" else stored_values
    return (float(kept.min()), float(kept.max())) if kept.size else (0.0, 0.0)


RENDERINGS: dict[str, Rendering] = {
    "chexpert": Rendering(
        "Scaled by the maximum, inverted where needed, histogram equalised (CheXpert).",
        historic=_chexpert,
    ),
    "dynamic16": Rendering("Minimum to maximum of the frame in 16 bits.", bits=16, choose=_by_range),
    "full": Rendering("Minimum to maximum of the frame, VOI ignored.", choose=_by_range),
    "medicalcv": Rendering(
        "The original MedicalCV formula: stored values by their maximum, truncated.", historic=_medicalcv
    ),
    "mimic-cxr-jpg": Rendering(
        "Minimum to maximum, inverted where needed, histogram equalised (MIMIC-CXR-JPG).",
        historic=_mimic_cxr_jpg,
    ),
    "percentile": Rendering("Percentiles 0.5 to 99.5 of the frame.", choose=_by_percentiles),
    "window": Rendering("As the header asks: VOI LUT, else the first window.", choose=_by_header),
}
