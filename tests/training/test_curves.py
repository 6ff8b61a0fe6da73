"""The log and the curves."""

from __future__ import annotations

import cv2

from training.curves import EpochFigures, write_curves, write_log

FIGURES = [EpochFigures(1, 1.5, 0.5, 1.25, 0.625), EpochFigures(2, 1.0, 0.75, 1.125, 0.5)]


def test_the_log_has_a_line_an_epoch(tmp_path):
    """Header and values, empty cells where nothing was measured."""
    write_log(tmp_path, [*FIGURES, EpochFigures(3, 0.5, 1.0)])
    assert (tmp_path / "training_log.csv").read_text().splitlines() == [
        "epoch,train_loss,train_accuracy,validation_loss,validation_accuracy",
        "1,1.5,0.5,1.25,0.625",
        "2,1.0,0.75,1.125,0.5",
        "3,0.5,1.0,,",
    ]


def test_the_curves_are_a_picture_and_always_the_same_bytes(tmp_path):
    """Two writings of the same figures agree; the file can be read."""
    write_curves(tmp_path, FIGURES, best_epoch=2)
    content = (tmp_path / "curves.png").read_bytes()
    write_curves(tmp_path, FIGURES, best_epoch=2)
    assert (tmp_path / "curves.png").read_bytes() == content
    assert cv2.imread(str(tmp_path / "curves.png")).std() > 1


def test_curves_without_validation_are_drawn(tmp_path):
    """One line a panel then."""
    write_curves(tmp_path, [EpochFigures(1, 1.0, 0.5)], best_epoch=1)
    assert (tmp_path / "curves.png").stat().st_size > 1000
