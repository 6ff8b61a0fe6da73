"""One file of a source, from its path to the plain values that the database stores."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from database.batches import NewFrame, NewInstance, NewReading, NewRejectedFile
from database.packets import packet_bytes
from foundation.errors import ImagingError, NotAnImageError, RejectedFileError
from foundation.fingerprints import sha256_of_bytes
from imaging.body_parts import clean_class_folder
from imaging.pictures import ReadInstance, read_picture_or_instance
from imaging.settings import ReadSettings
from ingest.class_folders import FOLDER_READER, class_of
from ingest.sources import SourceFile

BODY_PART_TASK = "body_part"
UNREADABLE = "unreadable_file"
LARGER_THAN_PACKET = "larger_than_packet"

_HEADER_FIELDS = {field.name for field in fields(NewInstance)} - {
    "path_key",
    "file_sha256",
    "num_bytes",
    "stored_values_sha256",
    "attributes_sha256",
    "frames",
    "labels",
}


@dataclass(frozen=True)
class FoundFile:
    """One file as it was found: its bytes, or why they could not be had.

    Attributes:
        source: where it lies.
        path_key: keyed hash of its place in the source.
        content: None when it could not be read.
        sha256: of its bytes; blank when it could not be read.
        num_bytes: its size.
    """

    source: SourceFile
    path_key: str
    content: bytes | None
    sha256: str
    num_bytes: int

    @property
    def key(self) -> tuple[str, str]:
        """What the database knows the file by."""
        return self.path_key, self.sha256


def find_file(source: SourceFile, *, path_key: str, max_bytes: int) -> FoundFile:
    """Read a file's bytes; one that cannot be read, or is larger than allowed, comes without.

    Only regular files are opened: reading a pipe or a device might never end.
    """
    content, num_bytes = None, 0
    try:
        if source.path.is_file():
            num_bytes = source.path.stat().st_size
            content = source.path.read_bytes() if num_bytes <= max_bytes else None
    except OSError:
        content = None
    sha256 = "" if content is None else sha256_of_bytes(content)
    return FoundFile(source, path_key, content, sha256, num_bytes)


def read_file(
    file: FoundFile, *, settings: ReadSettings, class_task: str | None
) -> NewInstance | NewRejectedFile:
    """Return the file as plain values for rows, or the reason why it gives none.

    Args:
        file: from `find_file`.
        settings: key, profile and limits.
        class_task: the task that class folders tell; None when folders are no classes.
    """
    try:
        if file.content is None:
            raise RejectedFileError(
                UNREADABLE,
                "The file could not be read: it is no regular file, may not be opened, or is larger "
                "than the limit.",
            )
        instance = read_picture_or_instance(file.content, settings=settings)
        return _labelled(_new_instance(file, instance), file, class_task)
    except ImagingError as error:
        return _rejected(file, error)


def fit_packet(result: NewInstance | NewRejectedFile, *, limit: int | None) -> NewInstance | NewRejectedFile:
    """Return a file as it is, or rejected when one of its pictures is larger than the server takes.

    Args:
        result: from `read_file`.
        limit: the server's, in bytes a statement; None where there is none.
    """
    if limit is None or isinstance(result, NewRejectedFile):
        return result
    largest = max((packet_bytes(frame.content) for frame in result.frames), default=0)
    if largest <= limit:
        return result
    return NewRejectedFile(
        path_key=result.path_key,
        file_sha256=result.file_sha256,
        num_bytes=result.num_bytes,
        disposition="rejected",
        reason_code=LARGER_THAN_PACKET,
        detail=(
            f"A picture takes {largest:,} bytes in a statement, but the server's max_allowed_packet is "
            f"{limit:,}. Set it to 256M in the server's configuration, restart it and ingest again."
        ),
    )


def _new_instance(file: FoundFile, instance: ReadInstance) -> NewInstance:
    header = {name: getattr(instance.header, name) for name in _HEADER_FIELDS}
    frames = tuple(
        NewFrame(
            frame_number=frame.frame_number,
            content=frame.encoded.content,
            encoding=frame.encoded.encoding,
            dtype=frame.encoded.dtype,
            offset=frame.encoded.offset,
            stored_values_sha256=frame.stored_values_sha256,
            rendering=frame.rendering,
        )
        for frame in instance.frames
    )
    return NewInstance(
        path_key=file.path_key,
        file_sha256=file.sha256,
        num_bytes=file.num_bytes,
        stored_values_sha256=instance.stored_values_sha256,
        attributes_sha256=instance.attributes_sha256,
        frames=frames,
        **header,
    )


def _labelled(instance: NewInstance, file: FoundFile, class_task: str | None) -> NewInstance:
    """Add the reading that the file's folder tells, and the body part where the folder names one."""
    class_name = class_of(file.source.relative_path) if class_task else None
    if class_task is None or class_name is None:
        return instance
    reading = NewReading(task=class_task, class_name=class_name, value="1", reader=FOLDER_READER)
    labelled = replace(instance, labels=(reading,))
    if class_task != BODY_PART_TASK or instance.body_part is not None:
        return labelled
    part = clean_class_folder(class_name)
    if part.value is None:
        return labelled
    return replace(
        labelled,
        body_part=part.value,
        body_part_raw=part.raw,
        body_part_rule=part.rule,
        body_part_confidence=part.confidence,
    )


def _rejected(file: FoundFile, error: ImagingError) -> NewRejectedFile:
    disposition = "not_an_image" if isinstance(error, NotAnImageError) else "rejected"
    return NewRejectedFile(
        path_key=file.path_key,
        file_sha256=file.sha256,
        num_bytes=file.num_bytes,
        disposition=disposition,
        reason_code=error.reason_code,
        detail=error.detail[:255],
    )
