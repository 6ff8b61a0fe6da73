"""Chest, abdomen and pelvis."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from imaging.phantoms import trunk
from imaging.phantoms.drawing import Canvas

DRAWINGS = [trunk.draw_chest_frontal, trunk.draw_chest_lateral, trunk.draw_abdomen, trunk.draw_pelvis]


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


def test_the_lungs_are_darker_than_the_heart() -> None:
    """The same side, the same body: air against muscle."""
    canvas = Canvas(128)
    trunk.draw_chest_frontal(canvas, np.random.default_rng(0))
    lung, heart = canvas.attenuation[40:60, 26:36].mean(), canvas.attenuation[76:88, 68:76].mean()
    assert lung < 0.7 * heart
