"""TensorFlow 1's checkpoints, V1 (one file) and V2 (an index and values), read and written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from foundation.errors import CheckpointError
from foundation.files import write_file
from training.checkpoints.sources import Place, Weights

AVERAGE = "/ExponentialMovingAverage"
PREFIX = "model.ckpt"

# What the reader raises for files that are cut or changed.
_BROKEN = (tf.errors.OpError, IndexError, RuntimeError, ValueError)
_OBJECT_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"
# What the optimizers of tf.train put beside each variable, and the counters of a run.
# Source: names written by TensorFlow 1 and TF-slim (reference, section 5).
_SLOTS = ("RMSProp", "Momentum", "Adam", "Adadelta", "Adagrad", "Ftrl")
# `biased` and `local_step` stand below moving means that correct their start at zero.
_BESIDE = re.compile(rf".+/(({'|'.join(_SLOTS)})(_\d+)?|ExponentialMovingAverage|biased|local_step)")
_COUNTERS = re.compile(r"(.+/)?(global_step|beta[12]_power(_\d+)?)")


def open_tf1(place: Place) -> Weights:
    """Open a checkpoint of TensorFlow 1.

    Raises:
        CheckpointError: it is cut, is none, or is one of TensorFlow 2's objects.
    """
    try:
        reader = tf.train.load_checkpoint(str(place.path))
        shapes = {name: tuple(shape) for name, shape in reader.get_variable_to_shape_map().items()}
    except _BROKEN as error:
        raise CheckpointError(_told_broken(place.path)) from error
    if _OBJECT_GRAPH in shapes:
        raise CheckpointError(
            f"{place.path} holds objects of TensorFlow 2, not variables by name. Load it with the program "
            "that wrote it and save the model as a .keras file."
        )

    def read(name: str) -> NDArray[Any]:
        try:
            return np.asarray(reader.get_tensor(name))
        except _BROKEN as error:
            raise CheckpointError(_told_broken(place.path, name)) from error

    return Weights("tf1", shapes, read)


def beside_variables(names: Iterable[str]) -> set[str]:
    """Return the names that are no variables of a network: slots, moving averages, counters.

    Example:
        >>> sorted(beside_variables(["a/weights", "a/weights/Adam_1", "beta1_power", "global_step"]))
        ['a/weights/Adam_1', 'beta1_power', 'global_step']
    """
    return {name for name in names if _BESIDE.fullmatch(name) or _COUNTERS.fullmatch(name)}


def write_tf1(folder: Path, values: Mapping[str, NDArray[Any]]) -> None:
    """Write a V2 checkpoint named `model.ckpt`, and the state file that calls it the latest.

    Args:
        folder: to write into.
        values: by name.
    """
    names = sorted(values)
    tf.raw_ops.SaveV2(
        prefix=str(folder / PREFIX),
        tensor_names=names,
        shape_and_slices=[""] * len(names),
        tensors=[tf.constant(values[name]) for name in names],
    )
    lines = [f'{key}: "{PREFIX}"' for key in ("model_checkpoint_path", "all_model_checkpoint_paths")]
    write_file(folder / "checkpoint", "\n".join(lines) + "\n")


def _told_broken(path: Path, name: str | None = None) -> str:
    what = f'the values of "{name}" are' if name else "it is no checkpoint of TensorFlow, or it is"
    return (
        f"{path} cannot be read: {what} cut or damaged. Expected a V1 or V2 checkpoint with all its bytes. "
        "Copy it again from where it comes from."
    )
