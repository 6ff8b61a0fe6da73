"""One real step."""

from __future__ import annotations

import pytest

from training.tensorflow_setup import import_tensorflow
from training.trial import try_one_step

pytestmark = pytest.mark.tensorflow


def test_a_step_tells_version_devices_and_time():
    """As TensorFlow says of itself."""
    tensorflow = import_tensorflow()
    trial = try_one_step()
    assert trial.version == tensorflow.__version__
    assert "CPU:0" in trial.devices
    assert 0 < trial.seconds < 120


def test_a_variable_without_a_gradient_is_a_failure(monkeypatch):
    """A TensorFlow that computes nothing must not pass."""
    tensorflow = import_tensorflow()
    from training.networks import registry

    class Deaf:
        """Answers the same whatever its one variable is."""

        trainable_variables = (tensorflow.Variable(1.0),)

        def __call__(self, pictures, *, training):
            return tensorflow.zeros((len(pictures), 2))

    monkeypatch.setattr(registry, "build_model", lambda *_, **__: Deaf())
    with pytest.raises(RuntimeError, match="no gradient"):
        try_one_step()
