"""Weights that Keras has saved: whole models, artifacts, and files of weights alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
from numpy.typing import NDArray

from foundation.errors import CheckpointError
from training.artifact import load_model
from training.checkpoints.sources import Place, Weights
from training.networks.flattening import lay_out, snake_case
from training.networks.heads import FEATURE_MAP
from training.networks.plan import ModelPlan
from training.networks.treatments import LAYER_NAME

# Where Keras keeps the layers inside an attention layer, by their names.
_INNER = {
    "attention_output": "output_dense",
    "key": "key_dense",
    "query": "query_dense",
    "value": "value_dense",
}
# The state of dropout's generators, and of optimizers: no weights.
_NO_WEIGHTS = ("optimizer/", "seed_generator/")


def open_artifact_model(place: Place) -> Weights:
    """Open the model of one of our artifacts.

    Raises:
        ArtifactError: it is broken.
    """
    return _of_model(load_model(place.path))


def open_keras(place: Place) -> Weights:
    """Open a `.keras` file.

    Raises:
        CheckpointError: it is cut, is none, or holds layers that are not Keras' own.
    """
    return _of_model(load_keras(place.path))


def load_keras(path: Path) -> keras.Model:
    """Load the model of a `.keras` file.

    Raises:
        CheckpointError: it is cut, is none, or holds layers that are not Keras' own.
    """
    try:
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except (OSError, TypeError, ValueError, KeyError, EOFError) as error:
        raise CheckpointError(
            f"{path} cannot be loaded by the installed Keras: it is cut, is no .keras file, or holds "
            "layers that Keras does not know."
        ) from error


def open_h5(place: Place) -> Weights:
    """Open a file of weights: `.weights.h5` of Keras 3, or the older `.h5` with names of layers.

    Raises:
        CheckpointError: it is cut, or is none.
    """
    with _reading(place.path):
        file = h5py.File(place.path, "r")
        by_name = "layer_names" in file.attrs
        found = dict(_by_name(file) if by_name else _by_place(file))
        shapes = {name: tuple(tensor.shape) for name, tensor in found.items()}

    def read(name: str) -> NDArray[Any]:
        with _reading(place.path):
            return np.asarray(found[name])

    return Weights("keras" if by_name else "keras_places", shapes, read)


def places_of(model: keras.Model) -> dict[str, str]:
    """Return where Keras keeps each weight in a file of weights, by the weight's path.

    Keras does not go by a layer's name there, but by its class and how many of that class come before.

    Args:
        model: flat; of layers in layers only attention is known.
    """
    counts: dict[str, int] = {}
    places = {}
    for layer in model.layers:
        kind = snake_case(type(layer).__name__)
        count = counts.get(kind, 0)
        counts[kind] = count + 1
        group = f"layers/{kind}_{count}" if count else f"layers/{kind}"
        numbers: dict[str, int] = {}
        for weight in layer.weights:
            inner = weight.path.removeprefix(f"{layer.name}/").rpartition("/")[0]
            folder = f"{group}/{_INNER.get(inner, inner)}" if inner else group
            number = numbers.get(folder, 0)
            numbers[folder] = number + 1
            places[weight.path] = f"{folder}/vars/{number}"
    return places


def treatment_of(model: keras.Model) -> tuple[Any, ...] | None:
    """Return scale and offset of a model's input treatment; None where it has no layer of ours for it."""
    for layer in model.layers:
        if layer.name == LAYER_NAME:
            return tuple(np.ravel(value).tolist() for value in (layer.scale, layer.offset))
    return None


def _of_model(model: keras.Model) -> Weights:
    """Return a model's weights by path; those of somebody else's model under our names for its layers."""
    if not any(layer.name == FEATURE_MAP for layer in model.layers):
        model = _laid_out(model)
    weights = {weight.path: weight for weight in model.weights}
    shapes = {path: tuple(weight.shape) for path, weight in weights.items()}
    return Weights(
        "keras",
        shapes,
        lambda path: np.asarray(weights[path]),
        network=model.name,
        treatment=treatment_of(model),
    )


def _laid_out(model: keras.Model) -> keras.Model:
    """Return a model as the networks of keras.applications are laid out here: flat, numbered by place."""
    shapes = getattr(model, "input_shape", None)
    if not isinstance(shapes, tuple) or len(shapes) != 4:
        raise CheckpointError(f"The model {model.name} takes no pictures: no network here has its weights.")
    pictures = keras.Input(shapes[1:])
    plan = ModelPlan(name=model.name, height=1, width=1, channels=3, num_classes=1)
    outputs = lay_out(model, plan, pictures, pictures, keep_weights=True)
    return keras.Model(pictures, outputs, name=model.name)


def _by_name(file: h5py.File) -> Iterator[tuple[str, h5py.Dataset]]:
    """Yield each tensor of an older file under its layer's name and its own."""
    for layer in file.attrs["layer_names"]:
        group = file[_text(layer)]
        for name in group.attrs["weight_names"]:
            leaf = _text(name).rsplit("/", 1)[-1].split(":")[0]
            yield f"{_text(layer)}/{leaf}", group[_text(name)]


def _by_place(file: h5py.File) -> Iterator[tuple[str, h5py.Dataset]]:
    """Yield each tensor of a file of Keras 3."""
    tensors: list[tuple[str, h5py.Dataset]] = []
    file.visititems(
        lambda name, item: tensors.append((name, item)) if isinstance(item, h5py.Dataset) else None
    )
    for name, tensor in tensors:
        if "/vars/" in name and not any(part in name for part in _NO_WEIGHTS):
            yield name, tensor


def _text(name: str | bytes) -> str:
    return name.decode() if isinstance(name, bytes) else name


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Turn what h5py says of a broken file into one line."""
    try:
        yield
    except (OSError, KeyError, RuntimeError, ValueError) as error:
        raise CheckpointError(
            f"{path} cannot be read: it is no HDF5 file of weights, or it is cut. Copy it again from where "
            "it comes from."
        ) from error
