"""Holding tensors against weights."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.checkpoints.lookalikes import Lookalike
from training.checkpoints.matching import Misfit, compare, keras_shape, keras_values, refuse
from training.checkpoints.sources import Weights

SHAPES = {"conv/kernel": (3, 3, 1, 8), "conv/bias": (8,)}
WANTED = {"conv/kernel": "net/conv/weights", "conv/bias": "net/conv/biases"}


def _compare(shapes, *, ignored=(), sums_channels=False):
    weights = Weights("tf1", shapes, lambda name: np.zeros(shapes[name]))
    return compare(weights, WANTED, SHAPES, ignored=set(ignored), sums_channels=sums_channels)


def test_what_fits_is_no_misfit():
    """Names that need no place are left alone."""
    shapes = {"net/conv/weights": (3, 3, 1, 8), "net/conv/biases": (8,), "global_step": ()}
    assert not _compare(shapes, ignored=["global_step"])
    assert _compare(shapes).left_over == ("global_step",)


def test_each_thing_that_does_not_fit_is_listed():
    """Missing, left over and wrong shapes, all at once."""
    misfit = _compare({"net/conv/weights": (5, 5, 1, 8), "net/other": (1,)})
    assert misfit == Misfit(
        missing=("net/conv/biases",),
        left_over=("net/other",),
        shapes=("net/conv/weights is 5x5x1x8 and should be 3x3x1x8",),
        num_wanted=2,
    )


def test_a_kernel_on_colours_fits_one_channel_only_when_asked():
    """Summing is the user's decision."""
    shapes = {"net/conv/weights": (3, 3, 3, 8), "net/conv/biases": (8,)}
    assert _compare(shapes)
    assert not _compare(shapes, sums_channels=True)


def test_a_checkpoint_of_the_network_is_refused_with_every_name():
    """And one of another network with its name and the first of each list."""
    names = tuple(f"v{index}" for index in range(30))
    misfit = Misfit(missing=names, left_over=(), shapes=(), num_wanted=40)
    told = str(refuse("lenet5", misfit, Lookalike("lenet5", "lenet5")))
    assert "nothing was loaded" in told
    assert f"Missing, of 40 (30): {', '.join(names)}" in told
    other = str(refuse("lenet5", misfit, Lookalike("resnet_v2_50 of TF-slim", "resnet_v2_50")))
    assert "This looks like resnet_v2_50 of TF-slim. Import it with --model resnet_v2_50." in other
    assert other.endswith("v9 and 20 more.")
    assert "No network here takes it." in str(refuse("lenet5", misfit, Lookalike("VGG")))


@given(st.tuples(*[st.integers(1, 4)] * 4))
def test_kernels_of_pytorch_become_those_of_keras(shape):
    """Output, input, height, width to height, width, input, output; the shape says what the values become."""
    values = np.arange(np.prod(shape)).reshape(shape)
    wanted = keras_shape(shape, 4, "torch")
    turned = keras_values(values, wanted, "torch")
    assert turned.shape == wanted == (shape[2], shape[3], shape[1], shape[0])
    assert turned[0, -1, 0, -1] == values[-1, 0, 0, -1]


@pytest.mark.parametrize(("shape", "rank", "wanted"), [((5, 4), 4, (1, 1, 4, 5)), ((5, 4, 1, 1), 2, (4, 5))])
def test_a_dense_layer_may_stand_as_a_convolution(shape, rank, wanted):
    """On either side."""
    values = np.arange(20).reshape(shape)
    assert keras_shape(shape, rank, "torch") == wanted
    assert (keras_values(values, wanted, "torch").reshape(4, 5) == values.reshape(5, 4).T).all()


def test_colours_are_summed():
    """The sum, not the mean: a grey picture in all three channels gives the same."""
    values = np.stack([np.full((1, 1, 2), number, np.float64) for number in (1, 2, 4)], axis=2)
    summed = keras_values(values, (1, 1, 1, 2), "tf1")
    assert (summed == 7).all()
    assert summed.dtype == np.float32
