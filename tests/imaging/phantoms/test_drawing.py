"""The canvas: units, poses and soft shapes."""

from __future__ import annotations

import numpy as np
import pytest

from imaging.phantoms.drawing import Canvas, Pose, curve, rounded, wobbled


def centre_of(grid: np.ndarray) -> tuple[float, float]:
    """Return the weighted mean column and row."""
    rows, columns = np.indices(grid.shape)
    return float((columns * grid).sum() / grid.sum()), float((rows * grid).sum() / grid.sum())


@pytest.mark.parametrize("pose", [Pose(), Pose(30, 0.8, (0.1, -0.1)), Pose(-15, 1.0, (0, 0), mirrored=True)])
def test_formula_and_stencil_put_the_same_shape_in_the_same_place(pose: Pose) -> None:
    """An ellipse by formula and one by polygon overlap to a pixel in every pose."""
    canvas = Canvas(128, pose)
    formula = canvas.ellipse((0.3, -0.2), (0.3, 0.15), 25, soft=0.01)
    drawn = canvas.stencil().ellipse((0.3, -0.2), (0.3, 0.15), 25).soft(0.0)
    assert centre_of(formula) == pytest.approx(centre_of(drawn), abs=0.6)
    assert float(np.abs(formula - drawn).mean()) < 0.01


def test_a_mirrored_pose_changes_left_and_right() -> None:
    """What lay left lies right, at the same height."""
    plain, mirrored = Canvas(64), Canvas(64, Pose(mirrored=True))
    shape = ((-0.5, 0.25), (0.2, 0.2))
    assert np.allclose(plain.dome(*shape), mirrored.dome(*shape)[:, ::-1], atol=1e-5)


def test_a_shift_moves_right_and_down() -> None:
    """Half a unit is a quarter of the picture."""
    column, row = centre_of(Canvas(64, Pose(shift=(0.5, 0.25))).dome((0, 0), (0.2, 0.2)))
    assert (column, row) == pytest.approx((47.5, 39.5), abs=0.2)


def test_tissue_adds_up_and_air_takes_away() -> None:
    """Weights add in place; outside a shape nothing changes."""
    canvas = Canvas(64)
    canvas.add(canvas.ellipse((0, 0), (0.5, 0.5)), 1.0)
    canvas.add(canvas.ellipse((0, 0), (0.2, 0.2)), -0.4)
    assert canvas.attenuation[32, 32] == pytest.approx(0.6)
    assert canvas.attenuation[32, 44] == pytest.approx(1.0)
    assert canvas.attenuation[0, 0] == 0


def test_bone_has_a_dense_rim() -> None:
    """The cortex is denser than the marrow, and nothing lies outside."""
    bone = Canvas(256).stencil().ellipse((0, 0), (0.5, 0.5)).bone()
    row = bone[128]
    assert row[128] == pytest.approx(0.55, abs=0.02)
    assert row[60:80].max() > 0.8
    assert row[:50].max() < 0.01


def test_a_cut_leaves_a_hole() -> None:
    """What is cut out of a stencil is air again."""
    stencil = Canvas(64).stencil().ellipse((0, 0), (0.6, 0.6)).ellipse((0, 0), (0.3, 0.3), cut=True)
    assert stencil.soft(0.01)[32, 32] < 0.01


def test_lines_and_long_bones_follow_their_points() -> None:
    """A shaft is waisted; a line has its width; a smooth line passes through its points."""
    shaft = Canvas(128).stencil().shaft((0, -0.8), (0, 0.8), (0.4, 0.2, 0.4)).soft(0.005)
    assert (shaft[64] > 0.5).sum() < (shaft[112] > 0.5).sum()
    line = Canvas(128).stencil().line([(-0.9, 0), (0.9, 0)], 0.25).soft(0.005)
    assert (line[:, 64] > 0.5).sum() == pytest.approx(16, abs=2)
    points = [(0.0, 0.0), (1.0, 2.0), (3.0, 1.0), (4.0, 4.0)]
    assert curve(points, 31)[::10].tolist() == [list(point) for point in points]


def test_rounding_stays_inside_and_wobbling_stays_near() -> None:
    """Cut corners lie within the outline; moved points within the amount."""
    square = [(0, 0), (1, 0), (1, 1), (0, 1)]
    assert rounded(square).min() >= 0
    assert rounded(square).max() <= 1
    assert np.abs(wobbled(np.random.default_rng(0), square, 0.1) - np.array(square)).max() <= 0.1
