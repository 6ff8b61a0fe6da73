"""Where a picture on its way into a record comes from: a file, a member of an archive, or a row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias, cast

from ingest.source_files import Member
from preprocessing.folders import IMAGES
from preprocessing.left_out import LeftOut
from preprocessing.picture_reading import read_picture
from preprocessing.rendering_batch import RenderSettings, WantedFrame, render_frames
from preprocessing.step_pictures import Picture


@dataclass(frozen=True, slots=True)
class FilePlace:
    """A picture file.

    Args:
        image: its path within the folder, with forward slashes.
        path: ready to open, or the archive that holds it.
        member: where it lies in the archive.
        sha256: of what it was made from, where that is known: the file is not hashed then.
    """

    image: str
    path: Path
    member: Member | None = None
    sha256: str | None = None


PicturePlace: TypeAlias = FilePlace | WantedFrame


@dataclass(frozen=True, slots=True, eq=False)
class FoundPicture:
    """A picture with what is known of its file.

    Attributes:
        values: height x width, or that x 3 (RGB).
        kind: of the file, as `imaging.sniffing.sniff` says; "rendered" of a row, which has no file.
        content: the file's bytes; empty of a row.
        source_sha256: of the row's stored values, or of what a file was made from.
    """

    values: Picture
    kind: str
    content: bytes = b""
    source_sha256: str | None = None


def image_of(place: PicturePlace) -> str:
    """Return a picture's path within its folder; of a row, the one that it has in an export."""
    return place.image if isinstance(place, FilePlace) else f"{IMAGES}/{place.name}.png"


def find_pictures(
    places: Sequence[PicturePlace], rendering: RenderSettings | None
) -> Iterator[tuple[int, FoundPicture | LeftOut]]:
    """Yield each picture with its number in `places`, or why it cannot be used; one in memory at a time.

    Args:
        places: all files, or all rows.
        rendering: of rows.
    """
    if rendering is None:
        for number, place in enumerate(places):
            yield number, _read(cast("FilePlace", place))
        return
    wanted = cast("Sequence[WantedFrame]", places)
    numbers = {(one.instance_id, one.frame_number): number for number, one in enumerate(wanted)}
    for one, rendered in render_frames(wanted, rendering):
        number = numbers[one.instance_id, one.frame_number]
        if isinstance(rendered, str):
            yield number, LeftOut(image_of(one), rendered)
        else:
            yield (
                number,
                FoundPicture(rendered.values, "rendered", source_sha256=rendered.stored_values_sha256),
            )


def _read(place: FilePlace) -> FoundPicture | LeftOut:
    read = read_picture(place.image, place.path, place.member)
    if isinstance(read, LeftOut):
        return read
    return FoundPicture(read.values, read.kind, read.content, place.sha256)
