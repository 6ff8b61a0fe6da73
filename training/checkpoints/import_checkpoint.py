"""The door of import: somebody's weights in, an artifact out."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field, field_validator

from foundation.contracts import Config, Report
from foundation.errors import ConfigError
from foundation.files import check_target, new_folder, write_file
from foundation.progress import Progress
from foundation.registries import look_up
from imaging.rendering import parse_rendering
from preprocessing.recipe import Recipe
from training.artifact import Kind, TrainedModel, write_artifact
from training.checkpoints.places import find_place
from training.checkpoints.sources import Place
from training.networks.registry import MODELS, check_input
from training.networks.treatments import OWN, TREATMENTS
from training.tensorflow_setup import import_tensorflow

if TYPE_CHECKING:
    from training.checkpoints.loading import Loaded

KERAS_ENDING = ".keras"

# Names of timm and torchvision to ours.
_ALIASES = (
    (re.compile(r"resnetv2_(50|101|152)"), r"resnet_v2_\1_timm"),
    (re.compile(r"resnet(18|34|50|101|152)"), r"resnet_\1_torchvision"),
)
_FOREIGN = re.compile(r"resnetv2_.+")


class ImportCheckpointConfig(Config):
    """What to import as what.

    Attributes:
        checkpoint: a file, a prefix or a folder; see `places.find_place`.
        model: a name in `training.networks.registry.MODELS`, or timm's or torchvision's name for one.
        target: folder of the artifact to write, or a file ending in `.keras`; None to check only.
        classes: class names in index order; None for `class-0`, `class-1`, ...
        num_classes: how many, where there are no names; None for the checkpoint's.
        size: side of the square input, in pixels; None for the network's.
        channels: of the input; None for the checkpoint's. 1 for a checkpoint on colours sums its first
            kernel over them.
        head: "keep" the last layer, or "replace" it by a fresh one.
        treatment: of the input, a name in `training.networks.treatments.TREATMENTS`; None for the network's.
        moving_averages: take `<variable>/ExponentialMovingAverage` where it is there.
        kind: what turns logits into probabilities: softmax (single_label) or sigmoid (multi_label).
        task: the label task.
        rendering: how stored values become pictures when the artifact predicts; None for the default.
        recipe: steps after it, as `name:value`.
        seed: of a fresh head.
        overwrite: replace what stands at `target`.
    """

    checkpoint: Path
    model: str
    target: Path | None = None
    classes: tuple[str, ...] | None = Field(default=None, min_length=1)
    num_classes: int | None = Field(default=None, ge=1)
    size: int | None = Field(default=None, ge=1)
    channels: Literal[1, 3] | None = None
    head: Literal["keep", "replace"] = "keep"
    treatment: str | None = None
    moving_averages: bool = False
    kind: Kind = "single_label"
    task: str | None = None
    rendering: str | None = None
    recipe: tuple[str, ...] = ()
    seed: int = Field(default=0, ge=0, lt=1 << 32)
    overwrite: bool = False

    @field_validator("model")
    @classmethod
    def _model_is_known(cls, name: str) -> str:
        return network_of(name)

    @field_validator("treatment")
    @classmethod
    def _treatment_is_known(cls, name: str | None) -> str | None:
        if name is not None:
            look_up({**TREATMENTS, OWN: None}, name, kind="input treatment")
        return name

    @field_validator("rendering")
    @classmethod
    def _rendering_is_known(cls, text: str | None) -> str | None:
        return None if text is None else parse_rendering(text).text

    @field_validator("recipe")
    @classmethod
    def _recipe_is_known(cls, steps: tuple[str, ...]) -> tuple[str, ...]:
        Recipe.parse(steps)
        return steps


class ImportCheckpointReport(Report):
    """What an import came to.

    Attributes:
        product_uuid: of the artifact; None where none was written.
        model: name of the network.
        height: of its input, in pixels.
        width: of its input, in pixels.
        channels: of its input.
        classes: class names in index order.
        parameters: number of weights of the model, trainable or not.
        num_loaded: variables taken from the checkpoint.
        num_variables: variables of the model.
        source_sha256: of the checkpoint's file, or of its files one after the other by name.
        notes: what the user should know.
    """

    product_uuid: str | None
    model: str
    height: int
    width: int
    channels: int
    classes: tuple[str, ...]
    parameters: int
    num_loaded: int
    num_variables: int
    source_sha256: str
    notes: tuple[str, ...]


def import_checkpoint(
    config: ImportCheckpointConfig,
    *,
    database: object | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> ImportCheckpointReport:
    """Build a network, fill it with a checkpoint's weights and write it as an artifact.

    Every variable must find its place and have its shape, but for what is told in the notes. Nothing
    stands under the target's name before it is whole.

    Args:
        config: what to import.
        database: not used; a product is registered by the caller.
        executor: not used.
        progress: not used; an import takes seconds.

    Raises:
        CheckpointError: the checkpoint is none, is broken or does not fit, with the list of what does not.
        ConfigError: the size or the number of classes does not fit, or the target cannot be written.
        TrainingError: TensorFlow is not installed.
    """
    del database, executor, progress
    _check(config)
    place = find_place(config.checkpoint)
    import_tensorflow()
    from training.checkpoints.loading import Wish, load_checkpoint  # noqa: PLC0415 - needs TensorFlow

    loaded = load_checkpoint(
        place,
        Wish(
            name=config.model,
            size=config.size,
            channels=config.channels,
            num_classes=len(config.classes) if config.classes else config.num_classes,
            replaces_head=config.head == "replace",
            averages=config.moving_averages,
            treatment=config.treatment,
            seed=config.seed,
        ),
    )
    described = _describe(config, loaded, place)
    notes = list(loaded.notes)
    product_uuid = None
    if config.target is not None and config.target.suffix == KERAS_ENDING:
        _write_keras(config.target, loaded)
    elif config.target is not None:
        product_uuid = _write_artifact(config.target, config, loaded, described)
        if len(loaded.model.outputs) > 1:
            notes.append(
                "The artifact holds the main classifier alone; a .keras target keeps the auxiliary one."
            )
    return ImportCheckpointReport(
        product_uuid=product_uuid,
        **described.model_dump(include={"model", "height", "width", "channels", "classes", "parameters"}),
        num_loaded=loaded.num_loaded,
        num_variables=len(loaded.model.weights),
        source_sha256=str(described.source_sha256),
        notes=tuple(notes),
    )


def network_of(name: str) -> str:
    """Return our name of a network, given ours, timm's or torchvision's.

    Raises:
        UnknownNameError: no such network.
        ConfigError: a variant of timm's resnetv2 that is another network.

    Example:
        >>> network_of("resnetv2_50"), network_of("resnet18")
        ('resnet_v2_50_timm', 'resnet_18_torchvision')
    """
    for pattern, ours in _ALIASES:
        if pattern.fullmatch(name):
            return pattern.sub(ours, name)
    if _FOREIGN.fullmatch(name):
        raise ConfigError(
            f"{name} is another network than timm's resnetv2_50, _101 and _152: BiT variants have "
            "standardised convolutions and group norm, `d` and `t` variants another stem. They cannot be "
            "imported."
        )
    look_up(MODELS, name, kind="model")
    return name


def _check(config: ImportCheckpointConfig) -> None:
    """Refuse what cannot go well, before anything is read."""
    if config.classes and config.num_classes and len(config.classes) != config.num_classes:
        raise ConfigError(
            f"{len(config.classes)} names of classes were given for {config.num_classes} classes: expected "
            "as many. Leave the number out."
        )
    side = config.size or MODELS[config.model].default_size
    check_input(config.model, height=side, width=side, channels=config.channels or 3)
    if config.target is not None:
        check_target(config.target, overwrite=config.overwrite)


def _describe(config: ImportCheckpointConfig, loaded: Loaded, place: Place) -> TrainedModel:
    """Return what the artifact says of the model."""
    _, height, width, channels = loaded.model.input_shape
    num_classes = loaded.model.outputs[0].shape[-1]
    return TrainedModel(
        model=config.model,
        classes=config.classes or tuple(f"class-{index}" for index in range(num_classes)),
        task=config.task,
        kind=config.kind,
        height=height,
        width=width,
        channels=channels,
        rendering=config.rendering,
        recipe=config.recipe,
        precision="float32",
        metrics={},
        records=None,
        trained_epochs=0,
        best_epoch=0,
        seed=config.seed,
        parameters=loaded.model.count_params(),
        feature_map=MODELS[config.model].feature_map,
        source_sha256=place.sha256,
    )


def _write_artifact(
    target: Path, config: ImportCheckpointConfig, loaded: Loaded, described: TrainedModel
) -> str:
    """Write the artifact's folder; return its identity."""
    from training.networks.heads import main_classifier  # noqa: PLC0415 - needs TensorFlow

    kept = config.model_dump(mode="json", exclude={"checkpoint", "target", "overwrite"})
    with new_folder(target, overwrite=config.overwrite) as folder:
        model = main_classifier(loaded.model)
        described = described.model_copy(update={"parameters": model.count_params()})
        artifact = write_artifact(
            folder, model, described, config=kept | {"source_sha256": described.source_sha256}
        )
    return artifact.product_uuid


def _write_keras(target: Path, loaded: Loaded) -> None:
    with _folder_for_a_moment() as folder:
        file = folder / f"model{KERAS_ENDING}"
        loaded.model.save(file)
        content = file.read_bytes()
    try:
        write_file(target, content)
    except OSError as error:
        raise ConfigError(
            f"{target} cannot be written: is its folder there, and yours to write to?"
        ) from error


@contextmanager
def _folder_for_a_moment() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="dicomill-") as name:
        yield Path(name)
