"""What is known of many pictures, in little memory: columns of numbers instead of an object a picture."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeVar, overload

from preprocessing.record_formats import RecordFormat
from preprocessing.record_pictures import ExaminedPicture, SpooledPicture

Item = TypeVar("Item")

_FORMATS: tuple[RecordFormat | None, ...] = (None, "JPEG", "PNG", "RAW")
_HASH_BYTES = 32


class PictureTable(Sequence[ExaminedPicture]):
    """Examined pictures, about 70 bytes each; what is asked for is made anew from the columns.

    Example:
        >>> table = PictureTable()
        >>> table.add(ExaminedPicture(4, 5, 3, 8, "PNG", "ab" * 32, file_bytes=70))
        >>> (table[0].raw_bytes, table[0].kept_format, len(table))
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
        self._spools: dict[Path, int] = {}

    def add(self, picture: ExaminedPicture) -> None:
        """Take a picture as the last one."""
        spooled = picture.spooled
        self._sizes.extend((picture.height, picture.width, picture.channels, picture.bits))
        spool = 0 if spooled is None else self._spools.setdefault(spooled.path, len(self._spools))
        self._formats.append(_FORMATS.index(picture.kept_format))
        self._formats.append(_FORMATS.index(None if spooled is None else spooled.format))
        offset, num_bytes = (0, 0) if spooled is None else (spooled.offset, spooled.num_bytes)
        self._places.extend((picture.file_bytes, spool, offset, num_bytes))
        self._hashes += bytes.fromhex(picture.sha256)

    def __len__(self) -> int:
        """Return the number of pictures."""
        return len(self._places) // 4

    @overload
    def __getitem__(self, number: int) -> ExaminedPicture: ...
    @overload
    def __getitem__(self, number: slice) -> Sequence[ExaminedPicture]: ...
    def __getitem__(self, number: int | slice) -> ExaminedPicture | Sequence[ExaminedPicture]:
        """Return a picture, or some as a view."""
        if isinstance(number, slice):
            return chosen(self, range(*number.indices(len(self))))
        place = range(len(self))[number]
        file_bytes, spool, offset, num_bytes = self._places[4 * place : 4 * place + 4]
        kept, spooled_as = (_FORMATS[code] for code in self._formats[2 * place : 2 * place + 2])
        height, width, channels, bits = self._sizes[4 * place : 4 * place + 4]
        return ExaminedPicture(
            height,
            width,
            channels,
            bits,
            kept_format=kept,
            sha256=self._hashes[_HASH_BYTES * place : _HASH_BYTES * (place + 1)].hex(),
            file_bytes=file_bytes,
            spooled=spooled_as and SpooledPicture(self._spool(spool), offset, num_bytes, spooled_as),
        )

    def _spool(self, number: int) -> Path:
        return next(path for path, one in self._spools.items() if one == number)


class Chosen(Sequence[Item]):
    """Some items of a sequence by their numbers, 8 bytes each; the items stay where they are.

    Args:
        items: of which some were chosen.
        numbers: in the order wanted.

    Example:
        >>> some = Chosen("abcd", array("q", [3, 1, 0]))
        >>> list(some), list(some[1:])
        (['d', 'b', 'a'], ['b', 'a'])
    """

    def __init__(self, items: Sequence[Item], numbers: array[int]) -> None:
        self._items = items
        self._numbers = numbers

    def __len__(self) -> int:
        """Return how many were chosen."""
        return len(self._numbers)

    @overload
    def __getitem__(self, number: int) -> Item: ...
    @overload
    def __getitem__(self, number: slice) -> Sequence[Item]: ...
    def __getitem__(self, number: int | slice) -> Item | Sequence[Item]:
        """Return an item, or some as a view."""
        if isinstance(number, slice):
            return Chosen(self._items, self._numbers[number])
        return self._items[self._numbers[number]]


def chosen(items: Sequence[Item], numbers: Iterable[int]) -> Chosen[Item]:
    """Return the items of those numbers as a view."""
    return Chosen(items, array("q", numbers))
