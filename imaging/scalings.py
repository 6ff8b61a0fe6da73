"""From modality values to display values: by VOI LUT, by a window, or by the range of the frame."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.rendering_attributes import RenderingAttributes
from imaging.value_tables import count_values, every_value, has_table
from imaging.windows import VoiLutFunction, Window, apply_window

Floats = NDArray[np.float64]

_PERCENTILES = (0.5, 99.5)
# Headers write decimals (a slope of 0.1) that binary numbers only come close to: what lies this
# close to a half is a half.
_HALF = 0.5 + 1e-9
_HUGE = 2.0**900  # doubles beyond have no room for the arithmetic


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


def by_window(window: Window, *, why: str) -> Scaling:
    """Return the scaling of a window that was asked for: LINEAR, whatever the header's function is."""
    return Scaling("window", why, window)


def by_header(stored_values: NDArray[Any], attributes: RenderingAttributes) -> Scaling:
    """Return what the header asks for: VOI LUT, else the first window, else the frame's range.

    Example:
        >>> by_header(np.array([[3, 9]]), RenderingAttributes()).why
        'no window in the header'
    """
    if attributes.voi_lut is not None:
        # C.11.2.1.2: where both are there, either may be shown; the table says more.
        return Scaling("voi_lut", "VOI LUT in the header")
    if not attributes.windows:
        return by_range(stored_values, attributes, why="no window in the header")
    first, function = attributes.windows[0], attributes.voi_lut_function
    if not first.is_legal(function):
        return by_range(stored_values, attributes, why="illegal window in the header")
    return Scaling("window", "first window in the header", first, function)


def by_range(
    stored_values: NDArray[Any], attributes: RenderingAttributes, *, why: str = "minimum to maximum"
) -> Scaling:
    """Return the scaling from the least to the largest modality value, padding left out."""
    low, high = _modality_extremes(stored_values, attributes)
    return Scaling("range", why, low=low, high=high)


def by_percentiles(stored_values: NDArray[Any], attributes: RenderingAttributes) -> Scaling:
    """Return the scaling over the middle 99 per cent of the frame, padding left out."""
    if has_table(stored_values.dtype):
        every, counts = every_value(stored_values.dtype.newbyteorder("=")), count_values(stored_values)
        occurs = (counts > 0) & ~padding_mask(every, attributes)
        kept, counts = every[occurs], counts[occurs]
    else:
        kept = stored_values[~padding_mask(stored_values, attributes)]
        kept.sort()
        counts = np.ones(0, np.int64)
    if kept.size == 0:
        return Scaling("range", "only padding")
    low, high = _percentiles(kept, counts, attributes)
    return Scaling("range", "percentiles 0.5 and 99.5", low=low, high=high)


def _percentiles(
    kept: NDArray[Any], counts: NDArray[np.int64], attributes: RenderingAttributes
) -> tuple[float, float]:
    """Return the percentiles of modality values, between the two nearest, as `numpy.percentile` does.

    Args:
        kept: stored values in ascending order.
        counts: how often each occurs; none where each stands for itself.
        attributes: of the frame.
    """
    num_values = int(counts.sum()) if counts.size else kept.size
    places = [share / 100.0 * float(num_values - 1) for share in _PERCENTILES]
    indices = [index for place in places for index in (math.floor(place), math.ceil(place))]
    if counts.size:
        values = modality_values(kept.astype(np.float64), attributes)
        order = np.argsort(values, kind="stable")
        nearest = values[order][np.searchsorted(np.cumsum(counts[order]), indices, side="right")]
    elif attributes.modality_lut is None and attributes.rescale_slope > 0:
        nearest = modality_values(kept[indices].astype(np.float64), attributes)  # the order stays
    else:
        nearest = np.sort(modality_values(kept.astype(np.float64), attributes))[indices]
    found = []
    for place, low, high in zip(places, nearest[0::2].tolist(), nearest[1::2].tolist(), strict=True):
        rest = place - math.floor(place)
        found.append(low + (high - low) * rest if rest < 0.5 else high - (high - low) * (1.0 - rest))
    return found[0], found[1]


def modality_values(stored_values: Floats, attributes: RenderingAttributes) -> Floats:
    """Return modality values, such as Hounsfield units (PS3.3 C.11.1).

    Example:
        >>> modality_values(np.array([24.0]), RenderingAttributes(rescale_intercept=-1024)).tolist()
        [-1000.0]
    """
    if attributes.modality_lut is not None:
        return attributes.modality_lut.look_up(stored_values)
    return stored_values * attributes.rescale_slope + attributes.rescale_intercept


def to_display(
    stored_values: NDArray[Any], attributes: RenderingAttributes, scaling: Scaling, *, bits: int
) -> NDArray[Any]:
    """Return the picture: the whole chain, value by value.

    Args:
        stored_values: any shape and dtype.
        attributes: of the frame.
        scaling: from one of the functions above.
        bits: 8 or 16.

    Example:
        >>> scaling = by_window(Window(center=2, width=3), why="asked for")
        >>> to_display(np.arange(4), RenderingAttributes(), scaling, bits=8).tolist()
        [0, 64, 191, 255]
    """
    largest = float((1 << bits) - 1)
    with np.errstate(over="ignore", invalid="ignore"):  # a slope may lead beyond the largest double
        values = modality_values(stored_values.astype(np.float64), attributes)
        display = _scale(values, attributes, scaling, largest)
    if attributes.is_inverted:
        display = largest - display
    display[padding_mask(stored_values, attributes)] = 0.0
    return np.floor(display + _HALF, out=display).astype(np.uint8 if bits == 8 else np.uint16)


def _scale(values: Floats, attributes: RenderingAttributes, scaling: Scaling, largest: float) -> Floats:
    if scaling.path == "voi_lut" and attributes.voi_lut is not None:
        # C.11.2.1.1: the table's output spans 0 to 2^bits - 1
        return attributes.voi_lut.look_up(values) * largest / ((1 << attributes.voi_lut.bits) - 1)
    if scaling.path == "window" and scaling.window is not None:
        return apply_window(values, scaling.window, scaling.function, largest=largest)
    low, high = scaling.low, scaling.high
    if max(-low, high) > _HUGE:
        values, low, high = values / _HUGE, low / _HUGE, high / _HUGE
    if not high > low:
        return np.zeros_like(values)
    return np.clip((values - low) * largest / (high - low), 0.0, largest)


def padding_mask(stored_values: NDArray[Any], attributes: RenderingAttributes) -> NDArray[np.bool_]:
    """Return where stored values are padding or not a number.

    Example:
        >>> padding_mask(np.array([0, 7]), RenderingAttributes(padding_value=7)).tolist()
        [False, True]
    """
    is_float = stored_values.dtype.kind == "f"
    mask = np.isnan(stored_values) if is_float else np.zeros(stored_values.shape, dtype=np.bool_)
    if attributes.padding_range is not None:
        low, high = attributes.padding_range
        mask |= (stored_values >= low) & (stored_values <= high)
    return mask


def _modality_extremes(stored_values: NDArray[Any], attributes: RenderingAttributes) -> tuple[float, float]:
    """Return the least and largest modality value of the frame, padding and infinities left out."""
    plain = stored_values.dtype.kind != "f" and attributes.padding_range is None
    kept = stored_values if plain else stored_values[~padding_mask(stored_values, attributes)]
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
