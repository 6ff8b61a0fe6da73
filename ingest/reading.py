"""One file of a source, from its path to the plain values that the database stores."""

from __future__ import annotations

from dataclasses import fields, replace

from database.batches import NewFrame, NewInstance, NewReading, NewRejectedFile
from database.packets import packet_bytes
from foundation.errors import ImagingError, NotAnImageError, RejectedFileError
from imaging.pictures import ReadInstance, read_picture_or_instance
from imaging.pseudonyms import Pseudonymiser
from imaging.settings import ReadSettings
from ingest.class_folders import FOLDER_READER, class_of
from ingest.facts import with_facts, with_named_body_part
from ingest.found_files import UNREADABLE, FoundFile
from ingest.source_files import SourceFile

LARGER_THAN_PACKET = "larger_than_packet"

_HEADER_FIELDS = {field.name for field in fields(NewInstance)} - {
    "path_key",
    "name_key",
    "file_sha256",
    "num_bytes",
    "stored_values_sha256",
    "attributes_sha256",
    "frames",
    "labels",
}


def read_file(
    file: FoundFile, *, settings: ReadSettings, class_task: str | None, top_is_class: bool = False
) -> NewInstance | NewRejectedFile:
    """Return the file as plain values for rows, or the reason why it gives none.

    Args:
        file: from `find_file`.
        settings: key, profile and limits.
        class_task: the task that class folders tell; None when folders are no classes.
        top_is_class: a file that lies directly in what was named is of the class of that folder.
    """
    try:
        if file.content is None:
            raise RejectedFileError(*_problem_of(file))
        instance = read_picture_or_instance(file.content, settings=settings)
        pseudonymiser = Pseudonymiser(settings.key)
        told = with_facts(_new_instance(file, instance, pseudonymiser), file.source.facts, pseudonymiser)
        return told if class_task is None else _filed(told, file, class_task, top_is_class=top_is_class)
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


def _problem_of(file: FoundFile) -> tuple[str, str]:
    if file.problem is None:
        return UNREADABLE, "The file could not be read."
    return file.problem.reason_code, file.problem.detail


def _new_instance(file: FoundFile, instance: ReadInstance, pseudonymiser: Pseudonymiser) -> NewInstance:
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
            perceptual_hash=frame.perceptual_hash,
        )
        for frame in instance.frames
    )
    return NewInstance(
        path_key=file.path_key,
        name_key=pseudonymiser.name_key(file.source.name),
        file_sha256=file.sha256,
        num_bytes=file.num_bytes,
        stored_values_sha256=instance.stored_values_sha256,
        attributes_sha256=instance.attributes_sha256,
        frames=frames,
        **header,
    )


def _filed(instance: NewInstance, file: FoundFile, class_task: str, *, top_is_class: bool) -> NewInstance:
    """Add what the file's folder tells: a reading, and a body part that a plain picture lacks."""
    readings = folder_readings(file.source, class_task, top_is_class=top_is_class)
    return with_named_body_part(replace(instance, labels=(*instance.labels, *readings)), readings)


def folder_readings(
    source: SourceFile, class_task: str, *, top_is_class: bool = False
) -> tuple[NewReading, ...]:
    """Return the reading that a file's folder tells; none at the top.

    Args:
        source: the file.
        class_task: the task that class folders tell.
        top_is_class: as in `read_file`.

    Raises:
        RejectedFileError: the folder's name cannot be a class.
    """
    place = source.folder_path
    if top_is_class and "/" not in place and source.member is None:
        place = f"{source.path.absolute().parent.name}/{place}"
    class_name = class_of(place)
    if class_name is None:
        return ()
    return (NewReading(task=class_task, class_name=class_name, value="1", reader=FOLDER_READER),)


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
