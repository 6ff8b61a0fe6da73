"""The small vision transformer."""

from __future__ import annotations

import numpy as np
import pytest

pytestmark = pytest.mark.tensorflow


@pytest.mark.parametrize(
    ("name", "count", "width"),
    [
        ("vit_tiny_16", 5_717_416, 192),
        pytest.param("vit_small_16", 22_050_664, 384, marks=pytest.mark.contract),
    ],
)
def test_sizes_are_those_of_the_paper_but_for_the_class_token(build, name, count, width):
    """DeiT's counts without the class token, its position, and the bias that the positions take in."""
    assert build(name, 224, num_classes=1000).count_params() == count - 3 * width


@pytest.mark.parametrize(("height", "width"), [(32, 32), (33, 50)])
def test_any_size_is_cut_into_patches(build, height, width):
    """What is missing to a whole patch is padded; the map keeps height and width apart."""
    model = build("vit_tiny_16", height, width=width)
    assert model.get_layer("feature_map").output.shape[1:] == (-(-height // 16), -(-width // 16), 192)
    assert model(np.zeros((1, height, width, 3))).shape == (1, 7)


def test_patches_hold_the_pixels_of_their_square(build):
    """The second token of the first row is the picture's square from column 16 on."""
    import keras

    model = build("vit_tiny_16", 32, treatment="none")
    tokens = keras.Model(model.inputs[0], model.get_layer("patches.flat").output)
    picture = np.arange(32 * 32 * 3, dtype=np.float32).reshape(1, 32, 32, 3)
    assert (np.asarray(tokens(picture))[0, 1] == picture[0, :16, 16:].reshape(-1)).all()
