"""A picture on its way into a record: kept byte for byte, or encoded anew.

A plain `tf.data` reader decodes JPEG and PNG. A JPEG of 8 bits in grey or YCbCr
without a rotation note, and a PNG of 8 bits in grey or RGB, go in untouched; all else (palette, alpha,
16 bits, CMYK, EXIF rotation, TIFF, BMP) is read and encoded anew, as PNG unless asked for otherwise.

Each picture is decoded, or rendered, once: what is encoded anew then waits in a spool beside the target
until it is known which split it goes to.
"""

from __future__ import annotations

import struct
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from foundation.errors import FolderError, RejectedFileError
from foundation.fingerprints import sha256_of_bytes
from imaging.png import encode_png
from preprocessing.folder_trees import read_file
from preprocessing.left_out import LeftOut
from preprocessing.record_formats import RecordFormat, WantedEncoding, choose_format, encode_for_record
from preprocessing.record_places import FilePlace, FoundPicture, PicturePlace, find_pictures
from preprocessing.rendering_batch import RenderSettings

_RECORD_FORMATS: dict[str, RecordFormat] = {"jpeg": "JPEG", "png": "PNG"}
_PNG_SIGNATURE_BYTES = 8
_PNG_PLAIN_COLOUR = frozenset({0, 2})  # PNG 11.2.2: greyscale, truecolour
# PNG 11.3.2.1 and 11.3.2.8: transparency, and an Exif note that may ask for rotation.
_PNG_CHANGING_CHUNKS = frozenset({b"tRNS", b"eXIf"})
# ITU-T T.81 table B.1: start-of-frame markers of the Huffman-coded baseline, extended and progressive.
_JPEG_FRAME_MARKERS = frozenset({0xC0, 0xC1, 0xC2})
_JPEG_SCAN, _JPEG_APP1 = 0xDA, 0xE1
_JPEG_PLAIN_COMPONENTS = frozenset({1, 3})
_EXIF_ORIENTATION = 0x0112

_PROCESS = uuid.uuid4().hex
"""The spool of this process; a pid would be that of another machine, too."""


@dataclass(frozen=True, slots=True)
class SpooledPicture:
    """Where the bytes of a picture wait for their record.

    Attributes:
        path: of the spool.
        offset: in it.
        num_bytes: from there.
        format: what they are.
    """

    path: Path
    offset: int
    num_bytes: int
    format: RecordFormat

    def read(self) -> bytes:
        """Return the bytes."""
        with self.path.open("rb", buffering=0) as stream:
            stream.seek(self.offset)
            content = stream.read(self.num_bytes)
        if len(content) < self.num_bytes:
            raise FolderError("What waited for its record was cut by something else. Pack again.")
        return content


@dataclass(frozen=True, slots=True)
class ExaminedPicture:
    """What is known of a picture after one look.

    Attributes:
        height: after rotation.
        width: after rotation.
        channels: 1 or 3.
        bits: 8 or 16.
        kept_format: the format in which the file's bytes could go in untouched; None for none.
        sha256: of what the picture was made from where that is known, else of the file.
        file_bytes: the size of the file; of a row, that of its PNG where sizes are asked for.
        spooled: its bytes in the record, where it was encoded anew at once.
    """

    height: int
    width: int
    channels: int
    bits: int
    kept_format: RecordFormat | None
    sha256: str
    file_bytes: int = field(default=0, compare=False)
    spooled: SpooledPicture | None = field(default=None, compare=False)

    @property
    def raw_bytes(self) -> int:
        """The size of its bare samples."""
        return self.height * self.width * self.channels * self.bits // 8


@dataclass(frozen=True, slots=True)
class PictureSettings:
    """What all pictures of one record set share; picklable.

    Attributes:
        jpeg_quality: of a picture that becomes a JPEG.
        rendering: of rows; None where the pictures are files.
        spool: a folder for what is encoded anew; None to encode it later.
        tells_sizes: whether the size of a row's PNG has to be known.
    """

    jpeg_quality: int = 95
    rendering: RenderSettings | None = None
    spool: Path | None = None
    tells_sizes: bool = False


@dataclass(frozen=True, slots=True)
class PictureRequest:
    """What is wanted of one examined picture; picklable.

    Attributes:
        place: where it lies.
        format: in the record.
        is_kept: whether the file's bytes go in untouched.
    """

    place: PicturePlace
    format: RecordFormat
    is_kept: bool


def examine_pictures(
    batch: tuple[Sequence[PicturePlace], WantedEncoding], settings: PictureSettings
) -> list[ExaminedPicture | LeftOut]:
    """Read and decode each picture once; one that cannot be used comes back with its reason.

    Args:
        batch: pictures, and the encoding to spool what is not kept in. Runs in a worker process.
        settings: of all pictures.
    """
    places, encoding = batch
    examined: dict[int, ExaminedPicture | LeftOut] = {}
    for number, found in find_pictures(places, settings.rendering):
        if isinstance(found, FoundPicture):
            examined[number] = _examine_picture(found, encoding, settings)
        else:
            examined[number] = found
    return [examined[number] for number in range(len(places))]


def read_for_records(requests: Sequence[PictureRequest], settings: PictureSettings) -> list[bytes]:
    """Return what goes into the record of each examined picture that was not spooled.

    Args:
        requests: one a picture. Runs in a worker process.
        settings: of all pictures.

    Raises:
        FolderError: a picture that could be read before cannot any more.
    """
    contents: dict[int, bytes] = {}
    anew = []
    for number, request in enumerate(requests):
        if request.is_kept and isinstance(request.place, FilePlace):
            contents[number] = _read_kept(request.place)
        else:
            anew.append(number)
    places = [requests[number].place for number in anew]
    for place, found in find_pictures(places, settings.rendering):
        number = anew[place]
        if isinstance(found, LeftOut):
            raise _changed()
        contents[number] = _encode(found, requests[number].format, settings)
    return [contents[number] for number in range(len(requests))]


def _read_kept(place: FilePlace) -> bytes:
    try:
        return read_file(place.path, place.member)
    except (OSError, RejectedFileError) as error:
        raise _changed() from error


def _changed() -> FolderError:
    return FolderError(
        "A picture changed or went away while it was packed. Pack again when nothing writes there."
    )


def can_be_kept(content: bytes, kind: str) -> bool:
    """Return whether a sound picture file may go into a record as it is.

    Args:
        content: the file's bytes.
        kind: as `imaging.sniffing.sniff` says.

    Example:
        >>> can_be_kept(b"BM", "bmp")
        False
    """
    try:
        if kind == "png":
            return _is_plain_png(content)
        return kind == "jpeg" and _is_plain_jpeg(content)
    except (IndexError, struct.error):
        return False


def _examine_picture(
    found: FoundPicture, encoding: WantedEncoding, settings: PictureSettings
) -> ExaminedPicture:
    """Return what is known of one picture; spool it where it does not go in as it lies."""
    values = found.values
    kept_format = _kept_format(found)
    record_format = choose_format(encoding, kept=kept_format)
    is_kept = record_format == kept_format and found.kind != "rendered"
    spooled = None
    if settings.spool is not None and not is_kept:
        spooled = _spool(settings.spool, _encode(found, record_format, settings), record_format)
    return ExaminedPicture(
        height=values.shape[0],
        width=values.shape[1],
        channels=1 if values.ndim == 2 else values.shape[2],
        bits=8 * values.dtype.itemsize,
        kept_format=kept_format,
        sha256=found.source_sha256 or sha256_of_bytes(found.content),
        file_bytes=_file_bytes(found, settings),
        spooled=spooled,
    )


def _kept_format(found: FoundPicture) -> RecordFormat | None:
    """Return the format in which a picture's file could go in as it is."""
    if found.kind == "rendered":
        return "PNG" if found.values.dtype.itemsize == 1 else None
    return _RECORD_FORMATS[found.kind] if can_be_kept(found.content, found.kind) else None


def _file_bytes(found: FoundPicture, settings: PictureSettings) -> int:
    if found.kind == "rendered":
        return len(encode_png(found.values)) if settings.tells_sizes else 0
    return len(found.content)


def _encode(found: FoundPicture, record_format: RecordFormat, settings: PictureSettings) -> bytes:
    return encode_for_record(found.values, record_format, jpeg_quality=settings.jpeg_quality)


def _spool(folder: Path, content: bytes, record_format: RecordFormat) -> SpooledPicture:
    path = folder / _PROCESS
    with path.open("ab") as stream:
        offset = stream.tell()
        stream.write(content)
    return SpooledPicture(path, offset, len(content), record_format)


def _is_plain_png(content: bytes) -> bool:
    """Return whether a PNG has 8 bits, grey or RGB, and nothing that changes its samples."""
    chunks = _png_chunks(content)
    _, header = next(chunks)
    bit_depth, colour = header[8], header[9]
    return (
        bit_depth == 8
        and colour in _PNG_PLAIN_COLOUR
        and not any(name in _PNG_CHANGING_CHUNKS for name, _ in chunks)
    )


def _png_chunks(content: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Yield type and content of each chunk (PNG 5.3)."""
    view = memoryview(content)
    position = _PNG_SIGNATURE_BYTES
    while position + 8 <= len(view):
        length, name = struct.unpack_from(">I4s", view, position)
        yield name, view[position + 8 : position + 8 + length]
        position += length + 12


def _is_plain_jpeg(content: bytes) -> bool:
    """Return whether a JPEG has 8 bits, one or three components, and is not to be rotated."""
    is_plain = False
    for marker, segment in _jpeg_segments(content):
        if marker in _JPEG_FRAME_MARKERS:
            is_plain = segment[0] == 8 and segment[5] in _JPEG_PLAIN_COMPONENTS
        elif marker == _JPEG_APP1 and _exif_orientation(bytes(segment)) != 1:
            return False
    return is_plain


def _jpeg_segments(content: bytes) -> Iterator[tuple[int, memoryview]]:
    """Yield marker and content of each segment before the first scan (ITU-T T.81 B.1.1)."""
    view = memoryview(content)
    position = 2
    while position + 4 <= len(view):
        if view[position] != 0xFF:
            return
        marker = view[position + 1]
        if marker == 0xFF:  # T.81 B.1.1.2: any marker may be preceded by fill bytes
            position += 1
            continue
        if marker == _JPEG_SCAN:
            return
        length = struct.unpack_from(">H", view, position + 2)[0]
        yield marker, view[position + 4 : position + 2 + length]
        position += 2 + length


def _exif_orientation(segment: bytes) -> int:
    """Return the orientation of an Exif segment; 1 (upright) where it says none."""
    if not segment.startswith(b"Exif\0\0"):
        return 1
    tiff = segment[6:]
    order = "<" if tiff[:2] == b"II" else ">"
    directory = struct.unpack_from(f"{order}I", tiff, 4)[0]
    for number in range(struct.unpack_from(f"{order}H", tiff, directory)[0]):
        entry = directory + 2 + 12 * number
        tag, kind, _, value = struct.unpack_from(f"{order}HHIH", tiff, entry)
        if tag == _EXIF_ORIENTATION:
            # Exif 2.32, 4.6.4: a SHORT, left-justified in the value field.
            return int(value) if kind == 3 else 1
    return 1
