"""Rendering one batch of a cohort's pictures from the database: what a worker of `export` does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from database.cohort_members import CohortMemberRow
from database.pictures import FrameContent, frames_of
from database.workers import worker_database
from foundation.errors import ImagingError
from imaging.png import encode_png
from preprocessing.folder_writing import FolderPicture
from preprocessing.left_out import LeftOut
from preprocessing.row_frames import kept_frame

FrameChoice = Literal["first", "middle", "all"]


@dataclass(frozen=True)
class RenderSettings:
    """What every batch of one export shares.

    Attributes:
        database_url: whole, password included; a worker opens the database itself.
        rendering: the text form, see `imaging.rendering_texts`.
        frames: which of a multi-frame instance.
    """

    database_url: str
    rendering: str
    frames: FrameChoice


def render_batch(
    members: Sequence[CohortMemberRow], settings: RenderSettings
) -> list[FolderPicture | LeftOut]:
    """Return each picture of the members, rendered, or why it is left out.

    Raises:
        DatabaseError: the pixels cannot be had.
    """
    database = worker_database(settings.database_url)
    by_id = {member.instance_id: member for member in members}
    with database.session() as session:
        return [
            _render(by_id[frame.instance_id], frame, settings)
            for frame in frames_of(session, by_id)
            if is_chosen(frame.frame_number, by_id[frame.instance_id].number_of_frames, settings.frames)
        ]


def is_chosen(frame_number: int, number_of_frames: int, frames: FrameChoice) -> bool:
    """Say whether a frame belongs to the choice.

    Example:
        >>> [number for number in range(1, 6) if is_chosen(number, 5, "middle")]
        [3]
    """
    if frames == "all":
        return True
    return frame_number == (1 if frames == "first" else (number_of_frames + 1) // 2)


def picture_name(member: CohortMemberRow, frame_number: int) -> str:
    """Return the name of an exported picture: body part, pseudonymous UID, modality, frame.

    The frame is named where an instance has several.
    """
    frame = f"_f{frame_number:04d}" if member.number_of_frames > 1 else ""
    return f"{member.body_part or 'UNKNOWN'}_{member.sop_instance_uid}_{member.modality or 'XX'}{frame}"


def _render(
    member: CohortMemberRow, frame: FrameContent, settings: RenderSettings
) -> FolderPicture | LeftOut:
    name = picture_name(member, frame.frame_number)
    try:
        picture, record = kept_frame(member, frame).render(settings.rendering)
    except ImagingError as error:
        return LeftOut(name, error.reason_code)
    return FolderPicture(
        name=name,
        content=encode_png(picture),
        labels=member.labels,
        instance=member.sop_instance_uid,
        frame_number=frame.frame_number,
        patient_key=member.patient_key,
        sha256=frame.stored_values_sha256,
        render_record=record.plain(),
    )


def batches_of_members(members: Iterator[CohortMemberRow], size: int) -> Iterator[tuple[Any, ...]]:
    """Yield members in batches with about `size` frames each, so that memory stays flat."""
    batch: list[CohortMemberRow] = []
    num_frames = 0
    for member in members:
        batch.append(member)
        num_frames += member.number_of_frames
        if num_frames >= size:
            yield tuple(batch)
            batch, num_frames = [], 0
    if batch:
        yield tuple(batch)
