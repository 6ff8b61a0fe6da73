"""Hand and knee."""

from __future__ import annotations

import numpy as np

from imaging.phantoms.drawing import Canvas, Stencil, rounded, wobbled

_FINGERS = (  # root of the metacarpal, direction in degrees from straight up, lengths of its four bones
    ((-0.2, 0.33), -44, (0.3, 0.0, 0.24, 0.17)),
    ((-0.13, 0.25), -13, (0.42, 0.27, 0.17, 0.12)),
    ((-0.01, 0.24), -2, (0.4, 0.3, 0.2, 0.13)),
    ((0.1, 0.26), 8, (0.36, 0.28, 0.18, 0.13)),
    ((0.19, 0.3), 20, (0.33, 0.22, 0.13, 0.11)),
)


def draw_hand(canvas: Canvas, rng: np.random.Generator) -> None:
    """Draw the hand from behind: forearm ends, wrist bones, five rays and the flesh around."""
    _draw_hand(canvas, rng, spread=rng.uniform(0.85, 1.3), squeeze=1.0)


def draw_hand_obliquely(canvas: Canvas, rng: np.random.Generator) -> None:
    """Draw the hand half turned: the rays lie closer and overlap at their roots."""
    _draw_hand(canvas, rng, spread=rng.uniform(0.5, 0.75), squeeze=0.72)


def _draw_hand(canvas: Canvas, rng: np.random.Generator, *, spread: float, squeeze: float) -> None:
    """Draw all rays with their flesh, the palm, the wrist and the forearm."""
    flesh, bones = canvas.stencil(), canvas.stencil()
    palm = [
        (-0.3, 0.4),
        (-0.3, 0.1),
        (-0.28, -0.2),
        (0.3, -0.12),
        (0.32, 0.2),
        (0.26, 0.45),
        (0.22, 1.4),
        (-0.22, 1.4),
    ]
    flesh.blob([(squeeze * right, down) for right, down in palm])
    for (right, down), angle, lengths in _FINGERS:
        turn = np.deg2rad(angle * spread + rng.uniform(-4, 4))
        _draw_ray(flesh, bones, (squeeze * right, down), turn, lengths)
    canvas.add(flesh.soft(0.025), 0.36)
    canvas.add(bones.bone(0.006), 0.62)
    wrist = canvas.stencil()
    for row, down in enumerate((0.4, 0.52)):
        for place in np.linspace(-0.15, 0.15, 4):
            centre = wobbled(rng, [(squeeze * place, down + 0.03 * row - 0.3 * place**2)], 0.012)[0]
            wrist.ellipse((centre[0], centre[1]), (0.05, 0.058), rng.uniform(-40, 40))
    canvas.add(wrist.bone(0.006), 0.6)
    forearm = canvas.stencil()
    forearm.shaft((-0.1 * squeeze, 0.68), (-0.1, 1.5), (0.22, 0.13, 0.13))
    forearm.shaft((0.14 * squeeze, 0.7), (0.12, 1.5), (0.12, 0.09, 0.09))
    canvas.add(forearm.bone(), 0.6)


def _draw_ray(
    flesh: Stencil, bones: Stencil, root: tuple[float, float], turn: float, lengths: tuple[float, ...]
) -> None:
    """Draw one finger from its root outwards, joints as gaps."""
    direction = np.array([np.sin(turn), -np.cos(turn)])
    place = np.array(root)
    for index, length in enumerate(lengths):
        if not length:
            continue
        end = place + direction * length
        wide = 0.092 - 0.013 * index
        bones.shaft(tuple(place), tuple(end), (wide, wide * 0.62, wide * 0.86))
        place = end + direction * 0.028
    flesh.line([root, tuple(place - direction * 0.01)], 0.17)


def draw_knee_frontal(canvas: Canvas, rng: np.random.Generator) -> None:
    """Draw the knee from the front: thigh bone with condyles, kneecap, shin bones and flesh."""
    flesh = [
        (-0.5, -1.3),
        (-0.42, -0.2),
        (-0.44, 0.3),
        (-0.4, 1.3),
        (0.42, 1.3),
        (0.46, 0.3),
        (0.44, -0.2),
        (0.5, -1.3),
    ]
    canvas.add(canvas.stencil().blob(wobbled(rng, flesh, 0.04)).soft(0.05), 0.55)
    gap = rng.uniform(0.03, 0.06)
    femur = canvas.stencil().shaft((0, -1.6), (0, -0.12), (0.3, 0.27, 0.36))
    condyles = [
        (-0.15, -0.6),
        (-0.36, -0.3),
        (-0.37, -0.1),
        (-0.25, 0),
        (-0.08, -0.02),
        (0, -0.14),
        (0.08, -0.02),
    ]
    femur.blob(wobbled(rng, [*condyles, (0.25, 0), (0.37, -0.1), (0.36, -0.3), (0.15, -0.6)], 0.01))
    canvas.add(femur.bone(0.012), 0.62)
    tibia = canvas.stencil().shaft((0, 0.3), (-0.02, 1.6), (0.34, 0.24, 0.24))
    plateau = [
        (-0.38, gap),
        (-0.06, gap + 0.01),
        (0, gap - 0.06),
        (0.06, gap + 0.01),
        (0.38, gap),
        (0.36, 0.18),
    ]
    tibia.polygon(rounded([*plateau, (0.16, 0.55), (-0.16, 0.55), (-0.36, 0.18)], 1))
    canvas.add(tibia.bone(0.012), 0.62)
    fibula = (
        canvas.stencil()
        .ellipse((0.36, 0.3), (0.075, 0.085))
        .shaft((0.36, 0.3), (0.33, 1.6), (0.11, 0.085, 0.09))
    )
    canvas.add(fibula.bone(), 0.4)
    canvas.add(canvas.dome((rng.uniform(-0.05, 0.05), -0.33), (0.2, 0.21)), 0.22)


def draw_knee_lateral(canvas: Canvas, rng: np.random.Generator) -> None:
    """Draw the bent knee from the side: condyle, kneecap in front, shin bones."""
    bend = np.deg2rad(rng.uniform(15, 50))
    along = np.array([np.sin(bend), np.cos(bend)])
    foot = along * 1.7 + (-0.02, 0.1)
    flesh = canvas.stencil().line([(0.05, -1.5), (-0.02, 0.0), (foot[0], foot[1])], 0.78)
    canvas.add(flesh.soft(0.05), 0.5)
    femur = canvas.stencil().shaft((0.1, -1.6), (0.02, -0.1), (0.3, 0.27, 0.34))
    femur.ellipse((0.02, -0.12), (0.25, 0.2), -25).ellipse((0.1, -0.08), (0.18, 0.19))
    canvas.add(femur.bone(0.012), 0.58)
    top = along * 0.27 + (-0.02, -0.02)
    tibia = canvas.stencil().shaft((top[0], top[1]), (foot[0], foot[1]), (0.44, 0.24, 0.24))
    canvas.add(tibia.bone(0.012), 0.58)
    aside = np.array([along[1], -along[0]]) * 0.2
    head, tail = top + aside + along * 0.14, foot + aside
    fibula = canvas.stencil().shaft((head[0], head[1]), (tail[0], tail[1]), (0.12, 0.08, 0.08))
    canvas.add(fibula.bone(), 0.3)
    canvas.add(canvas.stencil().ellipse((-0.36, -0.2), (0.07, 0.17), 8).bone(), 0.5)
    tendon = [(-0.38, -0.05), (top[0] - 0.24 * along[1], top[1] + 0.24 * along[0] + 0.1)]
    canvas.add(canvas.stencil().line(tendon, 0.05).soft(), 0.12)
