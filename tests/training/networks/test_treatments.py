"""Input treatments against their formulas."""

from __future__ import annotations

import numpy as np
import pytest

from foundation.errors import UnknownNameError
from training.networks.treatments import LUMA, TREATMENTS
from training.tensorflow_setup import import_tensorflow

MEANS = np.array([123.68, 116.78, 103.94])
PICTURE = np.random.default_rng(0).uniform(0, 255, (2, 3, 4, 3))
# What each pipeline says of itself.
FORMULAS = {
    "caffe": lambda x: x[..., ::-1] - np.array([103.939, 116.779, 123.68]),
    "imagenet": lambda x: (x / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225],
    "inception": lambda x: (x / 255 - 0.5) * 2,
    "native": lambda x: x - MEANS,
    "none": lambda x: x,
    "unit": lambda x: x / 255,
    "vgg": lambda x: x - MEANS,
}


def _treated(pictures, name):
    import_tensorflow()
    import keras

    from training.networks.treatments import treat

    inputs = keras.Input(pictures.shape[1:])
    model = keras.Model(inputs, treat(inputs, name))
    assert model.layers[-1].name == "input_treatment"
    return np.asarray(model(pictures.astype(np.float32)))


@pytest.mark.tensorflow
@pytest.mark.parametrize("name", TREATMENTS)
def test_colour_is_treated_by_the_formula(name):
    """To the last digits of float32."""
    assert _treated(PICTURE, name) == pytest.approx(FORMULAS[name](PICTURE), abs=3e-5)


@pytest.mark.tensorflow
@pytest.mark.parametrize("name", ["inception", "native", "imagenet", "caffe", "unit"])
def test_the_mean_grey_is_treated_as_its_luma(name):
    """One channel is the weighted sum of three: where colour gives 0, so does grey."""
    treatment = TREATMENTS[name]
    mean = np.dot(LUMA, treatment.means) if len(set(treatment.means)) > 1 else treatment.means[0]
    assert _treated(np.full((1, 1, 1, 1), mean), name) == pytest.approx(0, abs=1e-5)
    deviation = np.dot(LUMA, treatment.deviations)
    assert _treated(np.full((1, 1, 1, 1), mean + deviation), name) == pytest.approx(1, abs=1e-5)


def test_every_treatment_says_what_it_does():
    """The registry is alphabetical and has a formula here for each."""
    assert list(TREATMENTS) == sorted(TREATMENTS) == sorted(FORMULAS)
    assert all(treatment.summary for treatment in TREATMENTS.values())


@pytest.mark.tensorflow
def test_an_unknown_treatment_is_told_with_the_nearest():
    """The message suggests."""
    with pytest.raises(UnknownNameError, match='Did you mean "inception"'):
        _treated(PICTURE, "inceptoin")
