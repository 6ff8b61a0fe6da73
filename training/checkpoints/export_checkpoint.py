"""The door of export: a model in, a checkpoint under TensorFlow 1's names out."""

from __future__ import annotations

from concurrent.futures import Executor
from pathlib import Path
from typing import Any, Literal

from foundation.contracts import Config, Report
from foundation.errors import CheckpointError
from foundation.files import check_target, new_folder
from foundation.progress import Progress
from training.artifact import load_model, open_artifact
from training.networks.registry import MODELS
from training.tensorflow_setup import import_tensorflow

_FORMS = ("tf_native", "tf_slim")


class ExportCheckpointConfig(Config):
    """What to export under whose names.

    Attributes:
        model: folder of an artifact, or a `.keras` file that dicomill wrote.
        target: folder to write: `model.ckpt.index`, its values, and `checkpoint`.
        names: "tf1", those of TF-slim or of the official ResNets.
        overwrite: replace what stands at `target`.
    """

    model: Path
    target: Path
    names: Literal["tf1"] = "tf1"
    overwrite: bool = False


class ExportCheckpointReport(Report):
    """What an export came to.

    Attributes:
        model: name of the network.
        num_variables: that were written.
        prefix: to give to a program that restores them, below the target.
    """

    model: str
    num_variables: int
    prefix: str


def export_checkpoint(
    config: ExportCheckpointConfig,
    *,
    database: object | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> ExportCheckpointReport:
    """Write a model's weights as a V2 checkpoint with the names that its network has in TensorFlow 1.

    Args:
        config: what to export.
        database: not used.
        executor: not used.
        progress: not used; an export takes seconds.

    Raises:
        ArtifactError: the folder is no artifact, or a broken one.
        CheckpointError: the file cannot be loaded, or a weight has no name in TensorFlow 1.
        TargetExistsError: the target holds something and `overwrite` is off.
        TrainingError: TensorFlow is not installed.
    """
    del database, executor, progress
    check_target(config.target, overwrite=config.overwrite)
    if config.model.is_dir():
        open_artifact(config.model)
    import_tensorflow()
    import numpy as np  # noqa: PLC0415 - beside TensorFlow

    from training.checkpoints.tf1_files import PREFIX, write_tf1  # noqa: PLC0415 - needs TensorFlow

    model, name = _open(config.model)
    names = _names(model, name)
    values = {names[weight.path]: np.asarray(weight) for weight in model.weights}
    with new_folder(config.target, overwrite=config.overwrite) as folder:
        write_tf1(folder, values)
    return ExportCheckpointReport(model=name, num_variables=len(values), prefix=PREFIX)


def _open(path: Path) -> tuple[Any, str]:
    """Return a model and the name of its network."""
    if path.is_dir():
        return load_model(path), open_artifact(path).model
    from training.checkpoints.keras_files import load_keras  # noqa: PLC0415 - needs TensorFlow

    if not path.is_file():
        raise CheckpointError(
            f"There is no model at {path}: expected an artifact's folder or a .keras file. Check the path."
        )
    model = load_keras(path)
    return model, model.name


def _names(model: Any, name: str) -> dict[str, str]:
    """Return the name of each weight in TensorFlow 1, by its path.

    Raises:
        CheckpointError: the network, or a weight of its head, has none.
    """
    entry = MODELS.get(name)
    if entry is None or entry.checkpoint_form not in _FORMS or entry.checkpoint_names is None:
        raise CheckpointError(
            f"{name} has no names in TensorFlow 1: TF-slim's ResNets v2 and Inception v4 have, and the "
            "official ResNets."
        )
    names = entry.checkpoint_names(model)
    without = [weight.path for weight in model.weights if weight.path not in names]
    if without:
        raise CheckpointError(
            f"These weights of the head have no names in TensorFlow 1, so nothing was written: "
            f"{', '.join(without)}. Only {name} with its paper's head can be exported."
        )
    return names
