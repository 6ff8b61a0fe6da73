"""Transforming: a recipe applied to every picture of a folder, into another one. Door of the room."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import numpy as np
from pydantic import Field, model_validator

from foundation.contracts import Config, Report
from foundation.errors import ConfigError, FolderError, PreprocessingError
from foundation.execution import batched, map_batches
from foundation.files import check_target
from foundation.fingerprints import canonical_json, sha256_of_bytes
from foundation.progress import Progress, SilentProgress
from foundation.resumption import UnfinishedFolder, resumable_folder
from foundation.versions import installed_versions
from imaging.png import encode_png
from preprocessing.before_after import write_sheet
from preprocessing.folder_writing import (
    FolderPicture,
    FolderWriter,
    WrittenPicture,
    note_of,
    result_of,
    stands_written,
    write_picture,
)
from preprocessing.folders import FolderEntry, ImageFolder, open_image_folder, refuse_target_over_source
from preprocessing.left_out import LeftOut, count_reasons, write_left_out
from preprocessing.parallel import executor_for
from preprocessing.picture_reading import read_picture
from preprocessing.recipe import Recipe
from preprocessing.recipe_files import read_recipe_file, write_recipe_file
from preprocessing.steps import STEPS

_BATCH_SIZE = 8


class TransformConfig(Config):
    """What to transform and how.

    Attributes:
        folder: holds `images/` and `labels/`.
        target: the new folder, made whole or not at all.
        steps: `name`, `name:value` or `name:a=1,b=2` each, in order.
        recipe_file: a JSON file with the steps, instead of them.
        write_recipe: where to write the recipe as such a file.
        sheet: where to write a PNG of a few pictures before and after.
        sheet_pictures: how many.
        workers: processes; None for one a core.
        overwrite: replace what stands at the target, and at the names of recipe and sheet.

    Raises:
        ConfigError: no step, an unknown one, or a value that it does not take.
    """

    folder: Path
    target: Path
    steps: tuple[str, ...] = ()
    recipe_file: Path | None = None
    write_recipe: Path | None = None
    sheet: Path | None = None
    sheet_pictures: int = Field(default=8, ge=1, le=64)
    workers: int | None = Field(default=None, ge=1)
    overwrite: bool = False

    @model_validator(mode="after")
    def _steps_are_known(self) -> Self:
        if self.steps and self.recipe_file is not None:
            raise ConfigError("There are both steps and a recipe file. Give one of them.")
        if not Recipe.parse(self.steps).steps and self.recipe_file is None:
            raise ConfigError(f"There is no step to apply. Name at least one of: {', '.join(STEPS)}.")
        return self

    def read_recipe(self) -> Recipe:
        """Return the recipe, from the steps or from the file.

        Raises:
            ConfigError: the file is no recipe, or holds no step.
        """
        if self.recipe_file is None:
            return Recipe.parse(self.steps)
        recipe = read_recipe_file(self.recipe_file)
        if not recipe.steps:
            raise ConfigError(
                f"There is no step to apply in {self.recipe_file}. Name at least one of: {', '.join(STEPS)}."
            )
        return recipe


class TransformReport(Report):
    """What was transformed.

    Attributes:
        target: the new folder.
        product_uuid: as in its `lineage.json`.
        num_pictures: how many it holds.
        num_resumed: how many of these an interrupted run of the same command had finished.
        recipe: the steps applied now, with their values written out.
        recipe_fingerprint: equal for recipes that do the same.
        left_out: number by reason; `left_out.csv` names each.
        sheet_names: names of the pictures on the sheet, in the order of their numbers.
    """

    target: Path
    product_uuid: str
    num_pictures: int
    num_resumed: int
    recipe: tuple[str, ...]
    recipe_fingerprint: str
    left_out: dict[str, int]
    sheet_names: tuple[str, ...] = ()


def transform(
    config: TransformConfig,
    *,
    database: object | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> TransformReport:
    """Write a folder with every picture sent through the recipe; labels and origins come along.

    Pictures are written as PNG without loss. The same folder and steps give the same bytes. A run that
    is interrupted or killed leaves its finished pictures under a hidden name beside the target, and the
    same command goes on with them as long as folder, recipe and versions are the same.

    Args:
        config: what to transform.
        database: not needed; part of every door.
        executor: where pictures are transformed and written; None for our own.
        progress: told of the stage.

    Raises:
        TargetExistsError: the target, or the file for sheet or recipe, holds something.
        FolderError: the folder is none, or no picture of it can be transformed.
    """
    recipe = config.read_recipe()
    check_target(config.target, overwrite=config.overwrite)
    refuse_target_over_source(config.folder, config.target)
    for path in filter(None, (config.write_recipe, config.sheet)):
        _check_file(path, config)
    folder = open_image_folder(config.folder)
    with (
        executor_for(
            executor,
            workers=config.workers,
            num_pictures=len(folder.entries),
            num_bytes=sum(sum(_file_state(entry.image_path)[:1]) for entry in folder.entries),
        ) as workers,
        resumable_folder(config.target, key=_key(folder, recipe), overwrite=config.overwrite) as unfinished,
    ):
        run = _Run(folder, recipe, unfinished, progress or SilentProgress())
        report = run.write(config.target, workers)
    if config.write_recipe is not None:
        write_recipe_file(config.write_recipe, recipe)
    if config.sheet is None:
        return report
    names = write_sheet(
        config.sheet, before=folder.entries, after=config.target, num_pictures=config.sheet_pictures
    )
    return report.model_copy(update={"sheet_names": names})


def transform_pictures(
    entries: Sequence[FolderEntry], steps: tuple[str, ...], target: Path
) -> list[WrittenPicture | LeftOut]:
    """Write each picture after the recipe and return its manifest row, or why it is left out.

    Args:
        entries: the pictures. Runs in a worker process.
        steps: the recipe as texts.
        target: the folder that is being filled.
    """
    recipe = Recipe.parse(steps)
    return [_transform_picture(entry, recipe, target) for entry in entries]


@dataclass
class _Run:
    """One run over a folder: what it works on, and what has become of the pictures so far."""

    folder: ImageFolder
    recipe: Recipe
    unfinished: UnfinishedFolder
    progress: Progress
    left_out: list[LeftOut] = field(default_factory=list)

    def write(self, target: Path, executor: Executor) -> TransformReport:
        """Fill the new folder and return the report."""
        entries = self.folder.entries
        self.progress.begin("Transforming pictures", len(entries))
        with FolderWriter(self.unfinished.folder) as writer:
            num_decided = self._take_over(writer)
            num_resumed = writer.num_pictures
            for result in _transform_entries(
                entries[num_decided:], self.recipe, self.unfinished.folder, executor
            ):
                self._keep(result, writer)
                self.unfinished.note(note_of(result))
            self.progress.end()
            self.left_out.extend(self.folder.left_out)
            if not writer.num_pictures:
                reasons = ", ".join(
                    f"{reason} {count}" for reason, count in count_reasons(self.left_out).items()
                )
                raise FolderError(
                    f"No picture of {self.folder.path} can be transformed. Left out: {reasons}."
                )
            product_uuid = self._finish(writer)
        return TransformReport(
            target=target,
            product_uuid=product_uuid,
            num_pictures=writer.num_pictures,
            num_resumed=num_resumed,
            recipe=self.recipe.texts,
            recipe_fingerprint=self.recipe.fingerprint,
            left_out=count_reasons(self.left_out),
        )

    def _take_over(self, writer: FolderWriter) -> int:
        """Take what an interrupted run has finished, and return how many pictures that decided."""
        num_decided = 0
        for entry, note in zip(self.folder.entries, self.unfinished.notes, strict=False):
            result = result_of(note)
            name = result.name if isinstance(result, WrittenPicture) else None
            if isinstance(result, WrittenPicture) and not (
                name == entry.name and stands_written(self.unfinished.folder, result)
            ):
                break
            self._keep(result, writer)
            num_decided += 1
        self.unfinished.forget_after(num_decided)
        if num_decided:
            self.progress.tell(f"Going on after {num_decided} pictures of an interrupted run.")
        return num_decided

    def _keep(self, result: WrittenPicture | LeftOut, writer: FolderWriter) -> None:
        """Add a picture to the manifest, or to what is left out."""
        if isinstance(result, LeftOut):
            self.left_out.append(result)
        else:
            writer.take(result)
        self.progress.advance()

    def _finish(self, writer: FolderWriter) -> str:
        """Write state, lineage and what was left out; return the product's uuid."""
        lineage = writer.finish(
            self.folder.state.model_copy(update={"recipe": (*self.folder.recipe, *self.recipe.texts)}),
            kind="transformed",
            parents=() if self.folder.lineage is None else (self.folder.lineage.product_uuid,),
            config={"steps": list(self.recipe.texts)},
        )
        write_left_out(self.unfinished.folder, self.left_out)
        return lineage.product_uuid


def _transform_entries(
    entries: Sequence[FolderEntry], recipe: Recipe, target: Path, executor: Executor
) -> Iterator[WrittenPicture | LeftOut]:
    """Yield each entry's result, in order, few batches in flight at a time."""
    batches = batched(entries, _BATCH_SIZE)
    for results in map_batches(executor, transform_pictures, batches, recipe.texts, target):
        yield from results


def _transform_picture(entry: FolderEntry, recipe: Recipe, target: Path) -> WrittenPicture | LeftOut:
    """Write one picture after the recipe, with all that was known of it, or return why it is left out."""
    read = read_picture(entry.image, entry.image_path)
    if isinstance(read, LeftOut):
        return read
    try:
        values = recipe.apply(read.values)
    except PreprocessingError:
        reason = "unfit_picture" if read.values.dtype == np.uint8 else "more_than_8_bits"
        return LeftOut(entry.image, reason)
    picture = FolderPicture(
        name=entry.name,
        content=encode_png(values),
        labels=entry.labels,
        known=entry.known,
        instance=entry.instance,
        version=entry.version,
        frame_number=entry.frame_number,
        patient_key=entry.patient_key,
        # The hash goes on naming what the picture was made from, so that identical sources stay together.
        sha256=entry.sha256 or sha256_of_bytes(read.content),
        render_record=entry.render_record,
    )
    return write_picture(target, picture)


def _key(folder: ImageFolder, recipe: Recipe) -> str:
    """Return a fingerprint of all that decides the result, each picture file by size and times."""
    digest = hashlib.sha256()
    parent = None if folder.lineage is None else folder.lineage.product_uuid
    facts = [
        str(folder.path),
        parent,
        folder.state.model_dump(mode="json"),
        recipe.texts,
        installed_versions(),
    ]
    digest.update(canonical_json(facts).encode())
    for entry in folder.entries:
        known = [entry.name, entry.image, entry.labels, entry.instance, entry.version, entry.frame_number]
        origin = [entry.patient_key, entry.sha256, entry.render_record, entry.known]
        digest.update(canonical_json([*known, *origin, _file_state(entry.image_path)]).encode())
    return digest.hexdigest()


def _file_state(path: Path) -> list[int]:
    """Return a file's size, times and place, one of which changes when it is written; nothing without it."""
    try:
        state = path.stat()
    except OSError:
        return []
    return [state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino]


def _check_file(path: Path, config: TransformConfig) -> None:
    """Refuse a name for sheet or recipe before any work is done, if it cannot be written later."""
    check_target(path, overwrite=config.overwrite)
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise ConfigError(f"{path} cannot be written. Name a file in a folder that is there.")
    for folder in (config.folder, config.target):
        if path.resolve().is_relative_to(folder.resolve()):
            raise ConfigError(f"{path} lies in {folder}. Name a file beside it.")
