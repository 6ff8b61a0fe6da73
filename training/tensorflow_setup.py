"""Loading TensorFlow once, quietly and with the settings that the rest relies on."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from foundation.errors import TrainingError
from foundation.execution import default_workers

_QUIET_ENVIRONMENT = {
    "GRPC_VERBOSITY": "ERROR",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    # Its default too; said, so that TensorFlow does not announce it.
    "TF_ENABLE_ONEDNN_OPTS": "1",
}


@cache
def import_tensorflow() -> Any:
    """Import TensorFlow and Keras without their start-up lines, set them up, and return TensorFlow.

    One thread a usable core, channels last, float32, and no grabbing of a whole GPU's memory.
    Call it before importing a module that imports TensorFlow at its top.

    Raises:
        TrainingError: TensorFlow or Keras is not installed, or Keras runs on another backend.

    Example:
        >>> import_tensorflow().constant([1.0]).shape  # doctest: +SKIP
        TensorShape([1])
    """
    for name, value in _QUIET_ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    os.environ["KERAS_BACKEND"] = "tensorflow"
    try:
        with _quiet_start():
            tensorflow = importlib.import_module("tensorflow")
            keras = importlib.import_module("keras")
    except ImportError as error:
        raise TrainingError(
            "TensorFlow is not installed: training and prediction need it. "
            'Install it from the checkout: pip install ".[cpu]" (or ".[gpu]" for NVIDIA GPUs).'
        ) from error
    if keras.backend.backend() != "tensorflow":
        raise TrainingError(
            "Keras was loaded with another backend before: dicomill's models run on TensorFlow. "
            f"Set KERAS_BACKEND=tensorflow. Received: {keras.backend.backend()}"
        )
    # A user's own keras.json may say otherwise.
    keras.config.set_image_data_format("channels_last")
    keras.config.set_floatx("float32")
    _set_up_devices(tensorflow)
    return tensorflow


def _set_up_devices(tensorflow: Any) -> None:
    """Limit threads and GPU memory; a program that has used TensorFlow before keeps its settings."""
    configuration = tensorflow.config
    try:
        configuration.threading.set_intra_op_parallelism_threads(default_workers())
        configuration.threading.set_inter_op_parallelism_threads(default_workers())
        for device in configuration.list_physical_devices("GPU"):
            configuration.experimental.set_memory_growth(device, True)
    except (RuntimeError, ValueError):
        tensorflow.get_logger().debug("TensorFlow was started before: its device settings stay.")


@contextmanager
def _quiet_start() -> Iterator[None]:
    """Keep native code from writing to standard error while it is loaded.

    The libraries greet before their log levels are read, so no setting reaches these lines. A
    Python exception is not affected: it is raised, not written.
    """
    sys.stderr.flush()
    try:
        kept = os.dup(2)
    except OSError:  # the program runs without a standard error: nothing to keep quiet
        yield
        return
    silence = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(silence, 2)
        yield
    finally:
        sys.stderr.flush()
        os.dup2(kept, 2)
        os.close(kept)
        os.close(silence)
