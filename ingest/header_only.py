"""Reading a file only as far as its header goes: for a look ahead, without pixels."""

from __future__ import annotations

from foundation.errors import ImagingError, RejectedFileError
from imaging.foreign_files import describe_foreign_file
from imaging.header import Header
from imaging.pictures import read_header_only
from imaging.pseudonyms import Pseudonymiser
from imaging.settings import ReadSettings
from imaging.sniffing import sniff
from ingest.found_files import UNREADABLE, FoundFile, find_file
from ingest.sources import SourceFile

HEAD_BYTES = 64 << 10
"""Read first; most headers are shorter. A file whose header is not is read whole."""


def read_header_of(source: SourceFile, *, path_key: str, settings: ReadSettings) -> tuple[Header, int]:
    """Return the header of a file and the file's size.

    A plain picture has a header too: the UID that ingest would give it.

    Args:
        source: the file.
        path_key: keyed hash of its place.
        settings: key, profile and limits.

    Raises:
        ImagingError: it holds no picture, or nothing that can be read, as far as the header tells.
    """
    head, num_bytes = _read_head(source)
    if len(head) < num_bytes <= settings.limits.file_bytes and sniff(head) == "dicom":
        try:
            return read_header_only(head, settings=settings), num_bytes
        except ImagingError:
            pass  # the header may go on beyond what was read: see below
    file = find_file(source, path_key=path_key, max_bytes=settings.limits.file_bytes)
    return _read_whole(file, settings), file.num_bytes


def _read_head(source: SourceFile) -> tuple[bytes, int]:
    """Return the first bytes of a file that lies on disk by itself, and its size; nothing of others."""
    if source.member is not None or source.content is not None or source.problem is not None:
        return b"", 0
    try:
        if not source.path.is_file():  # reading a pipe might never end
            return b"", 0
        with source.path.open("rb", buffering=0) as stream:
            return stream.read(HEAD_BYTES), stream.seek(0, 2)
    except OSError:
        return b"", 0


def _read_whole(file: FoundFile, settings: ReadSettings) -> Header:
    if file.content is None:
        problem = file.problem
        raise RejectedFileError(
            *((problem.reason_code, problem.detail) if problem else (UNREADABLE, "The file cannot be read."))
        )
    kind = sniff(file.content)
    if file.content and kind is None:
        raise RejectedFileError("not_dicom_nor_picture", describe_foreign_file(file.content))
    if kind not in {"dicom", None}:
        uid = Pseudonymiser(settings.key).content_uid(file.sha256)
        return Header(sop_instance_uid=uid, kind="picture", number_of_frames=1, burned_in_risk="none")
    return read_header_only(file.content, settings=settings)
