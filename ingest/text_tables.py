"""Tables as other systems export them: CSV or TSV, in whatever encoding, plain or gzipped, as a stream.

Rows are numbered as a spreadsheet numbers them: the line of names is row 1. Cells never enter a message.
"""

from __future__ import annotations

import codecs
import csv
import difflib
import gzip
import io
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Annotated

from pydantic import BeforeValidator, Field

from foundation.errors import ConfigError, IngestError
from ingest.label_tables import find_separator

Separator = Annotated[
    str,
    BeforeValidator(lambda value: "\t" if value in ("\\t", "tab", "TAB") else value),
    Field(min_length=1, max_length=1),
]

_MOST_CELL_CHARACTERS = 1 << 20
_CHUNK = 1 << 20
_LOOKED_AT_CHARACTERS = 1 << 16
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True)
class TextTable:
    """An open table.

    Attributes:
        header: the names of the columns.
        encoding: that the table is read in, given or found.
        separator: between cells, given or found.
        rows: row number and cells, blank lines left out; read once.
    """

    header: tuple[str, ...]
    encoding: str
    separator: str
    rows: Iterator[tuple[int, Sequence[str]]]

    def place(self, column: str) -> int:
        """Return the place of a column from 0, found by its name in whatever case.

        Raises:
            ConfigError: the table has none of that name, or several.
        """
        for names, wanted in (
            (self.header, column),
            ([_fold(name) for name in self.header], _fold(column)),
        ):
            if list(names).count(wanted) > 1:
                raise ConfigError(f'The table has several columns called "{column}". Rename all but one.')
            if wanted in names:
                return list(names).index(wanted)
        raise ConfigError(self._unknown(column))

    def _unknown(self, column: str) -> str:
        near = difflib.get_close_matches(_fold(column), [_fold(name) for name in self.header], n=1)
        hint = next(
            (f' Did you mean "{name}"?' for name in self.header if near and _fold(name) == near[0]), ""
        )
        # The first line of a table without names is a patient: it is not shown.
        return (
            f'The table has no column "{column}".{hint} Its first line names {len(self.header)} '
            f"{'column' if len(self.header) == 1 else 'columns'}; they are separated by "
            f"{_SEPARATOR_WORDS.get(self.separator, self.separator)}."
        )


@contextmanager
def open_text_table(
    path: Path, *, encoding: str | None = None, separator: str | None = None
) -> Iterator[TextTable]:
    """Give an open table; memory does not grow with its rows.

    Args:
        path: CSV or TSV, also gzipped.
        encoding: found when not given: by its mark, else UTF-8 if all of it is, else Windows-1252.
        separator: found when not given.

    Raises:
        ConfigError: an encoding that Python does not know.
        IngestError: the file is missing, damaged, empty, or no table.
    """
    with ExitStack() as opened:
        with _own_errors(path):
            chosen = _known(encoding) if encoding else _find_encoding(path)
            stream = opened.enter_context(_open_bytes(path))
            text = opened.enter_context(io.TextIOWrapper(stream, encoding=chosen, newline=""))
            table = _start(text, path, chosen, separator)
        yield table


@contextmanager
def _own_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, EOFError, zlib.error, UnicodeError) as error:
        raise IngestError(
            f"The table {path} cannot be read: the file is missing, damaged, in another encoding, or may "
            "not be opened."
        ) from error


def _start(text: io.TextIOWrapper, path: Path, encoding: str, separator: str | None) -> TextTable:
    looked_at = text.read(_LOOKED_AT_CHARACTERS).splitlines(keepends=True)
    text.seek(0)
    first = next((line for line in looked_at if line.strip()), None)
    if first is None:
        raise IngestError(f"The table {path} is empty. Expected a line of column names, then rows.")
    chosen = separator or find_separator([first])
    csv.field_size_limit(_MOST_CELL_CHARACTERS)
    rows = _numbered(csv.reader(text, delimiter=chosen, strict=True), path)
    _, header = next(rows)
    return TextTable(tuple(name.strip() for name in header), encoding, chosen, rows)


def _numbered(rows: Iterator[list[str]], path: Path) -> Iterator[tuple[int, Sequence[str]]]:
    number = 0
    while True:
        number += 1
        try:
            with _own_errors(path):
                cells = next(rows, None)
        except csv.Error as error:
            raise IngestError(
                f"The table {path} is no sound CSV from row {number} on: a cell's quotes do not fit, or a "
                "cell is longer than 1,048,576 characters. Nothing was taken over. Mend that row, or give "
                "the right separator."
            ) from error
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            yield number, cells


@contextmanager
def _open_bytes(path: Path) -> Iterator[IO[bytes]]:
    with path.open("rb") as stream:
        is_gzipped = stream.read(2) == b"\x1f\x8b"
        stream.seek(0)
        if is_gzipped:
            with gzip.GzipFile(fileobj=stream) as unzipped:
                yield unzipped  # type: ignore[misc]  # a BufferedIOBase, which reads as IO[bytes] does
        else:
            yield stream


def _find_encoding(path: Path) -> str:
    """Return the encoding: by its mark, else the first in which all of the bytes are characters."""
    candidates = {name: codecs.getincrementaldecoder(name)() for name in ("utf-8", "cp1252")}
    with _open_bytes(path) as stream:
        chunk = stream.read(_CHUNK)
        for mark, name in _MARKS:
            if chunk.startswith(mark):
                return name
        while chunk:
            for name, decoder in list(candidates.items()):
                try:
                    decoder.decode(chunk)
                except UnicodeDecodeError:
                    del candidates[name]
            chunk = stream.read(_CHUNK)
    if "utf-8" in candidates and not candidates["utf-8"].getstate()[0]:
        return "utf-8"
    return "cp1252" if "cp1252" in candidates else "latin-1"


def _known(encoding: str) -> str:
    try:
        return codecs.lookup(encoding).name
    except LookupError as error:
        raise ConfigError(
            f'There is no encoding "{encoding}". Expected one such as utf-8, cp1252 or latin-1.'
        ) from error


def _fold(name: str) -> str:
    return name.strip().casefold()


_SEPARATOR_WORDS = {"\t": "tabs", ",": "commas", ";": "semicolons", "|": "bars"}
