"""A canvas in anatomy units, on which soft shapes add up like tissue in a beam."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Grid = NDArray[np.float32]
Points = Sequence[tuple[float, float]] | NDArray[np.float64]
Point = tuple[float, float]

_FRACTION_BITS = 4  # cv2 draws to sixteenths of a pixel
_CORTEX_UNITS = 0.022


@dataclass(frozen=True, slots=True)
class Pose:
    """How the anatomy lies on the detector.

    Args:
        angle: degrees, clockwise.
        scale: 1 lets the unit square fill the picture.
        shift: right and down, in units.
        mirrored: left and right change places.
    """

    angle: float = 0.0
    scale: float = 1.0
    shift: Point = (0.0, 0.0)
    mirrored: bool = False


class Canvas:
    """A square picture whose units run from -1 to 1, right and down, moved by a pose.

    Attributes:
        attenuation: float32, height x width; what the beam met so far, 0 for air.

    Example:
        >>> canvas = Canvas(32)
        >>> canvas.add(canvas.dome((0, 0), (0.5, 0.5)), 2.0)
        >>> bool(canvas.attenuation[16, 16] > 1.9), float(canvas.attenuation[0, 0])
        (True, 0.0)
    """

    def __init__(self, size: int, pose: Pose | None = None) -> None:
        pose = pose or Pose()
        self.size = size
        self.attenuation: Grid = np.zeros((size, size), np.float32)
        self.pixels_per_unit = size / 2 * pose.scale
        turn = np.deg2rad(pose.angle)
        rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        flip = np.diag([-1.0 if pose.mirrored else 1.0, 1.0])
        self._matrix = self.pixels_per_unit * rotation @ flip
        self._offset = size / 2 * (1 + np.array(pose.shift))
        inverse = np.linalg.inv(self._matrix)
        columns, rows = np.meshgrid(np.arange(size) + 0.5, np.arange(size) + 0.5)
        centred = np.stack([columns - self._offset[0], rows - self._offset[1]])
        self.x, self.y = np.tensordot(inverse, centred, 1).astype(np.float32)

    def add(self, shape: Grid, weight: float) -> None:
        """Add tissue; a negative weight stands for air in its place."""
        self.attenuation += np.float32(weight) * shape

    def dome(self, centre: Point, radii: Point, angle: float = 0.0) -> Grid:
        """Return the thickness, 0 to 1, of an ellipsoid seen from above."""
        across, along = self._turned(centre, angle)
        inside = 1 - (across / radii[0]) ** 2 - (along / radii[1]) ** 2
        return np.sqrt(np.maximum(inside, 0)).astype(np.float32)

    def ellipse(self, centre: Point, radii: Point, angle: float = 0.0, soft: float = 0.03) -> Grid:
        """Return a flat ellipse, 0 to 1, whose edge is `soft` units wide."""
        across, along = self._turned(centre, angle)
        distance = (1 - np.sqrt((across / radii[0]) ** 2 + (along / radii[1]) ** 2)) * min(radii)
        return np.clip(distance / max(soft, 1e-6) + 0.5, 0, 1).astype(np.float32)

    def stencil(self) -> Stencil:
        """Return an empty stencil in the same pose."""
        return Stencil(self)

    def to_pixels(self, points: Points) -> NDArray[np.float64]:
        """Return pixel coordinates (column, row) of points in units."""
        moved: NDArray[np.float64] = np.asarray(points, np.float64) @ self._matrix.T + self._offset
        return moved

    def _turned(self, centre: Point, angle: float) -> tuple[Grid, Grid]:
        """Return the grids seen from a centre and turned by degrees."""
        turn = np.deg2rad(angle)
        right, down = self.x - np.float32(centre[0]), self.y - np.float32(centre[1])
        cos, sin = np.float32(np.cos(turn)), np.float32(np.sin(turn))
        return right * cos + down * sin, down * cos - right * sin


class Stencil:
    """Shapes drawn over one another into one mask, softened together at the end."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._mask = np.zeros((canvas.size, canvas.size), np.uint8)

    def polygon(self, points: Points, *, cut: bool = False) -> Stencil:
        """Fill a closed outline, or cut it out."""
        cv2.fillPoly(self._mask, [self._fixed(points)], 0 if cut else 255, cv2.LINE_AA, _FRACTION_BITS)
        return self

    def blob(self, points: Points, *, cut: bool = False) -> Stencil:
        """Fill a closed outline with its corners rounded off."""
        return self.polygon(rounded(points), cut=cut)

    def ellipse(self, centre: Point, radii: Point, angle: float = 0.0, *, cut: bool = False) -> Stencil:
        """Fill an ellipse, or cut it out."""
        turns = np.linspace(0, 2 * np.pi, 40, endpoint=False)
        turn = np.deg2rad(angle)
        right, down = radii[0] * np.cos(turns), radii[1] * np.sin(turns)
        outline = np.stack(
            [
                centre[0] + right * np.cos(turn) - down * np.sin(turn),
                centre[1] + right * np.sin(turn) + down * np.cos(turn),
            ],
            axis=1,
        )
        return self.polygon(outline, cut=cut)

    def line(self, points: Points, width: float) -> Stencil:
        """Draw an open line of that width in units."""
        thickness = max(1, round(width * self._canvas.pixels_per_unit))
        cv2.polylines(self._mask, [self._fixed(points)], False, 255, thickness, cv2.LINE_AA, _FRACTION_BITS)
        return self

    def shaft(self, start: Point, end: Point, widths: tuple[float, float, float]) -> Stencil:
        """Draw a long bone: as wide as told at its start, its waist and its end."""
        first, last = np.asarray(start, float), np.asarray(end, float)
        along = last - first
        across = np.array([-along[1], along[0]]) / max(float(np.hypot(*along)), 1e-6) / 2
        places = np.array([-0.04, 0.06, 0.22, 0.5, 0.78, 0.94, 1.04])
        halves = np.interp(places, [0.06, 0.3, 0.5, 0.7, 0.94], [widths[0], *[widths[1]] * 3, widths[2]])
        halves[[0, -1]] *= 0.6
        middle = first + places[:, None] * along
        outline = np.concatenate(
            [middle + across * halves[:, None], (middle - across * halves[:, None])[::-1]]
        )
        return self.blob(outline)

    def soft(self, softness: float = 0.015) -> Grid:
        """Return the mask, 0 to 1, with its edges blurred by `softness` units."""
        return self._blurred(softness)

    def bone(self, softness: float = 0.01) -> Grid:
        """Return the mask with a dense rim, like cortex around marrow: 0.55 within and 1 at the rim."""
        body = self._blurred(softness)
        marrow = cv2.erode(self._mask, self._kernel(_CORTEX_UNITS))
        blurred = cv2.GaussianBlur(marrow, (0, 0), max(0.6, _CORTEX_UNITS * self._canvas.pixels_per_unit / 2))
        bone: Grid = body - np.float32(0.45 / 255) * blurred.astype(np.float32) * body
        return bone

    def _blurred(self, softness: float) -> Grid:
        """Blur the mask by units."""
        sigma = max(0.5, softness * self._canvas.pixels_per_unit)
        return cv2.GaussianBlur(self._mask, (0, 0), sigma).astype(np.float32) / np.float32(255)

    def _kernel(self, radius: float) -> NDArray[np.uint8]:
        """Return a round kernel of a radius in units."""
        pixels = 2 * max(1, round(radius * self._canvas.pixels_per_unit)) + 1
        return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (pixels, pixels)), np.uint8)

    def _fixed(self, points: Points) -> NDArray[np.int32]:
        """Return points as cv2's fixed-point pixel coordinates, pixel centres at whole numbers."""
        pixels = (self._canvas.to_pixels(points) - 0.5) * (1 << _FRACTION_BITS)
        return np.rint(pixels).astype(np.int32)


def rounded(points: Points, rounds: int = 2) -> NDArray[np.float64]:
    """Return a closed outline with its corners cut off, each round doubling the points.

    Example:
        >>> len(rounded([(0, 0), (1, 0), (1, 1)]))
        12
    """
    outline = np.asarray(points, np.float64)
    for _ in range(rounds):
        following = np.roll(outline, -1, axis=0)
        pair = np.stack([0.75 * outline + 0.25 * following, 0.25 * outline + 0.75 * following], axis=1)
        outline = pair.reshape(-1, 2)
    return outline


def curve(points: Points, count: int = 24) -> NDArray[np.float64]:
    """Return `count` points along a smooth line through the given ones.

    Example:
        >>> curve([(0, 0), (1, 1), (2, 0)], 3).tolist()
        [[0.0, 0.0], [1.0, 1.0], [2.0, 0.0]]
    """
    given = np.asarray(points, np.float64)
    places = np.linspace(0, len(given) - 1, count)
    left = np.minimum(places.astype(int), len(given) - 2)
    slopes = np.gradient(given, axis=0)
    share = (places - left)[:, None]
    # Cubic Hermite interpolation with central differences as slopes.
    line: NDArray[np.float64] = (
        (2 * share**3 - 3 * share**2 + 1) * given[left]
        + (share**3 - 2 * share**2 + share) * slopes[left]
        + (3 * share**2 - 2 * share**3) * given[left + 1]
        + (share**3 - share**2) * slopes[left + 1]
    )
    return line


def wobbled(rng: np.random.Generator, points: Points, amount: float) -> NDArray[np.float64]:
    """Return the points, each moved by up to about `amount` units."""
    given = np.asarray(points, np.float64)
    moved: NDArray[np.float64] = given + rng.uniform(-amount, amount, given.shape)
    return moved
