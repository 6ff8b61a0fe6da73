"""The artifact: the trained thing on disk, with all that a prediction needs to know."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from foundation.errors import ArtifactError
from foundation.files import write_file
from foundation.fingerprints import fingerprint, sha256_of_file
from foundation.lineage import Lineage, write_lineage
from training.tensorflow_setup import import_tensorflow

ARTIFACT_FILE = "artifact.json"
MODEL_FILE = "model.keras"

Kind = Literal["single_label", "multi_label"]

# The earliest time that a ZIP archive can hold; Keras would write the present one.
_NO_TIME = (1980, 1, 1, 0, 0, 0)


class TrainedModel(BaseModel):
    """What is known of a model when its training ends.

    Attributes:
        model: its name in `training.networks.registry.MODELS`.
        classes: class names in index order, one for each logit.
        task: the label task; None when the records name none.
        kind: "single_label" (softmax over the classes) or "multi_label" (a sigmoid each).
        height: of the input, in pixels.
        width: of the input, in pixels.
        channels: 1 or 3.
        rendering: how stored values became the training pictures; None when they came as pictures.
        recipe: the steps after it, as `name:value`, in order.
        precision: of the numbers while training.
        metrics: of the kept epoch, `train_loss`, `validation_accuracy` and so on.
        records: `product_uuid` of the record set; None of an imported model.
        trained_epochs: how many ran; 0 of an imported model.
        best_epoch: whose weights are kept, counted from 1; 0 of an imported model.
        seed: of weights and shuffling.
        parameters: number of weights, trainable or not.
        feature_map: name of the layer that gives the last spatial feature map.
        source_sha256: of the checkpoint that an imported model comes from; None of a trained one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    classes: tuple[str, ...] = Field(min_length=1)
    task: str | None
    kind: Kind
    height: int = Field(ge=1)
    width: int = Field(ge=1)
    channels: Literal[1, 3]
    rendering: str | None
    recipe: tuple[str, ...]
    precision: str
    metrics: dict[str, float]
    records: str | None
    trained_epochs: int = Field(ge=0)
    best_epoch: int = Field(ge=0)
    seed: int
    parameters: int = Field(ge=1)
    feature_map: str
    source_sha256: str | None = None


class Artifact(TrainedModel):
    """The content of artifact.json.

    Attributes:
        format_version: of this file.
        product_uuid: the artifact's own.
        versions: of Python and the libraries that trained it.
        model_sha256: of model.keras.
    """

    format_version: Literal[1] = 1
    product_uuid: str
    versions: dict[str, str]
    model_sha256: str


def open_artifact(path: Path) -> Artifact:
    """Read what an artifact folder says of itself; TensorFlow is not loaded.

    Raises:
        ArtifactError: no such folder, not an artifact, cut, or made by a later version.
    """
    artifact_file = path / ARTIFACT_FILE
    if not path.is_dir():
        raise ArtifactError(
            f"There is no artifact at {path}: expected a folder that `dicomill train` wrote. Check the path."
        )
    if not artifact_file.is_file():
        raise ArtifactError(
            f"{path} is not an artifact: it holds no {ARTIFACT_FILE}. "
            "Give the folder that `dicomill train` wrote."
        )
    try:
        content = json.loads(artifact_file.read_text(encoding="utf-8"))
        artifact = Artifact.model_validate(content)
    except (OSError, ValueError, ValidationError) as error:
        raise ArtifactError(
            f"{artifact_file} cannot be read: it is cut, was changed by hand, or was written by another "
            "version of dicomill. Train again, or use the version that wrote it."
        ) from error
    if not (path / MODEL_FILE).is_file():
        raise ArtifactError(f"The artifact {path} is broken: it holds no {MODEL_FILE}. Train again.")
    return artifact


def load_model(path: Path) -> Any:
    """Load an artifact's Keras model: pictures of 0..255 in, logits out.

    Raises:
        ArtifactError: the artifact is broken, or its model is not the one it was written with.
        TrainingError: TensorFlow is not installed.
    """
    artifact = open_artifact(path)
    model_file = path / MODEL_FILE
    if sha256_of_file(model_file) != artifact.model_sha256:
        raise ArtifactError(
            f"The artifact {path} is broken: {MODEL_FILE} is cut or is not the file it was written with. "
            "Restore it from a copy, or train again."
        )
    import_tensorflow()
    from keras import saving  # noqa: PLC0415 - artifact.json is read without TensorFlow

    try:
        model = saving.load_model(model_file, compile=False, safe_mode=True)
    except (OSError, TypeError, ValueError, KeyError) as error:
        raise ArtifactError(
            f"The model of {path} cannot be loaded by the installed Keras. Install the one it was saved by: "
            f"{artifact.versions.get('keras', 'its version is not known')}."
        ) from error
    return model


def write_artifact(
    folder: Path,
    model: Any,
    trained: TrainedModel,
    *,
    config: dict[str, Any] | None = None,
    parents: tuple[str, ...] = (),
) -> Artifact:
    """Write model.keras, artifact.json and lineage.json.

    Args:
        folder: as `foundation.files.new_folder` gives it, so that the artifact appears whole.
        model: of Keras, from pictures to logits.
        trained: what is known of it.
        config: of the door, without paths, for the lineage.
        parents: `product_uuid` of what it was made from beside the records.

    Returns:
        What artifact.json holds.
    """
    model_file = folder / MODEL_FILE
    model.save(model_file)
    _make_reproducible(model_file)
    model_sha256 = sha256_of_file(model_file)
    described = trained.model_dump(
        mode="json", include={"classes", "kind", "rendering", "recipe", "height", "width", "channels"}
    )
    lineage = Lineage(
        kind="artifact",
        parents=(*(() if trained.records is None else (trained.records,)), *parents),
        config=config or {},
        fingerprint=fingerprint({"model_sha256": model_sha256, **described}),
    )
    artifact = Artifact(
        **trained.model_dump(),
        product_uuid=lineage.product_uuid,
        versions=lineage.versions,
        model_sha256=model_sha256,
    )
    write_file(folder / ARTIFACT_FILE, artifact.model_dump_json(indent=2) + "\n")
    write_lineage(folder, lineage)
    return artifact


def to_probabilities(logits: NDArray[np.float32], kind: Kind) -> NDArray[np.float64]:
    """Turn a model's logits into probabilities, in double precision.

    Args:
        logits: [pictures, classes].
        kind: "single_label" gives rows that sum to 1; "multi_label" each class by itself.

    Example:
        >>> to_probabilities(np.array([[0.0, 0.0]], np.float32), "single_label").tolist()
        [[0.5, 0.5]]
        >>> to_probabilities(np.array([[0.0, 1000.0]], np.float32), "multi_label").tolist()
        [[0.5, 1.0]]
    """
    x = np.asarray(logits, np.float64)
    if kind == "single_label":
        raised = np.exp(x - x.max(axis=-1, keepdims=True))
        return np.asarray(raised / raised.sum(axis=-1, keepdims=True))
    # exp of a value that is never positive: no overflow on either side
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1.0, small) / (1.0 + small)


def _make_reproducible(model_file: Path) -> None:
    """Rewrite the archive without dates and memory addresses, so that equal models are equal bytes."""
    with zipfile.ZipFile(model_file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    metadata = json.loads(members["metadata.json"])
    metadata.pop("date_saved", None)
    members["metadata.json"] = json.dumps(metadata).encode()
    numbers: dict[int, int] = {}
    members["config.json"] = json.dumps(_renumber(json.loads(members["config.json"]), numbers)).encode()
    with zipfile.ZipFile(model_file, "w") as archive:
        for name in sorted(members):
            archive.writestr(zipfile.ZipInfo(name, _NO_TIME), members[name])


def _renumber(value: Any, numbers: dict[int, int]) -> Any:
    """Return a Keras config whose shared objects are numbered in the order they appear.

    Keras numbers them by memory address, and asks only that equal numbers mean the same object.

    Example:
        >>> _renumber([{"shared_object_id": 970}, {"shared_object_id": 970}], {})
        [{'shared_object_id': 1}, {'shared_object_id': 1}]
    """
    if isinstance(value, list):
        return [_renumber(item, numbers) for item in value]
    if isinstance(value, dict):
        return {
            key: numbers.setdefault(item, len(numbers) + 1)
            if key == "shared_object_id"
            else _renumber(item, numbers)
            for key, item in value.items()
        }
    return value
