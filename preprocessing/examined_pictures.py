"""What is known of many pictures, in little memory: columns of numbers instead of an object a picture."""

from __future__ import annotations

from array import array
from pathlib import Path

from preprocessing.lazy_sequences import LazySequence
from preprocessing.record_formats import RecordFormat
from preprocessing.record_pictures import ExaminedPicture, SpooledPicture

_FORMATS: tuple[RecordFormat | None, ...] = (None, "JPEG", "PNG", "RAW")
_HASH_BYTES = 32


class ExaminedPictures(LazySequence[ExaminedPicture]):
    """Examined pictures, about 70 bytes each; what is asked for is made anew from the columns.

    Example:
        >>> pictures = ExaminedPictures()
        >>> pictures.add(ExaminedPicture(4, 5, 3, 8, "PNG", "ab" * 32, file_bytes=70))
        >>> (pictures[0].raw_bytes, pictures[0].kept_format, len(pictures))
        (60, 'PNG', 1)
    """

    def __init__(self) -> None:
        self._sizes = array("I")
        """Height, width, channels, bits of each."""
        self._formats = bytearray()
        """Of the file and of the spool of each."""
        self._places = array("Q")
        """Size of the file; number of the spool, offset and size in it."""
        self._hashes = bytearray()
        self._spools: list[Path] = []

    def add(self, picture: ExaminedPicture) -> None:
        """Take a picture as the last one."""
        spooled = picture.spooled
        self._sizes.extend((picture.height, picture.width, picture.channels, picture.bits))
        if spooled is not None and spooled.path not in self._spools:  # one a process
            self._spools.append(spooled.path)
        spool = 0 if spooled is None else self._spools.index(spooled.path)
        self._formats.append(_FORMATS.index(picture.kept_format))
        self._formats.append(_FORMATS.index(None if spooled is None else spooled.format))
        offset, num_bytes = (0, 0) if spooled is None else (spooled.offset, spooled.num_bytes)
        self._places.extend((picture.file_bytes, spool, offset, num_bytes))
        self._hashes += bytes.fromhex(picture.sha256)

    def __len__(self) -> int:
        """Return the number of pictures."""
        return len(self._places) // 4

    def item(self, number: int) -> ExaminedPicture:
        """Return a picture, made from the columns."""
        file_bytes, spool, offset, num_bytes = self._places[4 * number : 4 * number + 4]
        kept, spooled_as = (_FORMATS[code] for code in self._formats[2 * number : 2 * number + 2])
        height, width, channels, bits = self._sizes[4 * number : 4 * number + 4]
        return ExaminedPicture(
            height,
            width,
            channels,
            bits,
            kept_format=kept,
            sha256=self._hashes[_HASH_BYTES * number : _HASH_BYTES * (number + 1)].hex(),
            file_bytes=file_bytes,
            spooled=spooled_as and SpooledPicture(self._spools[spool], offset, num_bytes, spooled_as),
        )
