"""The old pipelines' geometry, against TensorFlow 1's own functions."""

from __future__ import annotations

import numpy as np
import pytest

from foundation.errors import UnknownNameError
from training.networks.squares import SQUARES, make_square, resize_tf1
from training.tensorflow_setup import import_tensorflow

PICTURE = np.random.default_rng(0).uniform(0, 255, (61, 83, 3)).astype(np.float32)


@pytest.mark.tensorflow
@pytest.mark.parametrize("size", [(61, 83), (29, 41), (130, 200), (61, 17), (1, 1)])
def test_resizing_is_tensorflow_1s(size):
    """Without half-pixel centres, larger and smaller."""
    tf = import_tensorflow()
    wanted = tf.compat.v1.image.resize_bilinear(PICTURE[np.newaxis], size, half_pixel_centers=False)[0]
    resized = resize_tf1(PICTURE, height=size[0], width=size[1])
    assert resized == pytest.approx(np.asarray(wanted), abs=1e-3)


def test_the_same_size_changes_nothing():
    """To the last bit."""
    assert (resize_tf1(PICTURE, height=61, width=83) == PICTURE).all()


def _ramp(height, width):
    """Return a picture whose values say where they are: 1000 * row + column."""
    rows, columns = np.mgrid[:height, :width]
    return (1000.0 * rows + columns)[..., np.newaxis]


def test_slim_rounds_the_long_side_and_the_official_code_truncates_it():
    """403 x 300 gives 344 (343.89) or 343 rows, hence another middle."""
    picture = _ramp(403, 300)
    scale = np.float32(256) / np.float32(300)
    for pipeline, rows in (("vgg", 344), ("native", 343)):
        top, left = (rows - 224) // 2, (256 - 224) // 2
        corner = make_square(picture, name=pipeline, side=224)[0, 0, 0]
        assert int(403 * scale + (0.5 if pipeline == "vgg" else 0)) == rows
        assert corner == pytest.approx(1000 * top * 403 / rows + left * 300 / 256, abs=0.1)


def test_inception_takes_the_central_part_and_medicalcv_the_whole():
    """87.5 % of each side, the margin rounded down; or everything."""
    picture = _ramp(160, 80)
    assert make_square(picture, name="inception", side=35)[0, 0, 0] == pytest.approx(10_005)
    assert make_square(picture, name="inception_medicalcv", side=40)[0, 0, 0] == 0
    assert make_square(picture, name="native_medicalcv", side=40)[1, 1, 0] == pytest.approx(4002)


@pytest.mark.parametrize("name", SQUARES)
@pytest.mark.parametrize("side", [224, 299])
def test_every_square_has_the_asked_side(name, side):
    """Also above the short side of 256."""
    assert make_square(PICTURE, name=name, side=side).shape == (side, side, 3)


def test_an_unknown_square_is_told():
    """With the known ones."""
    with pytest.raises(UnknownNameError, match="Known: inception, inception_medicalcv"):
        make_square(PICTURE, name="imagenet", side=224)
