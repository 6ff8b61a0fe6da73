"""From a task to pictures that only lack the model's own input treatment.

Runs in whatever process the executor gives: TensorFlow is never imported here. One bad file is a
row with a reason, and the run goes on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from foundation.errors import DicomillError, ImagingError, RejectedFileError
from foundation.fingerprints import sha256_of_bytes
from imaging.kept_frames import kept_frames
from imaging.pictures import read_picture_or_instance
from imaging.pixel_hashes import hash_pixels
from imaging.plain_pictures import read_plain_picture
from imaging.pseudonyms import Pseudonymiser
from imaging.render_records import RenderRecord
from imaging.settings import ReadSettings
from imaging.sniffing import sniff
from inference.inputs import InputTask
from preprocessing.recipe import Recipe

Picture: TypeAlias = NDArray[np.uint8 | np.uint16]
"""Height x width or height x width x 3 (RGB); 16 bits only from picture files and steps that take them."""


@dataclass(frozen=True)
class ReadingSettings:
    """What reading needs beside the task; picklable.

    Attributes:
        read: key, profile and limits of reading a file.
        rendering: for DICOM; the text form, as the artifact has it.
    """

    read: ReadSettings
    rendering: str


@dataclass(frozen=True)
class InputPicture:
    """One picture, rendered and through the recipe, or the reason why there is none.

    Attributes:
        name: of its row.
        picture: None when it was rejected.
        reason_code: why it was rejected, else None.
        detail: one sentence in our own words, without paths and header values.
        sop_instance_uid: the pseudonym, where known.
        frame_number: from 1.
        frame_sha256: of the frame's stored values, where known.
        render_record: how a DICOM file's frame was rendered, before the recipe; as an export has it.
    """

    name: str
    picture: Picture | None
    reason_code: str | None = None
    detail: str | None = None
    sop_instance_uid: str | None = None
    frame_number: int = 1
    frame_sha256: str | None = None
    render_record: RenderRecord | None = None

    @property
    def stored_name(self) -> str:
        """The name in rows: a pseudonym where the row's own name is that of the user's file."""
        if self.sop_instance_uid is None:
            return self.name
        return f"{self.sop_instance_uid}_f{self.frame_number:04d}"


def read_tasks(tasks: Sequence[InputTask], settings: ReadingSettings) -> list[InputPicture]:
    """Return the pictures of a batch of tasks, in order: the function to map on an executor."""
    return [picture for task in tasks for picture in read_task(task, settings)]


def read_task(task: InputTask, settings: ReadingSettings) -> list[InputPicture]:
    """Return the pictures of one task: one for each frame, or a single rejected one."""
    try:
        return list(_read(task, settings))
    except ImagingError as error:
        return [_rejected(task, error.reason_code, error.detail)]
    except DicomillError:
        return [_rejected(task, "unfit_picture", "The picture cannot go through the artifact's recipe.")]
    except Exception as error:  # noqa: BLE001 - one file of many: whatever it breaks, the others go on
        kind = type(error).__name__
        return [_rejected(task, "unexpected_error", f"Reading stopped at an error of the kind {kind}.")]


def _read(task: InputTask, settings: ReadingSettings) -> Iterator[InputPicture]:
    """Yield the pictures of one task.

    Raises:
        ImagingError: it cannot be read, or is no image.
    """
    content = _content_of(task, settings)
    if sniff(content) in ("dicom", None):
        # What is neither is refused there, in the same words as by ingest.
        yield from _read_dicom(task, content, settings)
        return
    picture = read_plain_picture(content, limits=settings.read.limits)
    yield InputPicture(
        task.name,
        _finish(picture, task.recipe),
        sop_instance_uid=task.sop_instance_uid or _picture_uid(task, content, settings),
        frame_number=task.frame_number,
        frame_sha256=task.frame_sha256 or (hash_pixels(picture) if task.path else None),
    )


def _content_of(task: InputTask, settings: ReadingSettings) -> bytes:
    """Return a task's bytes, its size being checked before memory is taken."""
    if task.content is not None:
        return task.content
    if task.path is None or not task.path.is_file():
        raise RejectedFileError("missing_file", "There is no file of that name.")
    try:
        if task.path.stat().st_size > settings.read.limits.file_bytes:
            raise RejectedFileError("too_large", "The file is larger than the limit for one file.")
        return task.path.read_bytes()
    except OSError as error:
        raise RejectedFileError("unreadable_file", "The system does not let the file be read.") from error


def _read_dicom(task: InputTask, content: bytes, settings: ReadingSettings) -> Iterator[InputPicture]:
    """Yield each frame of a DICOM file, rendered and through the recipe."""
    instance = read_picture_or_instance(content, settings=settings.read)
    for frame in kept_frames(instance):
        picture, record = frame.render(settings.rendering)
        suffix = f"_f{record.frame_number:04d}" if len(instance.frames) > 1 else ""
        yield InputPicture(
            f"{task.name}{suffix}",
            _finish(picture, task.recipe),
            sop_instance_uid=instance.header.sop_instance_uid,
            frame_number=record.frame_number,
            frame_sha256=record.input_sha256,
            render_record=record,
        )


def _finish(picture: Picture, recipe: Recipe) -> Picture:
    """Return a rendered picture after the missing steps; without steps it is left as it is."""
    return recipe.apply(picture) if recipe.steps else picture


def _picture_uid(task: InputTask, content: bytes, settings: ReadingSettings) -> str | None:
    """Return the pseudonym under which ingest knows a picture file; a record has none."""
    if task.path is None:
        return None
    return Pseudonymiser(settings.read.key).content_uid(sha256_of_bytes(content))


def _rejected(task: InputTask, reason_code: str, detail: str) -> InputPicture:
    """Return the row of a task that gave no picture."""
    return InputPicture(
        task.name,
        None,
        reason_code,
        detail,
        sop_instance_uid=task.sop_instance_uid,
        frame_number=task.frame_number,
        frame_sha256=task.frame_sha256,
    )
