"""Which tensor of a checkpoint each weight of a network is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

from foundation.errors import CheckpointError
from training.checkpoints.keras_files import places_of
from training.checkpoints.lookalikes import Lookalike
from training.checkpoints.sources import Naming
from training.networks.entries import ModelEntry
from training.networks.timm_names import inception_v4_names

_TF1_FORMS = ("tf_native", "tf_slim")
_TORCH_FORMS = ("timm", "torchvision")
_TOLD = {"tf1": "TensorFlow 1", "torch": "PyTorch"}

_AUXILIARY = "AuxLogits."


def names_in(
    naming: Naming,
    name: str,
    entry: ModelEntry,
    model: keras.Model,
    *,
    look: Callable[[], Lookalike | None] = lambda: None,
) -> dict[str, str]:
    """Return the name of each weight in a checkpoint, by the weight's path in our model.

    Args:
        naming: of the checkpoint.
        name: of the network.
        entry: of it in the registry.
        model: built from it, of any size and number of classes.
        look: tells what the checkpoint looks like; asked for the message alone.

    Raises:
        CheckpointError: no checkpoint of that kind fits the network.
    """
    if naming == "keras":
        return {weight.path: weight.path for weight in model.weights}
    if naming == "keras_places":
        return places_of(model)
    if naming == "torch" and entry.family == "inception_v4":
        return inception_v4_names(model)
    forms = _TF1_FORMS if naming == "tf1" else _TORCH_FORMS
    if entry.checkpoint_names is None or entry.checkpoint_form not in forms:
        fits = {"torchvision": "PyTorch", "timm": "PyTorch", None: "Keras alone"}
        lookalike = look()
        told = f" This looks like {lookalike.told}. {lookalike.advice}" if lookalike else ""
        raise CheckpointError(
            f"No checkpoint of {_TOLD[naming]} fits {name}: its weights come from "
            f"{fits.get(entry.checkpoint_form, 'TensorFlow 1')}.{told}"
        )
    return entry.checkpoint_names(model)


def head_paths(model: keras.Model) -> set[str]:
    """Return the paths of the weights of the last layers, one layer for each output of the model."""
    return {
        weight.path for output in model.outputs for weight in getattr(_last_weighted(output), "weights", ())
    }


def kernel_of_head(model: keras.Model) -> str:
    """Return the path of the kernel that gives the main logits."""
    return str(_last_weighted(model.outputs[0]).kernel.path)


def auxiliary_paths(model: keras.Model) -> set[str]:
    """Return the paths of the weights of an auxiliary classifier."""
    return {weight.path for weight in model.weights if weight.path.startswith(_AUXILIARY)}


def _last_weighted(tensor: Any) -> Any:
    """Return the last layer with weights on the way to a tensor."""
    operation = tensor._keras_history.operation
    while not getattr(operation, "weights", None):
        operation = keras.tree.flatten(operation.input)[0]._keras_history.operation
    return operation
