"""What `show` is pointed at, one by one, and the frame that each gives."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from database.instance_rows import InstanceRow, instance_row
from database.pictures import frame_content
from database.session import Database
from foundation.errors import ConfigError, RejectedFileError
from imaging.header import Header
from imaging.kept_frames import KeptFrame, kept_frames
from imaging.pictures import read_picture_or_instance
from imaging.settings import ReadSettings
from preprocessing.folders import IMAGES, LABELS
from preprocessing.row_frames import kept_frame


@dataclass(frozen=True)
class ShowInput:
    """One thing to show: a file, or a row.

    Attributes:
        name: as the user knows it.
        path: of a file.
        instance_id: of a row.
    """

    name: str
    path: Path | None = None
    instance_id: int | None = None


@dataclass(frozen=True)
class OpenedFrame:
    """One frame with the header that it came with."""

    header: Header | InstanceRow
    frame: KeptFrame


def list_show_inputs(inputs: Sequence[str], *, has_rows: bool) -> Iterator[ShowInput]:
    """Yield the files and rows that a user names; folders are walked in sorted order.

    Of an image/label folder only `images/` is walked, and hidden files are left out.

    Args:
        inputs: paths, and ids where there are rows.
        has_rows: whole numbers are ids of the view `image`.

    Raises:
        ConfigError: one is neither.
    """
    for text in inputs:
        path = Path(text)
        if has_rows and text.isdecimal():
            yield ShowInput(text, instance_id=int(text))
        elif path.is_dir():
            is_ours = (path / IMAGES).is_dir() and (path / LABELS).is_dir()
            yield from _walk(path / IMAGES if is_ours else path)
        elif path.exists():
            yield ShowInput(path.name, path=path)
        else:
            hint = (
                "To show a row by its id, name its database too." if text.isdecimal() else "Check the name."
            )
            raise ConfigError(f'There is no file or folder "{text}". {hint}')


def open_show_input(
    one: ShowInput, *, frame_number: int, settings: ReadSettings, database: Database | None
) -> OpenedFrame:
    """Return one frame of a file or a row.

    Args:
        one: from `list_show_inputs`.
        frame_number: from 1.
        settings: of reading files.
        database: open, for rows.

    Raises:
        ImagingError: there is no such picture, with its reason.
    """
    if one.path is not None:
        return _open_file(one.path, frame_number, settings)
    return _open_row(one.instance_id or 0, frame_number, database)


def _walk(folder: Path) -> Iterator[ShowInput]:
    for above, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(name for name in names if not name.startswith(".")):
            path = Path(above, name)
            yield ShowInput(path.relative_to(folder).as_posix(), path=path)


def _open_file(path: Path, frame_number: int, settings: ReadSettings) -> OpenedFrame:
    instance = read_picture_or_instance(_read(path, settings), settings=settings)
    for frame in kept_frames(instance):
        if frame.origin.frame_number == frame_number:
            return OpenedFrame(instance.header, frame)
    raise _no_such_frame(len(instance.frames))


def _read(path: Path, settings: ReadSettings) -> bytes:
    """Return a file's bytes, its size being checked before memory is taken."""
    try:
        if not path.is_file():
            raise RejectedFileError("unreadable_file", "It is no regular file.")
        if path.stat().st_size > settings.limits.file_bytes:
            raise RejectedFileError("too_large", "The file is larger than the limit for one file.")
        return path.read_bytes()
    except OSError as error:
        raise RejectedFileError("unreadable_file", "The system does not let the file be read.") from error


def _open_row(instance_id: int, frame_number: int, database: Database | None) -> OpenedFrame:
    row = content = None
    if database is not None:
        with database.session() as session:
            row = instance_row(session, instance_id)
            content = None if row is None else frame_content(session, row.instance_id, frame_number)
    if row is None:
        raise RejectedFileError("no_such_id", "The view image has no row of this id.")
    if content is None:
        raise _no_such_frame(row.number_of_frames)
    return OpenedFrame(row, kept_frame(row, content))


def _no_such_frame(number_of_frames: int) -> RejectedFileError:
    return RejectedFileError(
        "no_such_frame", f"There is no frame of this number. Frames are counted from 1 to {number_of_frames}."
    )
