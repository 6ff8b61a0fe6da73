"""Transforming: a recipe applied to every picture of a folder, into another one. Door of the room."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from pathlib import Path

import numpy as np
from pydantic import Field, field_validator

from foundation.contracts import Config, Report
from foundation.errors import ConfigError, FolderError
from foundation.execution import batched, map_batches
from foundation.files import check_target, new_folder
from foundation.fingerprints import sha256_of_bytes
from foundation.progress import Progress, SilentProgress
from imaging.png import encode_png
from preprocessing.folder_writing import FolderPicture, FolderWriter
from preprocessing.folders import FolderEntry, ImageFolder, open_image_folder, refuse_target_over_source
from preprocessing.left_out import LeftOut, count_reasons, write_left_out
from preprocessing.parallel import executor_for
from preprocessing.picture_reading import read_picture
from preprocessing.recipe import Recipe
from preprocessing.steps import STEPS

_BATCH_SIZE = 8


class TransformConfig(Config):
    """What to transform and how.

    Attributes:
        folder: holds `images/` and `labels/`.
        target: the new folder, made whole or not at all.
        steps: `name` or `name:value` each, in order.
        workers: processes; None for one a core.
        overwrite: replace what stands at the target.

    Raises:
        ConfigError: no step, an unknown one, or a value that it does not take.
    """

    folder: Path
    target: Path
    steps: tuple[str, ...]
    workers: int | None = Field(default=None, ge=1)
    overwrite: bool = False

    @field_validator("steps")
    @classmethod
    def _steps_are_known(cls, steps: tuple[str, ...]) -> tuple[str, ...]:
        if not Recipe.parse(steps).steps:
            raise ConfigError(f"There is no step to apply. Name at least one of: {', '.join(sorted(STEPS))}.")
        return steps


class TransformReport(Report):
    """What was transformed.

    Attributes:
        target: the new folder.
        product_uuid: as in its `lineage.json`.
        num_pictures: how many were written.
        recipe: the steps applied now, with their values written out.
        left_out: number by reason; `left_out.csv` names each.
    """

    target: Path
    product_uuid: str
    num_pictures: int
    recipe: tuple[str, ...]
    left_out: dict[str, int]


def transform(
    config: TransformConfig,
    *,
    database: object | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> TransformReport:
    """Write a folder with every picture sent through the recipe; labels and origins come along.

    Pictures are written as PNG without loss. The same folder and steps give the same bytes.

    Args:
        config: what to transform.
        database: not needed; part of every door.
        executor: where pictures are transformed; None for our own.
        progress: told of the stage.

    Raises:
        TargetExistsError: the target holds something.
        FolderError: the folder is none, or no picture of it can be read.
    """
    recipe = Recipe.parse(config.steps)
    check_target(config.target, overwrite=config.overwrite)
    refuse_target_over_source(config.folder, config.target)
    folder = open_image_folder(config.folder)
    with (
        executor_for(executor, workers=config.workers, num_pictures=len(folder.entries)) as workers,
        new_folder(config.target, overwrite=config.overwrite) as target,
    ):
        return _write_folder(
            config, folder, recipe, target=target, executor=workers, progress=progress or SilentProgress()
        )


def transform_pictures(
    pictures: Sequence[tuple[str, Path]], steps: tuple[str, ...]
) -> list[tuple[bytes, str] | LeftOut]:
    """Return each picture after the recipe, as PNG, with its source's SHA-256, or why it is left out.

    Args:
        pictures: path within the folder, and path to open, of each. Runs in a worker process.
        steps: the recipe as texts.
    """
    recipe = Recipe.parse(steps)
    return [_transform_picture(image, path, recipe) for image, path in pictures]


def _write_folder(
    config: TransformConfig,
    folder: ImageFolder,
    recipe: Recipe,
    *,
    target: Path,
    executor: Executor,
    progress: Progress,
) -> TransformReport:
    """Fill the new folder and return the report."""
    left_out = list(folder.left_out)
    progress.begin("Transforming pictures", len(folder.entries))
    with FolderWriter(target) as writer:
        for entry, result in _transform_entries(folder.entries, recipe, executor):
            if isinstance(result, LeftOut):
                left_out.append(result)
            else:
                writer.add(_transformed_picture(entry, *result))
            progress.advance()
        progress.end()
        if not writer.num_pictures:
            reasons = ", ".join(f"{reason} {count}" for reason, count in count_reasons(left_out).items())
            raise FolderError(f"No picture of {folder.path} can be transformed. Left out: {reasons}.")
        state = folder.state.model_copy(update={"recipe": (*folder.recipe, *recipe.texts)})
        lineage = writer.finish(
            state,
            kind="transformed",
            parents=() if folder.lineage is None else (folder.lineage.product_uuid,),
            config={"steps": list(recipe.texts)},
        )
        write_left_out(target, left_out)
    return TransformReport(
        target=config.target,
        product_uuid=lineage.product_uuid,
        num_pictures=writer.num_pictures,
        recipe=recipe.texts,
        left_out=count_reasons(left_out),
    )


def _transform_entries(
    entries: Sequence[FolderEntry], recipe: Recipe, executor: Executor
) -> Iterator[tuple[FolderEntry, tuple[bytes, str] | LeftOut]]:
    """Yield each entry with its result, in order, few pictures in memory at a time."""
    batches = batched(((entry.image, entry.image_path) for entry in entries), _BATCH_SIZE)
    results = map_batches(executor, transform_pictures, batches, recipe.texts)
    yield from zip(entries, (result for batch in results for result in batch), strict=True)


def _transform_picture(image: str, path: Path, recipe: Recipe) -> tuple[bytes, str] | LeftOut:
    """Return one picture's PNG and its source's SHA-256, or why it is left out."""
    read = read_picture(image, path)
    if isinstance(read, LeftOut):
        return read
    if read.values.dtype != np.uint8:
        return LeftOut(image, "more_than_8_bits")
    return encode_png(recipe.apply(read.values.astype(np.uint8, copy=False))), sha256_of_bytes(read.content)


def _transformed_picture(entry: FolderEntry, content: bytes, source_sha256: str) -> FolderPicture:
    """Return what to write: the new content under the entry's name, with all that was known of it."""
    return FolderPicture(
        name=entry.name,
        content=content,
        labels=entry.labels,
        instance=entry.instance,
        frame_number=entry.frame_number,
        patient_key=entry.patient_key,
        # The hash goes on naming what the picture was made from, so that identical sources stay together.
        sha256=entry.sha256 or source_sha256,
        render_record=entry.render_record,
    )
