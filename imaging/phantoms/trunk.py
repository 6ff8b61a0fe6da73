"""Chest, abdomen and pelvis."""

from __future__ import annotations

import numpy as np

from imaging.phantoms.drawing import Canvas, Stencil, curve, wobbled


def draw_chest_frontal(canvas: Canvas, rng: np.random.Generator) -> None:
    """Draw the chest from behind: lungs, heart, spine, ribs, collar bones and diaphragm."""
    body = [(-0.45, -1.1), (-0.95, -0.75), (-0.9, 1.2), (0.9, 1.2), (0.95, -0.75), (0.45, -1.1)]
    canvas.add(canvas.stencil().blob(wobbled(rng, body, 0.03)).soft(0.06), 0.95)
    dome = rng.uniform(0.45, 0.62)
    lungs = canvas.stencil()
    for side in (-1, 1):
        low = dome + (0.08 if side > 0 else 0)
        lung = [(0.2, -0.75), (0.42, -0.8), (0.66, -0.3), (0.76, low + 0.12), (0.45, low - 0.1), (0.14, low)]
        lungs.blob([(side * right, down) for right, down in wobbled(rng, [*lung, (0.14, -0.2)], 0.02)])
    canvas.add(lungs.soft(0.03), -0.62)
    wide = rng.uniform(0.26, 0.36)
    canvas.add(canvas.dome((0.12, 0.32), (wide, 0.32), 35), 0.62)
    canvas.add(canvas.stencil().line([(0.0, -1.0), (0.02, 0.4)], 0.26).soft(0.04), 0.22)
    canvas.add(canvas.ellipse((0.11, -0.32), (0.08, 0.1), soft=0.05), 0.25)
    canvas.add(canvas.stencil().line([(0, -1.0), (0, -0.35)], 0.08).soft(0.02), -0.18)
    _draw_vessels(canvas, rng)
    _draw_frontal_ribs(canvas, rng)
    _draw_vertebrae(canvas, rng, top=-1.0, levels=11, half_width=0.09, weight=0.14)
    canvas.add(canvas.ellipse((0.5, dome + 0.35), (0.14, 0.1), soft=0.05), -0.3)


def _draw_vessels(canvas: Canvas, rng: np.random.Generator) -> None:
    """Draw vessels that fan out from both lung roots."""
    vessels = canvas.stencil()
    for side in (-1, 1):
        for angle in np.deg2rad(rng.uniform(-65, 75, 7)):
            reach = rng.uniform(0.2, 0.42)
            tip = (side * (0.17 + reach * np.cos(angle)), -0.08 + reach * np.sin(angle))
            vessels.line([(side * 0.15, -0.08), tip], 0.02)
    canvas.add(vessels.soft(0.012), 0.16)


def _draw_frontal_ribs(canvas: Canvas, rng: np.random.Generator) -> None:
    """Draw nine pairs of ribs, the collar bones and the shoulder blades."""
    back, front, girdle = canvas.stencil(), canvas.stencil(), canvas.stencil()
    first, pitch = rng.uniform(-0.83, -0.77), rng.uniform(0.155, 0.175)
    for side in (-1, 1):
        for level in range(9):
            top, reach = first + pitch * level, 0.5 + 0.4 * np.sin(0.35 + 0.17 * level)
            reach = min(reach, 0.84)
            path = [(0.07, top), (0.6 * reach, top - 0.04), (reach, top + 0.16)]
            back.line([(side * right, down) for right, down in curve(path)], 0.045)
            path = [(reach, top + 0.16), (0.75 * reach, top + 0.32), (0.35 * reach, top + 0.4)]
            front.line([(side * right, down) for right, down in curve(path)], 0.04)
        girdle.line([(side * 0.07, -0.68), (side * 0.4, -0.76), (side * 0.85, -0.86)], 0.07)
        girdle.line([(side * 0.8, -0.8), (side * 0.74, -0.2), (side * 0.9, -0.5)], 0.04)
    canvas.add(back.bone(), 0.22)
    canvas.add(front.soft(), 0.09)
    canvas.add(girdle.bone(), 0.24)


def _draw_vertebrae(
    canvas: Canvas, rng: np.random.Generator, *, top: float, levels: int, half_width: float, weight: float
) -> None:
    """Draw stacked vertebral bodies with processes to both sides and pedicles."""
    bodies, marks = canvas.stencil(), canvas.stencil()
    pitch = half_width * 1.9
    lean = rng.uniform(-0.05, 0.05)
    for level in range(levels):
        down, right = top + pitch * level, lean * np.sin(level)
        half = half_width * rng.uniform(0.96, 1.04)
        waist = 0.88 * half
        corners = [(-half, -0.8), (half, -0.8), (waist, 0), (half, 0.8), (-half, 0.8), (-waist, 0)]
        bodies.blob([(right + across, down + along * half_width) for across, along in corners])
        bodies.line([(right - 1.75 * half, down), (right + 1.75 * half, down)], half_width * 0.3)
        for side in (-1, 1):
            marks.ellipse((right + side * half * 0.6, down - half * 0.2), (half * 0.2, half * 0.3))
        marks.ellipse((right, down + half * 0.3), (half * 0.16, half * 0.42))
    canvas.add(bodies.bone(), weight)
    canvas.add(marks.soft(0.01), weight * 0.6)


def draw_chest_lateral(canvas: Canvas, rng: np.random.Generator) -> None:
    """Draw the chest from the side: one lung field, heart in front, spine behind, breastbone."""
    body = [(-0.6, -0.8), (-0.3, -1.2), (0.5, -1.2), (0.75, -0.6), (0.75, 1.2), (-0.75, 1.2), (-0.75, 0)]
    canvas.add(canvas.stencil().blob(wobbled(rng, body, 0.03)).soft(0.05), 1.0)
    low = rng.uniform(0.45, 0.6)
    lung = [
        (-0.2, -0.85),
        (0.3, -0.85),
        (0.52, -0.3),
        (0.55, low + 0.2),
        (0.1, low - 0.1),
        (-0.55, low - 0.15),
    ]
    canvas.add(canvas.stencil().blob(wobbled(rng, [*lung, (-0.55, -0.3)], 0.02)).soft(0.03), -0.66)
    canvas.add(canvas.dome((-0.28, 0.25), (0.3, rng.uniform(0.3, 0.38)), 20), 0.55)
    canvas.add(canvas.stencil().line(curve([(-0.2, -0.1), (0.1, -0.45), (0.3, 0.2)]), 0.14).soft(0.03), 0.16)
    canvas.add(canvas.stencil().line([(0.0, -1.1), (0.08, -0.2)], 0.09).soft(0.02), -0.16)
    bones, ribs = canvas.stencil(), canvas.stencil()
    for level in range(10):
        down, across = -0.85 + 0.18 * level, 0.42 + 0.14 * np.sin(np.pi * level / 9)
        bones.blob(
            [
                (across - 0.08, down - 0.07),
                (across + 0.08, down - 0.06),
                (across + 0.08, down + 0.07),
                (across - 0.08, down + 0.06),
            ]
        )
        ribs.line(curve([(across + 0.1, down), (0.1, down + 0.3), (-0.6, down + 0.4)]), 0.035)
    canvas.add(bones.bone(), 0.32)
    canvas.add(ribs.soft(), 0.1)
    breastbone = curve([(-0.5, -0.62), (-0.64, -0.2), (-0.66, 0.25)])
    canvas.add(canvas.stencil().line(breastbone, 0.06).bone(), 0.3)


def draw_abdomen(canvas: Canvas, rng: np.random.Generator) -> None:
    """Draw the abdomen from the front: lumbar spine, lower ribs, liver, psoas edges and bowel gas."""
    wide = rng.uniform(0.85, 1.0)
    canvas.add(canvas.dome((0, 0.1), (wide, 1.6)), 1.0)
    canvas.add(canvas.ellipse((-0.42, -0.5), (0.45, 0.38), 20, soft=0.12), 0.25)
    canvas.add(canvas.ellipse((0.55, -0.5), (0.2, 0.25), soft=0.1), 0.14)
    for side in (-1, 1):
        canvas.add(canvas.dome((side * 0.36, -0.1), (0.13, 0.24), side * 12), 0.16)
        psoas = [(side * 0.1, -0.35), (side * 0.2, -0.3), (side * 0.46, 0.75), (side * 0.14, 0.75)]
        canvas.add(canvas.stencil().polygon(psoas).soft(0.02), 0.13)
    _draw_vertebrae(canvas, rng, top=-0.9, levels=7, half_width=0.135, weight=0.42)
    bones = canvas.stencil()
    for side in (-1, 1):
        for level in range(3):
            top = -0.98 + 0.2 * level
            path = [(0.18, top), (0.5, top + 0.12), (0.75 - 0.1 * level, top + 0.34)]
            bones.line([(side * right, down) for right, down in curve(path)], 0.06)
        wing = [(0.3, 0.95), (0.42, 0.62), (0.7, 0.5), (0.86, 0.68), (0.7, 1.3), (0.3, 1.3)]
        bones.blob([(side * right, down) for right, down in wobbled(rng, wing, 0.02)])
    canvas.add(bones.bone(), 0.26)
    _draw_bowel_gas(canvas, rng)


def _draw_bowel_gas(canvas: Canvas, rng: np.random.Generator) -> None:
    """Draw gas along the frame of the colon and in a few loops between."""
    frame = curve(
        [(-0.6, 0.6), (-0.62, 0.0), (-0.4, -0.3), (0, -0.12), (0.42, -0.45), (0.64, 0.0), (0.55, 0.65)], 40
    )
    gas = canvas.stencil()
    for place in rng.choice(len(frame), 17, replace=False):
        centre = frame[place] + rng.normal(0, 0.03, 2)
        gas.ellipse(
            (centre[0], centre[1]), (rng.uniform(0.05, 0.11), rng.uniform(0.04, 0.09)), rng.uniform(0, 180)
        )
    for _ in range(rng.integers(3, 8)):
        centre = rng.uniform(-0.35, 0.35), rng.uniform(0.1, 0.7)
        gas.ellipse(centre, (rng.uniform(0.04, 0.09), rng.uniform(0.03, 0.06)), rng.uniform(0, 180))
    canvas.add(gas.soft(0.02), -0.34)


def draw_pelvis(canvas: Canvas, rng: np.random.Generator) -> None:
    """Draw the pelvis from the front: iliac wings, sacrum, ring, hip joints and thigh bones."""
    body = [
        (-0.75, -1.2),
        (-0.9, -0.2),
        (-1.0, 0.4),
        (-0.8, 1.3),
        (0.8, 1.3),
        (1.0, 0.4),
        (0.9, -0.2),
        (0.75, -1.2),
    ]
    canvas.add(canvas.stencil().blob(wobbled(rng, body, 0.04)).soft(0.08), 0.8)
    canvas.add(
        canvas.stencil().polygon([(-0.06, 0.62), (0.06, 0.62), (0.16, 1.3), (-0.16, 1.3)]).soft(0.05), -0.4
    )
    _draw_vertebrae(canvas, rng, top=-0.95, levels=2, half_width=0.15, weight=0.35)
    ring = canvas.stencil()
    flare = rng.uniform(0.0, 0.08)
    for side in (-1, 1):
        _draw_half_pelvis(ring, side, flare)
    canvas.add(ring.bone(), 0.62)
    sacrum = [(-0.24, -0.56), (0.24, -0.56), (0.15, -0.15), (0.05, 0.1), (-0.05, 0.1), (-0.15, -0.15)]
    canvas.add(canvas.stencil().blob(wobbled(rng, sacrum, 0.015)).bone(), 0.42)
    holes = canvas.stencil()
    for side in (-1, 1):
        for level in range(3):
            holes.ellipse((side * (0.1 - 0.02 * level), -0.4 + 0.14 * level), (0.03, 0.02))
    canvas.add(holes.soft(), -0.2)
    _draw_hips(canvas, rng)
    for _ in range(rng.integers(2, 6)):
        centre = rng.uniform(-0.25, 0.25), rng.uniform(-0.3, 0.15)
        canvas.add(canvas.ellipse(centre, (rng.uniform(0.04, 0.1), rng.uniform(0.03, 0.07)), soft=0.04), -0.2)


def _draw_half_pelvis(ring: Stencil, side: int, flare: float) -> None:
    """Draw one iliac wing and one half of the ring with its foramen."""
    wing = [
        (0.2, -0.5),
        (0.4, -0.78),
        (0.72 + flare, -0.7),
        (0.84 + flare, -0.38),
        (0.62, -0.08),
        (0.66, 0.24),
    ]
    wing += [(0.46, 0.34), (0.34, 0.06), (0.22, -0.2)]
    ring.blob([(side * right, down) for right, down in wing])
    lower = [
        (0.5, 0.24),
        (0.28, 0.3),
        (0.04, 0.38),
        (0.04, 0.58),
        (0.16, 0.62),
        (0.36, 0.82),
        (0.5, 0.74),
        (0.54, 0.4),
    ]
    ring.blob([(side * right, down) for right, down in lower])
    ring.ellipse((side * 0.3, 0.52), (0.11, 0.13), side * 35, cut=True)


def _draw_hips(canvas: Canvas, rng: np.random.Generator) -> None:
    """Draw both thigh bones: head, neck, greater trochanter and shaft."""
    thighs = canvas.stencil()
    for side in (-1, 1):
        drop = rng.uniform(0.3, 0.36)
        thighs.line([(side * 0.6, 0.22), (side * 0.8, drop + 0.1)], 0.15)
        thighs.blob(
            [
                (side * 0.72, drop),
                (side * 0.92, drop - 0.06),
                (side * 0.96, drop + 0.2),
                (side * 0.76, drop + 0.3),
            ]
        )
        thighs.shaft((side * 0.84, drop + 0.12), (side * 0.76, 1.4), (0.22, 0.17, 0.17))
        thighs.ellipse((side * 0.59, 0.2), (0.145, 0.145))
    canvas.add(thighs.bone(), 0.55)
