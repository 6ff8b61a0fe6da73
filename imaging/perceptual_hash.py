"""A hash of how a picture looks: 64 bits of which few differ between two versions of one picture.

A cosine transform of the picture at 32 x 32, of which the 64 lowest frequencies (without those along one
side only) are each above or below their median: E. Klinger and D. Starkweather's pHash, as C. Zauner
describes it (Implementation and Benchmarking of Perceptual Image Hash Functions, 2010, section 3.2.1).

Two things are ours. The grey levels are first spread by their own histogram, no level by more than a
bound (after K. Zuiderveld, Contrast Limited Adaptive Histogram Equalization, Graphics Gems IV, 1994, with
the whole picture as one tile), so that a window, a gamma curve or 8 bits for 16 change little. And a large
picture is not averaged over all its pixels but over every n-th in both directions: noise of less than a
few levels is averaged out all the same.

The hash is that of the displayed polarity: MONOCHROME1 is inverted first, so that a radiograph and the
picture that was exported of it agree. A crop, a rotation or a mirror image gives another hash.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from imaging.rendering_attributes import RenderingAttributes

FLAT = 0
"""The hash of a picture without any structure; equal to no other one."""

_SIDE = 32
_SAMPLES = 128
_OUTLIERS = _SIDE * _SIDE // 100
_LEVELS = 256
_MOST_OF_A_LEVEL = 40
_ROUNDING = 1e-5
"""Averages of equal values differ by less."""
_LOWEST = slice(1, 9)


def perceptual_hash(stored_values: NDArray[Any], *, inverts: bool = False) -> int:
    """Return the hash of one frame or picture.

    Args:
        stored_values: height x width, or height x width x 3; any integer or float dtype.
        inverts: the smallest value is shown white.

    Returns:
        64 bits as a signed number, which is what databases keep; `FLAT` without any structure.

    Example:
        >>> coarse = np.random.default_rng(1).uniform(0, 4000, (8, 8))
        >>> deep, eight_bits = np.kron(coarse, np.ones((8, 8))), np.kron(coarse // 16, np.ones((16, 16)))
        >>> hash_distance(perceptual_hash(deep), perceptual_hash(eight_bits)) <= 4
        True
        >>> perceptual_hash(np.zeros((64, 64), np.uint8))
        0
    """
    levels = _find_levels(_shrink(stored_values))
    if levels is None:
        return FLAT
    frequencies = cv2.dct(_spread(levels))[_LOWEST, _LOWEST].ravel()
    middle = np.partition(frequencies, 31)[31]
    bits = frequencies <= middle if inverts else frequencies > middle
    return int(np.packbits(bits).view(">i8")[0])


def hash_frame(stored_values: NDArray[Any], attributes: RenderingAttributes) -> int:
    """Return the hash of a frame in the polarity that it is displayed in.

    Args:
        stored_values: as of `perceptual_hash`.
        attributes: what the header says about this frame.
    """
    # A negative slope turns the picture as MONOCHROME1 does; both together leave it.
    return perceptual_hash(stored_values, inverts=attributes.is_inverted != (attributes.rescale_slope < 0))


def hash_distance(one: int, other: int) -> int:
    """Return in how many of 64 bits two hashes differ.

    Example:
        >>> hash_distance(-1, 1)
        63
    """
    return ((one ^ other) & 0xFFFF_FFFF_FFFF_FFFF).bit_count()


def _shrink(values: NDArray[Any]) -> NDArray[np.float32]:
    """Return the picture at 32 x 32, in grey."""
    steps = [max(1, size // _SAMPLES) for size in values.shape[:2]]
    with np.errstate(over="ignore", invalid="ignore"):  # what is no number below is 0
        sampled = values[steps[0] // 2 :: steps[0], steps[1] // 2 :: steps[1]].astype(np.float32)
    if sampled.ndim == 3:
        sampled = sampled.mean(axis=2)
    if not np.isfinite(sampled).all():
        sampled = np.nan_to_num(sampled, nan=0.0, posinf=0.0, neginf=0.0)
    method = cv2.INTER_AREA if min(sampled.shape) >= _SIDE else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(sampled, (_SIDE, _SIDE), interpolation=method))


def _find_levels(small: NDArray[np.float32]) -> NDArray[np.uint8] | None:
    """Return 256 levels between the darkest and the brightest hundredth; None where these are equal."""
    ordered = np.partition(small.ravel(), (_OUTLIERS, small.size - 1 - _OUTLIERS))
    low, high = ordered[_OUTLIERS], ordered[small.size - 1 - _OUTLIERS]
    if not high - low > _ROUNDING * max(abs(high), abs(low)):
        return None
    scaled = (small - low) * np.float32((_LEVELS - 1) / (float(high) - float(low)))
    return np.asarray(np.clip(scaled, 0, _LEVELS - 1).astype(np.uint8))


def _spread(levels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the levels spread by their histogram, none by more than the bound."""
    counts = np.bincount(levels.ravel(), minlength=_LEVELS)
    spread = np.cumsum(np.minimum(counts, _MOST_OF_A_LEVEL) + 1, dtype=np.float32)
    return spread[levels]
