"""Label tables as files: CSV, TSV or JSON, plain, gzipped or inside a zip, to rows of text cells.

What the cells mean is the question of `ingest.table_columns` and `ingest.table_labels`.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import itertools
import json
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from foundation.contracts import Config
from foundation.errors import IngestError, UnknownNameError
from foundation.registries import unknown_name_message

Name = Annotated[str, Field(min_length=1, max_length=64)]
TableForm = Literal["auto", "classes", "wide", "nih"]
Unlisted = Literal["0", "not_mentioned", "none"]

LIST_MARK = "\x1f"
"""Stands between the members of a list that came from JSON: splits as any label splitter does."""

MOST_TABLE_BYTES = 2 << 30
_MOST_CELL_CHARACTERS = 1 << 20
_SEPARATORS = ("\t", ",", ";", "|")
_LOOKED_AT_LINES = 20
_JSON_SUFFIXES = (".json", ".jsonl", ".ndjson")
_TABLE_SUFFIXES = (".csv", ".tsv", ".txt", *_JSON_SUFFIXES)
_UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_END = "\x00end"
"""A line of our own behind a table: within quotes, it shows that they were never closed."""


def _as_list(value: Any) -> Any:
    """Take one name or number for a list of one."""
    if isinstance(value, str | int) and not isinstance(value, bool):
        return (str(value),)
    return [str(each) if isinstance(each, int) else each for each in value] if value else ()


def _as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Column = Annotated[str, BeforeValidator(_as_text), Field(min_length=1)]
"""A column's name, or its number from 1."""
Columns = Annotated[tuple[str, ...], BeforeValidator(_as_list)]
"""Names or numbers, or spans of them: `2-`, `3-7`, `No Finding..Fracture`."""


class LabelTable(Config):
    r"""A table of labels: where it is, which columns it has, and what its cells mean.

    Attributes:
        path: CSV, TSV, JSON or JSON lines, also gzipped; one inside a zip as `archive.zip/table.csv`.
        form: `classes` (cells name classes), `wide` (a column is a class, its cells are values), `nih`
            (ChestX-ray14), or told by the table itself.
        task: what the labels answer; the column's name where that says it.
        subject_column: names what is labelled: a picture, a UID, a number.
        columns: hold the labels; several with commas between them.
        separator: between cells; found when not given.
        encoding: of its text, as Python names it (`cp1252`); UTF-16 with a mark is found.
        has_header: whether the first row names the columns; found when not given.
        splitter: between several classes in one cell; `|`, `;` or `,` is found when not given.
        multi_label: whether a picture may have several classes; found when not given.
        path_prefix: what stands before the pictures' names in the table and not on disk.
        values: what a cell of the form `wide` says, by its text; added to the known ones.
        unlisted: in a multi-label table of classes, what a class is that a row does not list.
        classes: the known classes, all others being reported: names, or one text file with a line each.
        exclusive_class: a class that stands alone or contradicts (`No Finding`, `normal`).
        keeps_exclusive: whether that class is one; otherwise it only says that there is none.
        rows_add_up: several rows of one picture name further classes instead of contradicting.
        most_classes: more than these are taken for a mistaken column.
        patient_column, age_column, sex_column, view_column: of the person; found by their names.
        patient_pattern: a regular expression with one group that takes the patient out of the picture's
            name, where no column names it (`patient(\d+)` for CheXpert).
        reader: who read, where no column says it.
        reader_column, read_at_column, blinded_column, ai_shown_column: of the reading.
        split_lists: for `nih`, class to the file that lists its pictures; found beside the table.
    """

    path: Path
    form: TableForm = "auto"
    task: Name | None = None
    subject_column: Column | None = None
    columns: Columns = ()
    separator: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    encoding: str = "utf-8-sig"
    has_header: bool | None = None
    splitter: Annotated[str, Field(min_length=1, max_length=8)] | None = None
    multi_label: bool | None = None
    path_prefix: str = ""
    values: Mapping[str, str] = {}
    unlisted: Unlisted = "0"
    classes: Columns = ()
    exclusive_class: Name | None = None
    keeps_exclusive: bool = True
    rows_add_up: bool = False
    most_classes: Annotated[int, Field(ge=1)] = 200
    patient_column: Column | None = None
    age_column: Column | None = None
    sex_column: Column | None = None
    view_column: Column | None = None
    patient_pattern: str | None = None
    reader: Name = "table"
    reader_column: Column | None = None
    read_at_column: Column | None = None
    blinded_column: Column | None = None
    ai_shown_column: Column | None = None
    split_lists: Mapping[str, Path] = {}

    @model_validator(mode="before")
    @classmethod
    def _known_fields(cls, values: Any) -> Any:
        """Name the near field where an unknown one was given: these fields lie within another one."""
        for name in values if isinstance(values, Mapping) else ():
            if name not in cls.model_fields:
                raise UnknownNameError(
                    unknown_name_message(cls.model_fields, str(name), kind="field of a label table")
                )
        return values

    @field_validator("separator", mode="before")
    @classmethod
    def _tab_in_words(cls, value: Any) -> Any:
        return "\t" if value in ("\\t", "tab", "TAB") else value

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, value: str) -> str:
        try:
            # A mark at the beginning is none of the first column's name.
            return "utf-8-sig" if codecs.lookup(value).name == "utf-8" else value
        except LookupError as error:
            raise ValueError("There is no text encoding of that name") from error

    @field_validator("patient_pattern")
    @classmethod
    def _one_group(cls, value: str | None) -> str | None:
        try:
            if value is not None and re.compile(value).groups != 1:
                raise ValueError("Expected a regular expression with one group, such as patient([0-9]+)")
        except re.error as error:
            raise ValueError(f"This is no regular expression: {error}") from error
        return value

    @field_validator("values", mode="before")
    @classmethod
    def _texts(cls, value: Any) -> Any:
        """Take numbers and truth values, as YAML reads them, for the texts that they were."""
        if not isinstance(value, Mapping):
            return value
        return {_plain_text(cell): _plain_text(meaning) or "none" for cell, meaning in value.items()}

    def told(self) -> dict[str, Any]:
        """Return the fields as they are recorded with a run: without places on this machine."""
        kept = self.model_dump(mode="json", exclude={"path", "split_lists", "classes"}, exclude_defaults=True)
        return kept | {"num_split_lists": len(self.split_lists)} if self.split_lists else kept


def _as_table(value: Any) -> Any:
    return {"path": value} if isinstance(value, str | Path) else value


LabelTableField = Annotated[LabelTable | None, BeforeValidator(_as_table)]
"""A field of a door's config: a table, its fields, or only its path."""

Cells = Sequence[str]


@contextmanager
def open_table(path: Path) -> Iterator[IO[bytes] | gzip.GzipFile]:
    """Give the bytes of a table: of a plain file, a gzipped one, or one inside a zip.

    Raises:
        IngestError: it is not there, cannot be read, or a zip does not say which table is meant.
    """
    archive, member = _split_archive(path)
    try:
        if archive is not None:
            with zipfile.ZipFile(archive) as opened, opened.open(_member(opened, archive, member)) as stream:
                yield _unzipped(stream, member or "")
        elif path.is_file():
            with path.open("rb") as stream:
                yield _unzipped(stream, path.name)
        else:
            raise IngestError(f"There is no label table {path}. Check the name.")
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise IngestError(
            f"The label table {path} cannot be read: the file is damaged, or may not be opened."
        ) from error


def is_there(path: Path) -> bool:
    """Tell whether a path leads to a file, or into a zip to one of its members."""
    archive, member = _split_archive(path)
    if archive is None or member is None:
        return path.is_file()
    try:
        with zipfile.ZipFile(archive) as opened:
            return member in opened.namelist()
    except (OSError, zipfile.BadZipFile):
        return False


def read_records(table: LabelTable) -> Iterator[Cells]:
    """Yield the rows of a table as text cells, a header (if any) first.

    Of JSON: `{picture: labels}` and lists or lines of objects, which bring a header of their own.

    Raises:
        IngestError: the file is missing, damaged, not UTF-8, or not of its kind.
    """
    with open_table(table.path) as stream:
        content = io.BufferedReader(_Limited(stream))
        encoding = "utf-16" if _is_marked(content.peek(2), table) else table.encoding
        text = io.TextIOWrapper(content, encoding=encoding, newline="")
        try:
            if _is_json(table.path):
                yield from _json_records(_load_json(text.read()))
            else:
                yield from _csv_records(text, table.separator)
        except UnicodeError as error:
            raise IngestError(
                f"The label table {table.path} is no text in {table.encoding.removesuffix('-sig').upper()}. "
                "Save it as CSV in UTF-8, or say --set labels.encoding=cp1252 (or another)."
            ) from error
        except json.JSONDecodeError as error:
            raise IngestError(
                f"The label table {table.path} is no sound JSON (line {error.lineno}). Expected an object "
                "of picture to labels, or a list of objects."
            ) from error
        except csv.Error as error:
            raise IngestError(
                f"The label table {table.path} is no sound CSV: {error}. Expected one row a line, "
                "with cells in quotes where they hold the separator."
            ) from error


def _is_marked(start: bytes, table: LabelTable) -> bool:
    """Tell whether a table whose encoding nobody told begins with the mark of UTF-16."""
    return "encoding" not in table.model_fields_set and start[:2] in _UTF_16_MARKS


def has_own_header(path: Path) -> bool:
    """Tell whether a table brings a header by its kind: JSON does."""
    return _is_json(path)


def _is_json(path: Path) -> bool:
    return path.name.lower().removesuffix(".gz").endswith(_JSON_SUFFIXES)


def _split_archive(path: Path) -> tuple[Path | None, str | None]:
    """Return the zip that a path leads into and the member's name; None where it leads into none."""
    for candidate in (path, *path.parents):
        if candidate.is_file():
            if not zipfile.is_zipfile(candidate):
                return None, None
            inside = path.relative_to(candidate).as_posix()
            return candidate, None if inside == "." else inside
    return None, None


def _member(opened: zipfile.ZipFile, archive: Path, member: str | None) -> str:
    names = opened.namelist()
    tables = [name for name in names if name.lower().removesuffix(".gz").endswith(_TABLE_SUFFIXES)]
    wanted = [name for name in names if name == member] if member else tables
    if len(wanted) == 1:
        return wanted[0]
    raise IngestError(
        f"{archive} holds {len(tables)} tables{' but not that one' if member else ''}. "
        f"Name one: {archive}/TABLE.csv."
    )


def _unzipped(stream: IO[bytes], name: str) -> IO[bytes] | gzip.GzipFile:
    start = stream.read(2)
    stream.seek(0)
    if start == b"\x1f\x8b" or name.lower().endswith(".gz"):
        return gzip.GzipFile(fileobj=stream)
    return stream


class _Limited(io.RawIOBase):
    """Bytes up to a limit: a small archive may unfold without end."""

    def __init__(self, stream: IO[bytes] | gzip.GzipFile) -> None:
        self._stream = stream
        self._left = MOST_TABLE_BYTES

    def readable(self) -> bool:
        """Say that bytes come out."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer and return how many bytes it took."""
        content = self._stream.read(len(buffer))
        self._left -= len(content)
        if self._left < 0:
            raise IngestError(f"A label table may have {MOST_TABLE_BYTES >> 20} MiB at most, unzipped.")
        buffer[: len(content)] = content
        return len(content)


def _csv_records(text: Iterable[str], separator: str | None) -> Iterator[Cells]:
    lines = iter(text)
    looked_at = list(itertools.islice(lines, _LOOKED_AT_LINES))
    chosen = separator or find_separator([line for line in looked_at if line.strip()])
    csv.field_size_limit(_MOST_CELL_CHARACTERS)
    rows = csv.reader(itertools.chain(looked_at, lines, [_END]), delimiter=chosen)
    for number, row in enumerate(rows, 1):
        if row == [_END]:
            return
        if row and row[-1].endswith(_END):
            raise csv.Error(f"the quotes that open in row {number} are never closed")
        yield row


def find_separator(lines: Sequence[str]) -> str:
    r"""Return what separates the cells: what every line has equally often, else what the first one has.

    Example:
        >>> find_separator(["a.png,x;y\n", "b.png,z;x;q\n"]), find_separator(["a\tx,y\n"])
        (',', '\t')
    """
    counts = {mark: [_outside_quotes(line).count(mark) for line in lines] for mark in _SEPARATORS}
    for mark, found in counts.items():
        if found and found[0] and len(set(found)) == 1:
            return mark
    return next((mark for mark, found in counts.items() if found and found[0]), ",")


def _outside_quotes(line: str) -> str:
    return "".join(line.split('"')[::2])


class _Pairs(list[tuple[str, Any]]):
    """A JSON object that has a name twice, as a table with two rows of one picture has."""


def _keep_repeated(pairs: list[tuple[str, Any]]) -> Any:
    found = dict(pairs)
    return found if len(found) == len(pairs) else _Pairs(pairs)


def _load_json(text: str) -> Any:
    """Return what a text holds: one value, or a list of those that stand in lines of their own."""
    try:
        return json.loads(text, object_pairs_hook=_keep_repeated)
    except json.JSONDecodeError:
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) > 1:
            with suppress(json.JSONDecodeError):
                return [json.loads(line) for line in lines]
        raise


def _json_records(content: Any) -> Iterator[Cells]:
    if isinstance(content, Mapping | _Pairs):
        rows: list[Any] = [
            {"image": name, **labels} if isinstance(labels, Mapping) else {"image": name, "labels": labels}
            for name, labels in (content if isinstance(content, _Pairs) else content.items())
        ]
    else:
        rows = content if isinstance(content, list) else []
    if not rows or not all(isinstance(row, Mapping) for row in rows):
        raise IngestError(
            "A label table in JSON is an object of picture to labels, or a list of objects; this is "
            "neither, or empty."
        )
    header = list(dict.fromkeys(str(name) for row in rows for name in row))
    yield header
    for row in rows:
        yield [_plain_text(row.get(name)) for name in header]


def _plain_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return LIST_MARK.join(_plain_text(each) for each in value)
    return str(value)
