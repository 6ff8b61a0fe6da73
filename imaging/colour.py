"""Colour to RGB, once: what the decoded components are, and the conversions of PS3.3 C.7.6.3.1.2."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.codestreams import Codestream

_STRIP_PIXELS = 1 << 16
_YBR_TO_RGB = ((0.0, 1.402), (-0.344136, -0.714136), (1.772, 0.0))  # factors of Cb, Cr for R, G, B


def components_after_decoding(photometric_interpretation: str, codestream: Codestream | None) -> str:
    """Return what the decoded components are, where header and codestream may contradict each other.

    A JPEG 2000 multi-component transform is undone by its decoder, so its components are RGB
    whatever the header says. The markers of a JPEG (component ids, Adobe, JFIF) prove what was
    encoded; only where they are silent the header decides.

    Example:
        >>> components_after_decoding("YBR_RCT", None)
        'RGB'
    """
    if photometric_interpretation in ("MONOCHROME1", "MONOCHROME2", "PALETTE COLOR"):
        return photometric_interpretation
    if codestream is not None and codestream.kind in ("jpeg_2000", "htj2k"):
        if codestream.multi_component_transform:
            return "RGB"
    elif codestream is not None and codestream.colour is not None:
        return codestream.colour
    if photometric_interpretation in ("YBR_ICT", "YBR_RCT"):
        return "RGB"
    if photometric_interpretation == "YBR_FULL_422":
        return "YBR_FULL"  # decoders and `expand_422` return full chroma
    return photometric_interpretation


def to_rgb(values: NDArray[Any], components: str, *, bits_stored: int) -> NDArray[Any]:
    """Return colour pixels as RGB.

    Args:
        values: height x width x 3, unsigned.
        components: "RGB", "YBR_FULL" or "YBR_PARTIAL_422"/"YBR_PARTIAL_420" with chroma expanded.
        bits_stored: bits of a sample; half of their range is the zero of Cb and Cr.

    Example:
        >>> to_rgb(np.array([[[76, 85, 255]]], np.uint8), "YBR_FULL", bits_stored=8).tolist()
        [[[254, 0, 0]]]
    """
    if components == "RGB":
        return values
    if components.startswith("YBR_PARTIAL"):
        convert = _partial_to_rgb
    else:
        convert = _full_to_rgb_by_tables if bits_stored == 8 and values.dtype == np.uint8 else _full_to_rgb
    result = np.empty_like(values)
    strip_rows = max(1, _STRIP_PIXELS // values.shape[1])
    for first in range(0, len(values), strip_rows):
        strip = slice(first, first + strip_rows)
        convert(values[strip], result[strip], bits_stored=bits_stored)
    return result


def expand_422(samples: NDArray[Any], *, height: int, width: int) -> NDArray[Any]:
    """Return Y, Y, Cb, Cr groups as full pixels, chroma repeated (PS3.3 C.7.6.3.1.2, YBR_FULL_422).

    Example:
        >>> expand_422(np.array([1, 2, 8, 9], np.uint8), height=1, width=2).tolist()
        [[[1, 8, 9], [2, 8, 9]]]
    """
    groups = samples.reshape(height, width // 2, 4)
    pixels = np.empty((height, width, 3), dtype=samples.dtype)
    pixels[:, 0::2, 0], pixels[:, 1::2, 0] = groups[..., 0], groups[..., 1]
    for offset in (0, 1):
        pixels[:, offset::2, 1:] = groups[..., 2:]
    return pixels


def _full_to_rgb_by_tables(values: NDArray[Any], result: NDArray[Any], *, bits_stored: int) -> None:
    """Convert exactly with integers: Y is whole, so rounding the chroma term rounds the sum."""
    red, green, blue = _chroma_terms(bits_stored)
    luma = values[..., 0].astype(np.int16)
    blue_index, red_index = values[..., 1], values[..., 2]
    for channel, term in (
        (0, red[red_index]),
        (1, green[blue_index, red_index]),
        (2, blue[blue_index]),
    ):
        result[..., channel] = np.clip(luma + term, 0, 255)


@cache
def _chroma_terms(bits_stored: int) -> tuple[NDArray[np.int16], NDArray[np.int16], NDArray[np.int16]]:
    """Return what Cr adds to red, Cb and Cr (first and second index) to green, and Cb to blue."""
    chroma = np.arange(1 << bits_stored, dtype=np.float64) - float(1 << bits_stored >> 1)
    of_blue, of_red = _YBR_TO_RGB[1]
    exact = (
        _YBR_TO_RGB[0][1] * chroma,
        of_blue * chroma[:, None] + of_red * chroma[None, :],
        _YBR_TO_RGB[2][0] * chroma,
    )
    red, green, blue = (np.floor(term + 0.5).astype(np.int16) for term in exact)
    return red, green, blue


def _full_to_rgb(values: NDArray[Any], result: NDArray[Any], *, bits_stored: int) -> None:
    middle, largest = float(1 << bits_stored >> 1), float((1 << bits_stored) - 1)
    luma = values[..., 0].astype(np.float64)
    blue_chroma, red_chroma = values[..., 1] - middle, values[..., 2] - middle
    for channel, (of_blue, of_red) in enumerate(_YBR_TO_RGB):
        exact = luma + of_blue * blue_chroma + of_red * red_chroma
        result[..., channel] = np.clip(np.floor(exact + 0.5), 0.0, largest)


def _partial_to_rgb(values: NDArray[Any], result: NDArray[Any], *, bits_stored: int) -> None:
    """Convert the retired YBR_PARTIAL kinds: black is 1/16 of the range, luma spans 219/256 of it."""
    scale = float(1 << bits_stored >> 8) if bits_stored >= 8 else 1.0
    largest = float((1 << bits_stored) - 1)
    luma = (values[..., 0] - 16.0 * scale) * (255.0 / 219.0)
    blue_chroma = (values[..., 1] - 128.0 * scale) * (255.0 / 224.0)
    red_chroma = (values[..., 2] - 128.0 * scale) * (255.0 / 224.0)
    for channel, (of_blue, of_red) in enumerate(_YBR_TO_RGB):
        exact = luma + of_blue * blue_chroma + of_red * red_chroma
        result[..., channel] = np.clip(np.floor(exact + 0.5), 0.0, largest)
