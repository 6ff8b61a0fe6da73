"""Breast."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from imaging.phantoms import breast
from imaging.phantoms.drawing import Canvas

DRAWINGS = [breast.draw_breast_from_above, breast.draw_breast_obliquely]


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


def test_only_the_oblique_view_shows_the_chest_muscle() -> None:
    """The upper corner at the chest wall is dense there, and air from above."""
    above, oblique = Canvas(128), Canvas(128)
    breast.draw_breast_from_above(above, np.random.default_rng(0))
    breast.draw_breast_obliquely(oblique, np.random.default_rng(0))
    assert above.attenuation[4, 4] < 0.1
    assert oblique.attenuation[4, 4] > 0.5
