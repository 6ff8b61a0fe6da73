"""From a place to the weights that stand there, by the form of its files."""

from __future__ import annotations

from collections.abc import Callable

from training.checkpoints.keras_files import open_artifact_model, open_h5, open_keras
from training.checkpoints.safetensors_files import open_safetensors
from training.checkpoints.sources import Place, Weights
from training.checkpoints.tf1_files import open_tf1

OPENERS: dict[str, Callable[[Place], Weights]] = {
    "artifact": open_artifact_model,
    "keras": open_keras,
    "keras_h5": open_h5,
    "safetensors": open_safetensors,
    "tf1": open_tf1,
}


def open_weights(place: Place) -> Weights:
    """Open the weights of a place, as `places.find_place` gives it.

    Raises:
        CheckpointError: they cannot be read.
        ArtifactError: the artifact is broken.
    """
    return OPENERS[place.form](place)
