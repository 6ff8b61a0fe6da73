"""Skull and neck, frontal and lateral."""

from __future__ import annotations

import numpy as np

from imaging.phantoms.drawing import Canvas, curve, wobbled


def draw_skull_frontal(canvas: Canvas, rng: np.random.Generator) -> None:
    """Draw the skull from the front: vault, orbits, sinuses, nose, teeth, jaw and neck."""
    width, height = rng.uniform(0.56, 0.66), rng.uniform(0.62, 0.7)
    canvas.add(canvas.dome((0, -0.15), (width + 0.07, height + 0.08)), 0.55)
    canvas.add(canvas.dome((0, 0.75), (0.34, 0.8)), 0.5)
    vault = canvas.stencil().ellipse((0, -0.2), (width, height))
    face = [(-0.42, 0.1), (0.42, 0.1), (0.36, 0.52), (0.2, 0.78), (-0.2, 0.78), (-0.36, 0.52)]
    canvas.add(vault.blob(wobbled(rng, face, 0.02)).bone(), 0.75)
    inner = canvas.stencil().ellipse((0, -0.2), (width - 0.06, height - 0.06))
    canvas.add(inner.soft(0.02), -0.22)
    _draw_orbits(canvas, rng)
    _draw_teeth(canvas, (0, 0.56), rng.uniform(0.16, 0.2))
    jaw = curve([(-0.45, 0.2), (-0.42, 0.55), (-0.2, 0.82), (0.2, 0.82), (0.42, 0.55), (0.45, 0.2)])
    canvas.add(canvas.stencil().line(jaw, 0.09).bone(), 0.4)
    spine = canvas.stencil()
    for level in range(3):
        spine.ellipse((0, 0.72 + 0.14 * level), (0.13, 0.055))
    canvas.add(spine.bone(), 0.3)


def _draw_orbits(canvas: Canvas, rng: np.random.Generator) -> None:
    """Draw orbits with their rims, the frontal sinus and the nasal cavity with its septum."""
    apart, down = rng.uniform(0.22, 0.26), rng.uniform(0.02, 0.08)
    rims, holes = canvas.stencil(), canvas.stencil()
    for side in (-1, 1):
        rims.ellipse((side * apart, down), (0.19, 0.165), side * 8)
        holes.ellipse((side * apart, down), (0.16, 0.135), side * 8)
        canvas.add(canvas.ellipse((side * 0.27, 0.36), (0.1, 0.11), soft=0.06), -0.25)
        canvas.add(canvas.ellipse((side * 0.07, -0.17), (0.08, 0.06), soft=0.05), -0.2)
    canvas.add(rims.soft(), 0.35)
    canvas.add(holes.soft(0.02), -0.75)
    nose = canvas.stencil().blob([(-0.03, 0.1), (0.03, 0.1), (0.13, 0.4), (-0.13, 0.4)])
    canvas.add(nose.soft(0.02), -0.5)
    canvas.add(canvas.stencil().line([(0, 0.12), (rng.uniform(-0.02, 0.02), 0.38)], 0.02).soft(), 0.35)


def _draw_teeth(canvas: Canvas, centre: tuple[float, float], half_width: float) -> None:
    """Draw two rows of teeth."""
    teeth = canvas.stencil()
    for row in (-0.055, 0.055):
        for place in np.linspace(-half_width, half_width, 8):
            teeth.ellipse((centre[0] + place, centre[1] + row), (half_width / 9, 0.045))
    canvas.add(teeth.soft(0.006), 0.7)


def draw_skull_lateral(canvas: Canvas, rng: np.random.Generator) -> None:
    """Draw the skull from the side: vault, base, sella, face, jaw and the first vertebrae."""
    length, height = rng.uniform(0.68, 0.76), rng.uniform(0.54, 0.62)
    centre = (0.12, -0.22)
    canvas.add(canvas.dome(centre, (length + 0.06, height + 0.07)), 0.5)
    canvas.add(
        canvas.stencil().blob([(-0.72, 0), (0, 0.1), (0.3, 1.2), (-0.3, 1.2), (-0.68, 0.75)]).soft(0.04), 0.35
    )
    canvas.add(canvas.stencil().ellipse(centre, (length, height)).bone(), 0.55)
    canvas.add(canvas.stencil().ellipse(centre, (length - 0.06, height - 0.06)).soft(0.02), -0.12)
    base = curve(wobbled(rng, [(-0.5, 0.02), (-0.2, 0.0), (-0.02, 0.12), (0.15, 0.22), (0.4, 0.3)], 0.02))
    canvas.add(canvas.stencil().line(base, 0.09).soft(0.02), 0.55)
    canvas.add(canvas.stencil().ellipse((-0.08, 0.02), (0.07, 0.05)).soft(), -0.35)
    canvas.add(canvas.stencil().ellipse((0.2, 0.25), (0.15, 0.1), 30).soft(0.02), 0.5)
    face = [(-0.58, -0.05), (-0.3, 0.02), (-0.2, 0.42), (-0.6, 0.46), (-0.66, 0.25)]
    canvas.add(canvas.stencil().blob(wobbled(rng, face, 0.02)).bone(), 0.5)
    canvas.add(canvas.ellipse((-0.5, 0.05), (0.1, 0.09), soft=0.04), -0.4)
    canvas.add(canvas.ellipse((-0.36, 0.24), (0.12, 0.1), soft=0.05), -0.35)
    _draw_teeth(canvas, (-0.52, 0.5), 0.13)
    jaw = curve([(-0.62, 0.66), (-0.4, 0.7), (-0.08, 0.56), (0.02, 0.2)])
    canvas.add(canvas.stencil().line(jaw, 0.13).bone(), 0.45)
    _draw_lateral_neck(canvas, rng, top=(0.22, 0.42), levels=4)


def _draw_lateral_neck(
    canvas: Canvas, rng: np.random.Generator, *, top: tuple[float, float], levels: int
) -> None:
    """Draw vertebrae with their spinous processes along a gentle curve, front to the left."""
    bodies, processes = canvas.stencil(), canvas.stencil()
    pitch, bend = rng.uniform(0.185, 0.205), rng.uniform(0.02, 0.09)
    for level in range(levels):
        across = top[0] - bend * np.sin(np.pi * level / 6)
        down = top[1] + pitch * level
        half = 0.1 + 0.006 * level
        corners = [(-half, -0.065), (half, -0.085), (half, 0.065), (-half, 0.085)]
        bodies.blob([(across + right, down + below) for right, below in wobbled(rng, corners, 0.006)])
        tip = 0.36 + 0.035 * level
        processes.line([(across + 0.14, down), (across + tip, down + 0.1)], 0.055)
        processes.ellipse((across + 0.17, down), (0.07, 0.06), 30)
    canvas.add(bodies.bone(), 0.7)
    canvas.add(processes.bone(), 0.45)


def draw_neck_lateral(canvas: Canvas, rng: np.random.Generator) -> None:
    """Draw the neck from the side: seven vertebrae, skull base, jaw, airway and shoulders."""
    outline = [(-0.5, -0.7), (-0.34, -0.35), (-0.32, 0.3), (-0.6, 1.4), (0.9, 1.4), (0.6, 0.3), (0.62, -0.7)]
    canvas.add(canvas.stencil().blob(wobbled(rng, outline, 0.03)).soft(0.04), 0.5)
    canvas.add(canvas.dome((0.25, -1.15), (0.95, 0.55)), 0.9)
    canvas.add(canvas.stencil().ellipse((0.25, -1.2), (0.85, 0.52)).bone(), 0.35)
    jaw = curve([(-0.85, -0.45), (-0.55, -0.42), (-0.2, -0.58), (-0.14, -0.9)])
    canvas.add(canvas.stencil().line(jaw, 0.15).bone(), 0.5)
    airway = curve(wobbled(rng, [(-0.1, -0.6), (-0.14, -0.2), (-0.2, 0.2), (-0.24, 1.1)], 0.02))
    canvas.add(canvas.stencil().line(airway, 0.12).soft(0.02), -0.3)
    canvas.add(canvas.stencil().line([(-0.3, -0.22), (-0.16, -0.2)], 0.04).soft(), 0.3)
    _draw_lateral_neck(canvas, rng, top=(0.12, -0.62), levels=7)
    canvas.add(canvas.dome((0.2, 1.15), (0.95, rng.uniform(0.42, 0.55))), 0.9)


def draw_neck_frontal(canvas: Canvas, rng: np.random.Generator) -> None:
    """Draw the neck from the front: stacked vertebrae, jaw, airway, first ribs and lung tips."""
    outline = [(-0.5, -1.1), (-0.42, 0.1), (-0.55, 0.5), (-1.3, 0.8), (-1.3, 1.3), (1.3, 1.3), (1.3, 0.8)]
    outline += [(0.55, 0.5), (0.42, 0.1), (0.5, -1.1)]
    canvas.add(canvas.stencil().blob(wobbled(rng, outline, 0.03)).soft(0.05), 0.55)
    bodies, joints = canvas.stencil(), canvas.stencil()
    pitch = rng.uniform(0.2, 0.22)
    for level in range(8):
        down, half = -0.62 + pitch * level, 0.155 + 0.008 * level
        corners = [(-half, -0.08), (half, -0.08), (half - 0.02, 0.07), (-half + 0.02, 0.07)]
        bodies.blob([(right, down + below) for right, below in wobbled(rng, corners, 0.01)])
        for side in (-1, 1):
            joints.ellipse((side * (half + 0.05), down), (0.07, 0.08), side * 20)
        joints.ellipse((0, down + 0.05), (0.03, 0.035))
    canvas.add(bodies.bone(), 0.5)
    canvas.add(joints.bone(), 0.35)
    canvas.add(canvas.stencil().line([(0.0, -0.5), (rng.uniform(-0.04, 0.04), 1.1)], 0.13).soft(0.03), -0.22)
    canvas.add(canvas.dome((0, -1.1), (0.62, rng.uniform(0.45, 0.55))), 0.9)
    _draw_lung_tips(canvas, rng)


def _draw_lung_tips(canvas: Canvas, rng: np.random.Generator) -> None:
    """Draw lung apices, first ribs and collar bones."""
    bones = canvas.stencil()
    slope = rng.uniform(0.08, 0.18)
    for side in (-1, 1):
        canvas.add(canvas.ellipse((side * 0.55, 1.1), (0.28, 0.38), soft=0.08), -0.3)
        bones.line(curve([(side * 0.2, 0.62), (side * 0.55, 0.56), (side * 0.8, 0.85)]), 0.07)
        bones.line([(side * 0.14, 0.92), (side * 1.2, 0.92 - slope * 2)], 0.1)
    canvas.add(bones.bone(), 0.4)
