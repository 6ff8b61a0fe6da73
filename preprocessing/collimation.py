"""Finding the exposed field of a radiograph, and cutting the unexposed borders off.

The collimator's blades leave borders of one level, black after an electronic shutter and white
without one, with straight edges. From each side, every line is followed until it leaves the border's
level; the places where it does are held against straight edges (a Hough transform over tilts and
offsets). A side is cut only where one edge holds most lines, hardly any line leaves the border before
it, and the level jumps there. So what is round, slanted or soft stays: a body on black, a breast,
letters in the border, an octagonal shutter, a picture that was never collimated.

Source: J. Luo, R. A. Senn, "Collimation detection for digital radiography", Medical Imaging 1997
(SPIE 3034), whose order is kept: transition pixels, then lines, then a check of the region. Figures
were chosen on phantoms and on public chest, dental and limb radiographs.
"""

from __future__ import annotations

from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from preprocessing.step_pictures import Picture, grey_of

Runs = NDArray[np.float64]

_WORKING_SIDE = 512  # longer side of the picture that is searched
_SMALLEST_SIDE = 16
_TOLERANCE = 12  # levels of 8 bits within which a border stays
_JUMP = 30  # levels of 8 bits by which the field differs from the border at its edge
_EDGE_WIDTH = 0.02  # of the longer side: within so much the jump happens
_SPREAD = 0.01  # of the longer side: so far from an edge its transition pixels lie
_TILTS = np.tan(np.radians(np.arange(-10.0, 10.25, 0.5)))
_ON_EDGE = 0.75  # of the lines, at least
_BEFORE_EDGE = 0.12  # of the lines, at most: letters in the border
_LETTERS = 0.02  # of what is cut off, at most
_LINES = 0.4  # of all lines, at least so many leave the border
_KEPT_SIDE, _KEPT_AREA = 0.25, 0.2  # of the picture, at least


def crop_to_collimation(image: Picture) -> Picture:
    """Cut the unexposed borders off on each side where their edge is sure; else keep the side.

    At most a 512th of the longer side of a border is left; a tilted edge is cut at its outermost place,
    so that nothing of the field is lost.

    Example:
        >>> image = np.zeros((100, 80), np.uint8)
        >>> image[20:70, 10:] = 200
        >>> crop_to_collimation(image).shape
        (50, 70)
    """
    rows, columns = find_field(image)
    return cast("Picture", np.ascontiguousarray(image[rows, columns]))


def find_field(image: Picture) -> tuple[slice, slice]:
    """Return the rows and columns of the exposed field; all of them where it is not sure.

    Args:
        image: uint8 or uint16, height x width or height x width x 3.
    """
    height, width = image.shape[:2]
    whole = slice(0, height), slice(0, width)
    if min(height, width) < _SMALLEST_SIDE:
        return whole
    grey, scale = _working_copy(image)
    top, bottom = _border(grey.T), _border(grey.T[:, ::-1])
    left, right = _border(grey), _border(grey[:, ::-1])
    rows = slice(int(top * scale), height - int(bottom * scale))
    columns = slice(int(left * scale), width - int(right * scale))
    kept = (rows.stop - rows.start) / height, (columns.stop - columns.start) / width
    return (rows, columns) if min(kept) >= _KEPT_SIDE and kept[0] * kept[1] >= _KEPT_AREA else whole


def _working_copy(image: Picture) -> tuple[NDArray[np.int16], float]:
    """Return the luminance in 8 bits, shrunk to the working size, and by how much it was shrunk."""
    grey = grey_of(image)
    scale = max(1.0, max(grey.shape) / _WORKING_SIDE)
    if scale > 1:
        height, width = (max(1, round(side / scale)) for side in grey.shape)
        grey = cast("Picture", np.asarray(cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA)))
    levels = grey if grey.dtype == np.uint8 else grey >> 8
    return levels.astype(np.int16), scale


def _border(lines: NDArray[np.int16]) -> int:
    """Return how many pixels from the left are border for sure, 0 where it is not sure.

    Args:
        lines: levels of 8 bits, one line after another, each beginning at the side in question.
    """
    leaves, runs = _transitions(lines)
    num_lines = int(leaves.sum())
    if num_lines < _LINES * len(lines):
        return 0
    places, runs = np.flatnonzero(leaves), runs[leaves]
    spread = max(0.5, _SPREAD * max(lines.shape))
    tilt, offset = _best_edge(places, runs, spread)
    distances = runs - (offset + tilt * places)
    on_edge = np.abs(distances) <= spread
    if on_edge.mean() < _ON_EDGE or (distances < -spread).mean() > _BEFORE_EDGE:
        return 0
    if not _jumps(lines[places[on_edge]], runs[on_edge]):
        return 0
    ends = offset + tilt * places[[0, -1]]
    depth = max(0, int(np.floor(min(ends.min(), runs[on_edge].min()))))
    return depth if depth and _differs(lines[:, :depth], lines).mean() <= _LETTERS else 0


def _transitions(lines: NDArray[np.int16]) -> tuple[NDArray[np.bool_], Runs]:
    """Return for each line whether it leaves the border's level at all, and after how many pixels."""
    inside = _differs(lines, lines)
    return np.asarray(inside.any(axis=1)), inside.argmax(axis=1).astype(np.float64)


def _differs(part: NDArray[np.int16], lines: NDArray[np.int16]) -> NDArray[np.bool_]:
    """Return where levels differ from that of the border, the median of the first pixels of the lines."""
    return np.abs(part - np.median(lines[:, 0])) > _TOLERANCE


def _best_edge(places: NDArray[Any], runs: Runs, spread: float) -> tuple[float, float]:
    """Return tilt and offset of the edge that most transitions lie on, the least tilted of equals."""
    best, found = -1, (0.0, 0.0)
    for tilt in sorted(_TILTS.tolist(), key=abs):
        offsets = np.sort(runs - tilt * places)
        held = np.searchsorted(offsets, offsets + 2 * spread, side="right") - np.arange(len(offsets))
        first = int(held.argmax())
        if held[first] > best:
            window = offsets[first : first + int(held[first])]
            best, found = int(held[first]), (tilt, float(np.median(window)))
    return found


def _jumps(lines: NDArray[np.int16], runs: Runs) -> bool:
    """Return whether the level just inside the edge differs clearly from the border's."""
    depth = max(1, round(_EDGE_WIDTH * max(lines.shape)))
    inner = np.minimum(runs.astype(np.intp) + depth, lines.shape[1] - 1)
    levels = lines[np.arange(len(lines)), inner]
    return bool(np.median(np.abs(levels - np.median(lines[:, 0]))) >= _JUMP)
