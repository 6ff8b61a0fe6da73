"""From the bytes of a DICOM file to a pydicom data set, tolerant of how files really are.

With or without preamble and meta header; transfer syntax missing or wrong (the bytes are believed,
and that is said); deflated, within a limit; group 2 inside the data set. What cannot be read ends
as a `RejectedFileError` in our own words: pydicom's may hold header values.
"""

from __future__ import annotations

import io
import itertools
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filereader import read_dataset
from pydicom.tag import BaseTag
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian

from foundation.errors import ImagingError, RejectedFileError
from imaging.cleaning import read_text
from imaging.elements import find_element, is_too_long, read_elements
from imaging.encodings import (
    Encoding,
    agrees,
    find_codestream_syntax,
    find_encoding,
    is_deflated,
    is_native,
    is_transfer_syntax,
)
from imaging.image_objects import PIXEL_TAGS
from imaging.limits import Limits
from imaging.quiet import quiet_pydicom
from imaging.sniffing import sniff
from imaging.unmasking import unmask_elements

_UNDEFINED_LENGTH = 0xFFFFFFFF
_PREFIX = b"DICM"
_ITEM_WORDS = (0xFFFE, 0xE000)  # always little endian where there are fragments
_ITEM_BYTES = 8
_WORDS_AT_ONCE = 1 << 17
_DELIMITER_GROUP = 0xFFFE
_SMALLEST_ELEMENT_BYTES = 8  # PS3.5 7.1: tag and length, without a value
_PEEKED_BYTES = 1 << 13
_READS_PER_ELEMENT = 3  # tag, long length, value
_PIXEL_DATA_TAG = b"\xe0\x7f\x10\x00"
_SEQUENCE_DELIMITER = b"\xfe\xff\xdd\xe0\x00\x00\x00\x00"  # PS3.5 7.5.2: (FFFE,E0DD), no value


@dataclass(frozen=True)
class ParsedFile:
    """A data set and how it was encoded.

    Args:
        ds: the data set; its `file_meta` names the transfer syntax that holds for decoding.
        sop_class_uid: as the data set, else the meta header, says.
        transfer_syntax_uid: as declared, or as found when that was missing or wrong.
        transfer_syntax_guessed: the bytes were believed rather than the header.
    """

    ds: Dataset
    sop_class_uid: str | None
    transfer_syntax_uid: str
    transfer_syntax_guessed: bool


def parse_dicom(content: bytes, *, limits: Limits | None = None) -> ParsedFile:
    """Parse the bytes of a DICOM file.

    Raises:
        RejectedFileError: `empty_file`, `file_too_large`, `not_dicom`, `truncated_header`,
            `nested_too_deep`, `inflated_too_large`, `broken_deflate`, `unreadable_header`,
            `out_of_memory`.
    """
    limits = limits or Limits()
    check_size(content, limits)
    if sniff(content) != "dicom":
        raise RejectedFileError("not_dicom", "The file does not start like a DICOM file.")
    try:
        with quiet_pydicom():
            return _parse(content, limits)
    except ImagingError:
        raise
    except MemoryError as error:
        raise RejectedFileError("out_of_memory", "There is not enough memory for the header.") from error
    except Exception as error:  # pydicom raises anything on broken bytes; one bad file is data
        if _came_from_recursion(error):
            raise _nested_too_deep(limits) from error
        raise RejectedFileError(
            "unreadable_header", "The header is broken: its elements do not follow one another."
        ) from error


def _came_from_recursion(error: BaseException | None) -> bool:
    """Say whether the stack had run out, also where pydicom made another error of it."""
    while error is not None:
        if isinstance(error, RecursionError):
            return True
        error = error.__cause__ or error.__context__
    return False


def check_size(content: bytes, limits: Limits) -> None:
    """Raise when there is nothing to read, or too much.

    Raises:
        RejectedFileError: `empty_file` or `file_too_large`.
    """
    if not content:
        raise RejectedFileError("empty_file", "The file is empty.")
    if len(content) > limits.file_bytes:
        raise RejectedFileError(
            "file_too_large",
            f"The file is larger than the limit of {limits.file_bytes} bytes. Received: {len(content)}.",
        )


def _parse(content: bytes, limits: Limits) -> ParsedFile:
    stream = io.BytesIO(content)
    stream.seek(_find_start(content))
    meta = _read_group(stream, content, 0x0002, Encoding(is_implicit=False, is_little_endian=True))
    _read_group(stream, content, 0x0000, Encoding(is_implicit=True, is_little_endian=True))
    declared = read_text(meta, "TransferSyntaxUID")
    body, is_inflated = _open_body(content, stream.tell(), declared, limits)
    _check_items(body.getvalue(), limits)
    start = body.seek(0, io.SEEK_CUR)
    encoding = find_encoding(body.read(6))
    body.seek(start)
    ds = _read_body(body, encoding, limits)
    _drop_delimiters(ds)
    _check_complete(ds)
    _check_nesting(ds, limits)
    _move_meta_elements(ds, meta)
    unmask_elements(ds)
    declared = declared or read_text(meta, "TransferSyntaxUID")
    syntax, is_guessed = _settle_syntax(ds, declared, encoding, is_inflated=is_inflated)
    meta.TransferSyntaxUID = UID(syntax)
    ds.file_meta = FileMetaDataset(meta)
    sop_class_uid = read_text(ds, "SOPClassUID") or read_text(meta, "MediaStorageSOPClassUID")
    return ParsedFile(ds, sop_class_uid, syntax, is_guessed)


def _find_start(content: bytes) -> int:
    if content[128:132] == _PREFIX:
        return 132
    return 4 if content.startswith(_PREFIX) else 0


def _read_group(stream: io.BytesIO, content: bytes, group: int, encoding: Encoding) -> Dataset:
    """Read the leading elements of one group, and leave the stream at the first of another."""
    start = stream.tell()
    if int.from_bytes(content[start : start + 2], "little") != group or start + 8 > len(content):
        return Dataset()
    # Some writers give the meta header in implicit VR (against PS3.10 7.1).
    found = find_encoding(content[start : start + 6])
    is_implicit = encoding.is_implicit or found.is_implicit
    return read_dataset(stream, is_implicit, True, stop_when=_stop_after(group))


def _stop_after(group: int) -> Callable[[BaseTag, str | None, int], bool]:
    return lambda tag, _vr, _length: tag >> 16 != group


def _open_body(content: bytes, start: int, declared: str | None, limits: Limits) -> tuple[io.BytesIO, bool]:
    """Return a stream that stands at the first element of the data set, inflated if need be."""
    if is_deflated(declared) or _looks_deflated(content, start):
        inflated = _inflate(content[start:], limits)
        if inflated is not None:
            return io.BytesIO(inflated), True
    stream = io.BytesIO(content)
    stream.seek(start)
    return stream, False


def _looks_deflated(content: bytes, start: int) -> bool:
    """Say whether what stands behind the meta header is no element, but inflates to one."""
    if start == 0 or sniff(content[start : start + _PEEKED_BYTES]) == "dicom":
        return False
    try:
        first = zlib.decompressobj(-zlib.MAX_WBITS).decompress(content[start : start + _PEEKED_BYTES], 64)
    except zlib.error:
        return False
    return sniff(first) == "dicom"


def _inflate(deflated: bytes, limits: Limits) -> bytes | None:
    """Return the inflated bytes, or None when they were never deflated."""
    if find_encoding(deflated[:6]) == Encoding(is_implicit=False, is_little_endian=True):
        return None
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)  # PS3.5 A.5: RFC 1951, without a zlib header
    most_bytes = limits.inflated_bytes_for(len(deflated))
    try:
        inflated = inflater.decompress(deflated, most_bytes)
    except zlib.error as error:
        if sniff(deflated) == "dicom":
            return None
        raise RejectedFileError("broken_deflate", "The deflated data set cannot be inflated.") from error
    if inflater.unconsumed_tail:
        raise RejectedFileError(
            "inflated_too_large", f"The data set inflates to more than {most_bytes} bytes."
        )
    if not inflater.eof:
        raise RejectedFileError("broken_deflate", "The deflated data set ends before it is complete.")
    return inflated


def _read_body(body: io.BytesIO, encoding: Encoding, limits: Limits) -> Dataset:
    """Read the data set; when its pixel data lack the closing delimiter, as if they had it.

    pydicom drops the whole header there. Whether the frames are complete is the decoder's to judge.
    """
    start = body.tell()
    stop = _stop_beyond(limits.elements, len(body.getbuffer()))
    stream = _count_reads(body, limits)
    ds = read_dataset(stream, encoding.is_implicit, encoding.is_little_endian, stop_when=stop)
    content = body.getvalue()[start:] if not len(ds) else b""
    if _PIXEL_DATA_TAG not in content:
        return ds
    closed = io.BytesIO(content + _SEQUENCE_DELIMITER)
    return read_dataset(closed, encoding.is_implicit, is_little_endian=True)


class _CountedStream(io.BytesIO):
    """A stream that refuses to be read more often than a number of elements can need."""

    def __init__(self, content: bytes, limits: Limits) -> None:
        super().__init__(content)
        self._limits = limits
        self._left = _READS_PER_ELEMENT * limits.nested_elements

    def read(self, size: int | None = -1, /) -> bytes:
        """Read, and count it."""
        self._left -= 1
        if self._left < 0:
            raise _too_many_elements(self._limits.nested_elements)
        return super().read(size)


def _count_reads(body: io.BytesIO, limits: Limits) -> io.BytesIO:
    """Return a stream that also bounds elements inside items, which pydicom asks nobody about.

    A body too short to hold so many elements is read as it is.
    """
    content = body.getvalue()
    if len(content) < _SMALLEST_ELEMENT_BYTES * limits.nested_elements:
        return body
    stream = _CountedStream(content, limits)
    stream.seek(body.tell())
    return stream


def _stop_beyond(most_elements: int, num_bytes: int) -> Callable[[BaseTag, str | None, int], bool]:
    numbers = itertools.count(1)

    def stop(tag: BaseTag, vr: str | None, length: int) -> bool:
        if next(numbers) > most_elements:
            raise _too_many_elements(most_elements)
        if is_too_long(tag, vr, length) and length > num_bytes:
            raise _truncated_header()  # the rest of the file may still be millions of windows
        if is_too_long(tag, vr, length):
            raise RejectedFileError(
                "value_too_long", f"An element holds {length} bytes; expected at most 65535 by its VR."
            )
        return False

    return stop


def _truncated_header() -> RejectedFileError:
    return RejectedFileError("truncated_header", "The file ends in the middle of its header.")


def _too_many_elements(most_elements: int) -> RejectedFileError:
    return RejectedFileError("too_many_elements", f"The header has more than {most_elements} elements.")


def _check_items(content: bytes, limits: Limits) -> None:
    """Raise when there are so many items that reading them would take minutes.

    Counted at even and at odd places, in half of the time that `bytes.count` takes.
    """
    if len(content) <= _ITEM_BYTES * limits.items:
        return
    if sum(_count_items(content, offset) for offset in (0, 1)) > limits.items:
        raise RejectedFileError("too_many_items", f"The file has more than {limits.items} items.")


def _count_items(content: bytes, offset: int) -> int:
    words = np.frombuffer(content, "<u2", (len(content) - offset) // 2, offset)
    found = 0
    for start in range(0, len(words) - 1, _WORDS_AT_ONCE):
        some = words[start : start + _WORDS_AT_ONCE + 1]
        found += int(np.count_nonzero((some[:-1] == _ITEM_WORDS[0]) & (some[1:] == _ITEM_WORDS[1])))
    return found


def _drop_delimiters(ds: Dataset) -> None:
    """Take out delimiters that stand alone at the top: a writer's slip, and they hold nothing."""
    for tag in [tag for tag in ds.keys() if tag >> 16 == _DELIMITER_GROUP]:  # noqa: SIM118 - converts
        del ds[tag]


def _check_complete(ds: Dataset) -> None:
    """Raise when the header ends in the middle of an element.

    Pixel data that are too short are the decoder's to judge; what comes after them is of no use here.
    """
    elements = read_elements(ds)
    if not elements:
        raise RejectedFileError("truncated_header", "The file ends before the first element is complete.")
    last = elements[-1]
    if not isinstance(last, RawDataElement) or last.length == _UNDEFINED_LENGTH:
        return
    if any(tag in ds for tag in PIXEL_TAGS):
        return
    if last.length > len(last.value or b""):
        raise _truncated_header()


def _check_nesting(ds: Dataset, limits: Limits) -> None:
    """Raise when sequences stand in sequences beyond the limit.

    Only those of undefined length are parsed by now; the others stay bytes unless asked for.
    """
    level = [ds]
    for _ in range(limits.nesting + 1):
        level = [item for outer in level for item in _parsed_items(outer)]
        if not level:
            return
    raise _nested_too_deep(limits)


def _parsed_items(ds: Dataset) -> list[Dataset]:
    return [
        item
        for element in read_elements(ds)
        if not isinstance(element, RawDataElement) and element.VR == "SQ"
        for item in element.value
    ]


def _nested_too_deep(limits: Limits) -> RejectedFileError:
    return RejectedFileError("nested_too_deep", f"Sequences are nested deeper than {limits.nesting} levels.")


def _move_meta_elements(ds: Dataset, meta: Dataset) -> None:
    """Take group 2 elements out of the data set, where they must not stand (PS3.10 7.1)."""
    for tag in [tag for tag in ds.keys() if tag >> 16 == 0x0002]:  # noqa: SIM118 - same as above
        if tag not in meta:
            meta[tag] = ds[tag]
        del ds[tag]


def _settle_syntax(
    ds: Dataset, declared: str | None, encoding: Encoding, *, is_inflated: bool
) -> tuple[str, bool]:
    """Return the transfer syntax to decode with, and whether it is a guess."""
    is_encapsulated = _is_encapsulated(ds)
    if is_inflated and not is_deflated(declared):
        return str(DeflatedExplicitVRLittleEndian), True
    if declared is not None and is_transfer_syntax(declared):
        if agrees(declared, encoding) and (is_inflated or not is_deflated(declared)):
            return declared, False
        if is_encapsulated and not is_native(declared):
            # Only the VR encoding differs from what the syntax prescribes; the codestream is its own.
            return declared, True
    if is_encapsulated:
        return _guess_codestream(ds) or declared or encoding.native_syntax, True
    return encoding.native_syntax, True


def _is_encapsulated(ds: Dataset) -> bool:
    element = find_element(ds, PIXEL_TAGS[0])
    return isinstance(element, RawDataElement) and element.length == _UNDEFINED_LENGTH


def _guess_codestream(ds: Dataset) -> str | None:
    element = find_element(ds, PIXEL_TAGS[0])
    value = element.value if isinstance(element, RawDataElement) else None
    return find_codestream_syntax(value) if isinstance(value, bytes) else None
