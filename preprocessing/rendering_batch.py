"""Rendering pictures from the database: what a worker of `export`, or of `pack` from a cohort, does."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from database.cohort_pictures import CohortPicture, instances_by_id
from database.instance_rows import InstanceRow
from database.pictures import FrameContent, LostFrame, frames_or_losses
from database.session import Database
from database.workers import worker_database
from foundation.errors import ImagingError, PreprocessingError
from preprocessing.folder_writing import FolderLayout, FolderPicture, WrittenPicture, write_picture
from preprocessing.known_classes import KnownClasses
from preprocessing.left_out import LeftOut
from preprocessing.picture_formats import PictureFormat
from preprocessing.recipe import Recipe
from preprocessing.row_frames import kept_frame
from preprocessing.step_pictures import Picture

MISSING_FRAME = "missing_frame"
MORE_THAN_8_BITS = "more_than_8_bits"
UNFIT_PICTURE = "unfit_picture"
NO_LABEL = "no_label"
SEVERAL_LABELS = "several_labels"

_NO_NAME = re.compile(r"[^A-Za-z0-9.+-]+")


@dataclass(frozen=True, slots=True)
class WantedFrame:
    """One frame of one member of a cohort, with the name and labels of its picture.

    Args:
        name: of the picture, as `picture_name` gives it.
        instance_id: row id of the version that was frozen.
        frame_number: from 1.
        instance: pseudonymous SOP Instance UID.
        version: of the instance.
        patient_key: None when unknown.
        labels: as frozen.
        known: the classes that are known to be there or not; None where all are that is labelled.
    """

    name: str
    instance_id: int
    frame_number: int
    instance: str
    version: int
    patient_key: str | None
    labels: tuple[str, ...]
    known: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class RenderSettings:
    """What every batch of one export shares.

    Attributes:
        database_url: whole, password included; a worker opens the database itself.
        rendering: the text form, see `imaging.rendering_texts`.
        steps: the recipe after it, as texts.
        format: of picture files, as `PictureFormat` reads it.
        layout: where pictures and labels go.
    """

    database_url: str
    rendering: str
    steps: tuple[str, ...] = ()
    format: str = "png"
    layout: FolderLayout = "pairs"


@dataclass(frozen=True, slots=True, eq=False)
class RenderedFrame:
    """One picture after rendering and recipe: its values, its frame's hash, and how it was rendered."""

    values: Picture
    stored_values_sha256: str
    render_record: dict[str, Any]


def wanted_frame(
    member: CohortPicture, frame_number: int, *, task: str, known: KnownClasses | None = None
) -> WantedFrame:
    """Return one frame of a member, as an export names it.

    Args:
        member: of a cohort.
        frame_number: from 1.
        task: of the cohort.
        known: what the cohort's members say; None where every class is known.
    """
    return WantedFrame(
        name=picture_name(member, frame_number, task=task),
        instance_id=member.instance_id,
        frame_number=frame_number,
        instance=member.sop_instance_uid,
        version=member.version,
        patient_key=member.patient_key,
        labels=member.labels,
        known=None if known is None else known.of(member.label_values),
    )


def picture_name(member: CohortPicture, frame_number: int, *, task: str) -> str:
    """Return the name of an exported picture: body part as frozen, pseudonymous UID, frame.

    Only what is frozen is in it, so that a cleaning that came since renames nothing; and no label but a
    body part, so that a name does not tell a reader what to find. The frame is named where there are
    several.

    Example:
        >>> member = CohortPicture(1, "2.25.7", 1, 1, None, {"CHEST": "1", "HAND": "0"})
        >>> picture_name(member, 1, task="body_part"), picture_name(member, 1, task="finding")
        ('CHEST_2.25.7', '2.25.7')
    """
    words = [_NO_NAME.sub("-", label).strip("-.") for label in member.labels] if task == "body_part" else []
    part = f"{'+'.join(words) or 'UNKNOWN'}_" if task == "body_part" else ""
    frame = f"_f{frame_number:04d}" if member.number_of_frames > 1 else ""
    return f"{part}{member.sop_instance_uid}{frame}"


def export_batch(
    wanted: Sequence[WantedFrame], settings: RenderSettings, folder: Path
) -> list[WrittenPicture | LeftOut]:
    """Write each picture and return its manifest row, or why it is left out, in the order asked for.

    Args:
        wanted: the pictures. Runs in a worker process.
        settings: how they are made.
        folder: the folder that is being filled.

    Raises:
        DatabaseUnavailableError: the database or a pixel store cannot be reached.
    """
    written: dict[str, WrittenPicture | LeftOut] = {}
    picture_format = PictureFormat.parse(settings.format)
    fitting = []
    for one in wanted:
        reason = _reason_against_labels(one) if settings.layout == "folders" else None
        if reason is None:
            fitting.append(one)
        else:
            written[one.name] = LeftOut(one.name, reason)
    for one, rendered in render_frames(fitting, settings):
        written[one.name] = (
            LeftOut(one.name, rendered)
            if isinstance(rendered, str)
            else _write(one, rendered, settings, picture_format, folder)
        )
    return [written[one.name] for one in wanted]


def render_frames(
    wanted: Sequence[WantedFrame], settings: RenderSettings
) -> Iterator[tuple[WantedFrame, RenderedFrame | str]]:
    """Yield each frame with its picture after the recipe, or the reason why there is none.

    Every frame comes once, in the order of instances and numbers; one in memory at a time, besides those
    that the database hands over together.

    Args:
        wanted: of any instances.
        settings: rendering and recipe.
    """
    database = worker_database(settings.database_url)
    recipe = Recipe.parse(settings.steps)
    missing = {(one.instance_id, one.frame_number): one for one in wanted}
    for frame, row in _frames_of(database, missing.keys()):
        one = missing.pop((frame.instance_id, frame.frame_number))
        if isinstance(frame, LostFrame):
            yield one, frame.reason_code
        else:
            yield one, _render(row, frame, settings.rendering, recipe)
    for one in missing.values():
        yield one, MISSING_FRAME


def apply_recipe(recipe: Recipe, picture: Picture) -> Picture | str:
    """Return the picture after the recipe, or the reason why it cannot go through it."""
    try:
        return recipe.apply(picture) if recipe.steps else picture
    except PreprocessingError:
        return UNFIT_PICTURE if picture.dtype.itemsize == 1 else MORE_THAN_8_BITS


def _frames_of(
    database: Database, keys: Iterable[tuple[int, int]]
) -> Iterator[tuple[FrameContent | LostFrame, InstanceRow]]:
    asked = set(keys)
    ids = list(dict.fromkeys(instance_id for instance_id, _ in sorted(asked)))
    with database.session() as session:
        rows = instances_by_id(session, ids)
        present = [instance_id for instance_id in ids if instance_id in rows]
        for frame in frames_or_losses(session, present, is_wanted=lambda *key: key in asked):
            yield frame, rows[frame.instance_id]


def _render(row: InstanceRow, frame: FrameContent, rendering: str, recipe: Recipe) -> RenderedFrame | str:
    try:
        picture, record = kept_frame(row, frame).render(rendering)
    except ImagingError as error:
        return error.reason_code
    values = apply_recipe(recipe, picture)
    if isinstance(values, str):
        return values
    return RenderedFrame(values, frame.stored_values_sha256, record.plain())


def _reason_against_labels(one: WantedFrame) -> str | None:
    """Return why a picture has no class folder; None where it has one."""
    return None if len(one.labels) == 1 else SEVERAL_LABELS if one.labels else NO_LABEL


def _write(
    one: WantedFrame,
    rendered: RenderedFrame,
    settings: RenderSettings,
    picture_format: PictureFormat,
    folder: Path,
) -> WrittenPicture | LeftOut:
    try:
        content = picture_format.encode(rendered.values)
    except PreprocessingError:
        return LeftOut(one.name, MORE_THAN_8_BITS)
    picture = FolderPicture(
        name=one.name,
        content=content,
        ending=picture_format.ending,
        labels=one.labels,
        known=one.known,
        instance=one.instance,
        version=one.version,
        frame_number=one.frame_number,
        patient_key=one.patient_key,
        sha256=rendered.stored_values_sha256,
        render_record=rendered.render_record,
    )
    return write_picture(folder, picture, layout=settings.layout)
