"""Breast, from above and obliquely."""

from __future__ import annotations

import cv2
import numpy as np

from imaging.phantoms.drawing import Canvas, Grid


def draw_breast_from_above(canvas: Canvas, rng: np.random.Generator) -> None:
    """Draw the cranio-caudal view: a half disc at the chest wall with gland and ducts."""
    _draw_breast(
        canvas, rng, centre=(-1.0, rng.uniform(-0.06, 0.06)), radii=(rng.uniform(1.1, 1.4), 0.82), angle=0
    )


def draw_breast_obliquely(canvas: Canvas, rng: np.random.Generator) -> None:
    """Draw the mediolateral oblique view: longer, hanging, with the chest muscle in the upper corner."""
    _draw_breast(canvas, rng, centre=(-1.0, 0.05), radii=(rng.uniform(1.1, 1.35), 0.95), angle=14)
    low = rng.uniform(0.1, 0.4)
    muscle = [(-1.4, -1.4), (rng.uniform(-0.35, -0.15), -1.4), (-0.7, -0.3), (-1.02, low), (-1.4, low)]
    canvas.add(canvas.stencil().blob(muscle).soft(0.02), 0.75)


def _draw_breast(
    canvas: Canvas,
    rng: np.random.Generator,
    *,
    centre: tuple[float, float],
    radii: tuple[float, float],
    angle: float,
) -> None:
    """Draw skin, fat, gland, ducts, the nipple and a few calcifications."""
    outline = canvas.ellipse(centre, radii, angle, soft=0.03)
    within = canvas.ellipse(centre, (radii[0] - 0.035, radii[1] - 0.035), angle, soft=0.02)
    canvas.add(outline, 0.42)
    canvas.add(outline - within, 0.35)
    dense = rng.uniform(0.35, 0.9)
    gland = canvas.ellipse(
        (centre[0] + 0.5, centre[1] + 0.05), (radii[0] * 0.52, radii[1] * 0.58), angle, soft=0.35
    )
    canvas.add(gland * (0.35 + _clouds(canvas.size, rng)) * within, dense)
    turn = np.deg2rad(angle)
    tip = np.array([centre[0] + radii[0] * np.cos(turn), centre[1] + radii[0] * np.sin(turn)])
    canvas.add(canvas.ellipse((tip[0], tip[1]), (0.07, 0.06), soft=0.03), 0.4)
    ducts = canvas.stencil()
    for _ in range(14):
        end = np.array([centre[0] + rng.uniform(0.15, 0.6), centre[1] + rng.uniform(-0.55, 0.55)])
        middle = (tip + end) / 2 + rng.normal(0, 0.05, 2)
        ducts.line([tuple(tip), tuple(middle), tuple(end)], 0.016)
    canvas.add(ducts.soft(0.012) * within, 0.3)
    specks = canvas.stencil()
    for place in rng.normal((centre[0] + 0.5, centre[1]), 0.16, (rng.integers(2, 9), 2)):
        specks.ellipse((place[0], place[1]), (0.012, 0.012))
    canvas.add(specks.soft(0.003) * within, 0.7)


def _clouds(size: int, rng: np.random.Generator) -> Grid:
    """Return smooth noise of three scales, about 0 to 1."""
    total: Grid = np.zeros((size, size), np.float32)
    for cells, weight in ((6, 0.5), (14, 0.3), (34, 0.2)):
        coarse = rng.random((cells, cells), dtype=np.float32)
        total += np.float32(weight) * cv2.resize(coarse, (size, size), interpolation=cv2.INTER_CUBIC)
    return total
