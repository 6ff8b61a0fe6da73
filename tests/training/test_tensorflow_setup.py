"""TensorFlow is loaded quietly, once, on the right backend, or its absence is told."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

from foundation.errors import TrainingError
from training.tensorflow_setup import import_tensorflow


def test_a_missing_tensorflow_is_told_with_the_line_to_type(monkeypatch):
    """The message names the extra to install."""

    def refuse(name):
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(importlib, "import_module", refuse)
    with pytest.raises(TrainingError, match=r'pip install "\.\[cpu\]"'):
        import_tensorflow.__wrapped__()


@pytest.mark.tensorflow
def test_another_backend_is_refused(monkeypatch):
    """A Keras that was loaded with another backend before cannot be turned round."""
    import_tensorflow()
    import keras

    monkeypatch.setattr(keras.backend, "backend", lambda: "torch")
    with pytest.raises(TrainingError, match="Received: torch"):
        import_tensorflow.__wrapped__()


@pytest.mark.tensorflow
def test_settings_of_a_running_tensorflow_stay():
    """A second set-up after the first operation changes nothing and does not fail."""
    tf = import_tensorflow()
    assert tf.constant(1.0) + 1.0 == 2.0
    assert import_tensorflow.__wrapped__() is tf


@pytest.mark.tensorflow
@pytest.mark.slow
def test_nothing_is_written_while_tensorflow_starts():
    """Neither import nor first operation writes to standard error; a later error still can."""
    code = (
        "import sys\n"
        "from training.tensorflow_setup import import_tensorflow\n"
        "tf = import_tensorflow()\n"
        "tf.matmul(tf.ones((2, 2)), tf.ones((2, 2)))\n"
        "print('heard', file=sys.stderr)\n"
    )
    completed = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert (completed.returncode, completed.stdout, completed.stderr) == (0, "", "heard\n")
