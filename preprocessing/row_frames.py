"""A frame of the database as imaging renders it."""

from __future__ import annotations

from database.cohort_members import CohortMemberRow
from database.instance_rows import InstanceRow
from database.pictures import FrameContent
from imaging.kept_frames import KeptFrame
from imaging.rendering import FrameOrigin


def kept_frame(row: CohortMemberRow | InstanceRow, frame: FrameContent) -> KeptFrame:
    """Return a frame of an instance, with its own rendering attributes where it has any.

    Args:
        row: the instance.
        frame: one of its frames.
    """
    return KeptFrame(
        content=frame.content,
        encoding=frame.encoding,
        dtype=frame.dtype,
        offset=frame.offset,
        rendering=row.rendering if frame.rendering is None else frame.rendering,
        origin=FrameOrigin(
            frame_number=frame.frame_number,
            decoder=row.decoder or None,
            transfer_syntax_uid=row.transfer_syntax_uid,
            stored_values_sha256=frame.stored_values_sha256,
        ),
    )
