"""Hand and knee."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from imaging.phantoms import limbs
from imaging.phantoms.drawing import Canvas

DRAWINGS = [limbs.draw_hand, limbs.draw_hand_obliquely, limbs.draw_knee_frontal, limbs.draw_knee_lateral]


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


def test_fingers_are_bones_in_flesh_with_air_between() -> None:
    """Across the fingers the beam meets air, flesh and bone in turn, five times over."""
    canvas = Canvas(256)
    limbs.draw_hand(canvas, np.random.default_rng(0))
    row = canvas.attenuation[90]
    assert row.min() < 0.02
    bones = np.flatnonzero(np.diff((row > 0.55).astype(int)) == 1)
    assert len(bones) >= 4


def test_the_knee_has_a_joint_space() -> None:
    """Between the thigh bone and the shin bone it is thinner than in either."""
    canvas = Canvas(256)
    limbs.draw_knee_frontal(canvas, np.random.default_rng(0))
    column = canvas.attenuation[:, 128 - 28]
    assert column[128:134].min() < column[100:120].mean()
    assert column[128:134].min() < column[140:150].mean()
