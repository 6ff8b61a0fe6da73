"""The door `render_verify`: an export's pictures made again from the database, compared pixel by pixel."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import Field

from database.instance_rows import InstanceRow, instance_versions
from database.pictures import frame_content
from database.products import product_config
from database.session import Database
from database.workers import worker_database
from foundation.contracts import Config, Report
from foundation.errors import ConfigError, FolderError, ImagingError, PreprocessingError
from foundation.execution import batched, map_batches
from foundation.progress import Progress, SilentProgress
from imaging.kept_frames import KeptFrame
from imaging.plain_pictures import read_plain_picture
from preprocessing.folders import FolderEntry, ImageFolder, open_image_folder
from preprocessing.parallel import executor_for
from preprocessing.picture_formats import PictureFormat
from preprocessing.picture_reading import ReadPicture, read_picture
from preprocessing.recipe import Recipe
from preprocessing.row_frames import kept_frame
from preprocessing.treatments import Treatment

_ENTRIES_A_BATCH = 16


class RenderVerifyConfig(Config):
    """What to verify.

    Attributes:
        folder: an export.
        sample: how many of its pictures, drawn by `seed`; all without it.
        seed: of the sample.
        workers: processes; one a core when not given.
    """

    folder: Path
    sample: int | None = Field(default=None, ge=1)
    seed: int = 0
    workers: int | None = Field(default=None, ge=1)


class RenderDifference(Report):
    """One picture that is not what the database gives: its name in the export, and why."""

    name: str
    reason: str


class RenderVerifyReport(Report):
    """What was verified.

    Attributes:
        rendering: by which the pictures were made again.
        recipe: the steps after it.
        num_pictures: of the export.
        num_verified: how many were compared.
        differences: those that differ, by name.
        seconds: it took.
    """

    folder: Path
    rendering: str
    recipe: tuple[str, ...]
    num_pictures: int
    num_verified: int
    differences: tuple[RenderDifference, ...]
    seconds: float

    @property
    def is_sound(self) -> bool:
        """Whether every picture that was compared is exactly the same."""
        return not self.differences


@dataclass(frozen=True)
class VerifySettings:
    """What every batch shares: the whole database URL, and how pictures are made, as texts."""

    database_url: str
    rendering: str
    steps: tuple[str, ...] = ()
    format: str = "png"


def render_verify(
    config: RenderVerifyConfig,
    *,
    database: Database | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> RenderVerifyReport:
    """Make pictures of an export again from the database alone and compare every pixel.

    Rows that came in since do not matter: a picture is found by its pseudonym, version, frame and stored
    values. Where it went through steps, in the export or by `transform`, they are applied again.

    Args:
        config: what to verify.
        database: open; the one that was exported from.
        executor: where pictures are rendered; by default processes of this machine.
        progress: told of each picture.

    Raises:
        FolderError: the folder is no export, or its pictures were a JPEG before steps.
        ConfigError: this version does not know the rendering.
        PreprocessingError: there is no database.
    """
    if database is None:
        raise PreprocessingError("Verifying reads rows: give it an open database.")
    started = time.perf_counter()
    folder = open_image_folder(config.folder)
    settings = _settings_of(folder, database)
    chosen = _choose(folder.entries, config)
    progress = progress or SilentProgress()
    progress.begin("render verify", len(chosen))
    differences: list[RenderDifference] = []
    with executor_for(executor, workers=config.workers, num_pictures=len(chosen)) as workers:
        for found in map_batches(workers, verify_batch, batched(chosen, _ENTRIES_A_BATCH), settings):
            differences += [RenderDifference(name=name, reason=reason) for name, reason in found if reason]
            progress.advance(len(found))
    progress.end()
    return RenderVerifyReport(
        folder=config.folder,
        rendering=settings.rendering,
        recipe=settings.steps,
        num_pictures=len(folder.entries),
        num_verified=len(chosen),
        differences=tuple(differences),
        seconds=time.perf_counter() - started,
    )


def verify_batch(entries: Sequence[FolderEntry], settings: VerifySettings) -> list[tuple[str, str | None]]:
    """Return each picture's name, and why it differs from what the database gives, else None.

    Runs in a worker process.
    """
    database = worker_database(settings.database_url)
    with database.session() as session:
        versions = instance_versions(session, (entry.instance for entry in entries if entry.instance))
    return [
        (entry.name, _difference(database, entry, versions.get(entry.instance or "", []), settings))
        for entry in entries
    ]


def _settings_of(folder: ImageFolder, database: Database) -> VerifySettings:
    """Return how the folder's pictures were made."""
    if folder.rendering is None:
        raise FolderError(
            f"{folder.path} is no export: nothing says how its pictures were rendered. "
            "Give a folder that `dicomill export` wrote."
        )
    try:
        treatment = Treatment.parse(folder.rendering, folder.recipe)
    except ConfigError as error:
        raise FolderError(f"{folder.path} was rendered in a way that is not known here. {error}") from error
    picture_format = _format_of(folder, database)
    return VerifySettings(database.url_text, treatment.rendering, treatment.recipe.texts, picture_format)


def _format_of(folder: ImageFolder, database: Database) -> str:
    """Return the format of the pictures; a JPEG may only be the end of the way."""
    lineage = folder.lineage
    if lineage is None:
        return "png"
    if lineage.kind == "export":
        return str(lineage.config.get("format", "png"))
    with database.session() as session:
        configs = [product_config(session, uuid) or {} for uuid in lineage.parents]
    if any(str(config.get("format", "png")).startswith("jpg") for config in configs):
        raise FolderError(
            f"The pictures in {folder.path} were a JPEG before their steps, so they cannot be made again "
            "from the database alone. Verify the export that they were made from."
        )
    return "png"


def _choose(entries: Sequence[FolderEntry], config: RenderVerifyConfig) -> list[FolderEntry]:
    """Return the sample, in the export's order; equal seeds choose equal pictures."""
    if config.sample is None or config.sample >= len(entries):
        return list(entries)
    places = random.Random(config.seed).sample(range(len(entries)), config.sample)
    return [entries[place] for place in sorted(places)]


def _difference(
    database: Database, entry: FolderEntry, versions: Sequence[InstanceRow], settings: VerifySettings
) -> str | None:
    """Return a reason code, or None where the picture is exactly what the database gives."""
    exported = read_picture(entry.image, entry.image_path)
    if not isinstance(exported, ReadPicture):
        return exported.reason
    if not versions:
        return "not_in_database"
    if entry.version is not None:
        versions = [row for row in versions if row.version == entry.version]
    frames = _frames_of(database, entry, versions)
    if not frames:
        return "other_stored_values"
    # Older exports do not name the version; each correction of the header is one of its own.
    return None if any(_is_same(frame, exported, settings) for frame in frames) else "other_pixels"


def _frames_of(database: Database, entry: FolderEntry, versions: Sequence[InstanceRow]) -> list[KeptFrame]:
    found = []
    with database.session() as session:
        for row in versions:
            content = frame_content(session, row.instance_id, entry.frame_number or 1)
            if content is not None and content.stored_values_sha256 == entry.sha256:
                found.append(kept_frame(row, content))
    return found


def _is_same(frame: KeptFrame, exported: ReadPicture, settings: VerifySettings) -> bool:
    picture_format = PictureFormat.parse(settings.format)
    try:
        picture, _ = frame.render(settings.rendering)
        picture = Recipe.parse(settings.steps).apply(picture)
        if picture_format.name == "jpg":
            picture = read_plain_picture(picture_format.encode(picture))
    except (ImagingError, PreprocessingError):
        return False
    return picture.dtype == exported.values.dtype and np.array_equal(picture, exported.values)
