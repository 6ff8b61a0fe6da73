"""Skull and neck."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from imaging.phantoms import head
from imaging.phantoms.drawing import Canvas

DRAWINGS = [head.draw_skull_frontal, head.draw_skull_lateral, head.draw_neck_frontal, head.draw_neck_lateral]


@pytest.mark.parametrize("draw", DRAWINGS)
def test_each_drawing_fills_the_middle_and_varies(
    draw: Callable[[Canvas, np.random.Generator], None],
) -> None:
    """There is a body in the beam, denser in some places than in others, and no two are alike."""
    first, other = Canvas(96), Canvas(96)
    draw(first, np.random.default_rng(1))
    draw(other, np.random.default_rng(2))
    assert (first.attenuation > 0.2).mean() > 0.1
    assert first.attenuation.std() > 0.1
    assert np.isfinite(first.attenuation).all()
    assert not np.array_equal(first.attenuation, other.attenuation)


def test_the_orbits_are_darker_than_the_forehead() -> None:
    """Air and thin bone let more through than the vault."""
    canvas = Canvas(128)
    head.draw_skull_frontal(canvas, np.random.default_rng(0))
    orbit, forehead = canvas.attenuation[67, 64 + 15], canvas.attenuation[32, 64]
    assert orbit < forehead


def test_the_airway_is_darker_than_the_vertebrae_behind_it() -> None:
    """Half-way down the neck, air lies in front of the column."""
    canvas = Canvas(128)
    head.draw_neck_lateral(canvas, np.random.default_rng(0))
    rows = slice(50, 78)
    airway, column = canvas.attenuation[rows, 50:54].mean(), canvas.attenuation[rows, 64:76].mean()
    assert airway < 0.6 * column
