"""Starting a training from the weights of an artifact or a Keras file."""

from __future__ import annotations

from pathlib import Path

import keras

from foundation.errors import CheckpointError
from training.checkpoints.lookalikes import look_at
from training.checkpoints.matching import compare, keras_values, refuse
from training.checkpoints.names import auxiliary_paths, head_paths
from training.checkpoints.opening import open_weights
from training.checkpoints.places import find_place
from training.networks.heads import HEAD_PREFIX

_AUXILIARY = "AuxLogits."


def warm_start(model: keras.Model, path: Path) -> str:
    """Fill a model with the weights of another one of the same network; a head that differs stays fresh.

    Args:
        model: just built.
        path: an artifact, a `.keras` file, or an older `.h5` with names of layers.

    Returns:
        What was taken, in one sentence.

    Raises:
        CheckpointError: it is another network, or names of another program; nothing is changed then.
        ArtifactError: the artifact is broken.
    """
    weights = open_weights(find_place(path))
    if weights.naming != "keras":
        raise CheckpointError(
            f"A training starts from an artifact or a .keras file. Import {path} first, by "
            "`dicomill models import`."
        )
    shapes = {weight.path: tuple(weight.shape) for weight in model.weights}
    auxiliary = auxiliary_paths(model)
    main = head_paths(model) - auxiliary | {name for name in shapes if name.startswith(HEAD_PREFIX)}
    fresh: set[str] = set()
    for head in (main, auxiliary):
        if any(weights.shapes.get(name) != shapes[name] for name in head):
            fresh |= head
    # A last layer of another size, or layers of a head that the model has not.
    spare = {name for name in weights.shapes if name in fresh or name.startswith((HEAD_PREFIX, _AUXILIARY))}
    wanted = {name: name for name in shapes if name not in fresh}
    misfit = compare(weights, wanted, shapes, ignored=spare, sums_channels=False)
    if misfit:
        raise refuse(str(model.name), misfit, look_at(weights, beside=set()))
    values = {name: keras_values(weights.read(name), shapes[name], weights.naming) for name in wanted}
    for weight in model.weights:
        if weight.path in values:
            weight.assign(values[weight.path])
    told = f" Fresh: {', '.join(sorted(fresh))}." if fresh else " The head was taken, too."
    return f"{len(values)} of {len(shapes)} variables were taken from the weights to start from.{told}"
