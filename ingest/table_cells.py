"""The label cells of a table's row: from texts to classes with values, or to the reason why not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from database.schema import LABEL_VALUES
from foundation.errors import ConfigError, IngestError, RejectedFileError
from ingest.class_folders import checked_class_name
from ingest.label_tables import LIST_MARK, LabelTable
from ingest.table_columns import ColumnPlan

KNOWN_VALUES = {
    **dict.fromkeys(("1", "1.0"), "1"),
    **dict.fromkeys(("0", "0.0"), "0"),
    **dict.fromkeys(("-1", "-1.0"), "uncertain"),
    "": "not_mentioned",
    **{value: value for value in LABEL_VALUES},
}
"""What the cells of the form `wide` say; of words beyond these and answers, the user says it (`values`)."""

TRUTH_VALUES = {"true": "1", "false": "0"}
"""How programs write truth values; no class is called so."""

ANSWER_VALUES = {
    **TRUTH_VALUES,
    **dict.fromkeys(("yes", "y", "positive", "pos", "present"), "1"),
    **dict.fromkeys(("no", "n", "negative", "neg", "absent"), "0"),
}
"""Answers in words. In one column alone they may be the classes themselves (a tumour: yes, no)."""

_NOT_A_NUMBER = "nan"
_BLANK_WORDS = frozenset({_NOT_A_NUMBER, "na", "n/a", "<na>", "null", "none"})
_NUMBERS = {1.0: "1", 0.0: "0", -1.0: "uncertain"}

NO_READING = "none"
"""The meaning that says: make no reading of this cell."""

_NUMBER = re.compile(r"[+-]?\d+(\.\d*)?")
_SPLITTERS = ("|", ";")

Said = tuple[tuple[str, str], ...]
"""Classes with values, in order."""

NONE_OF_THEM: Said = (("", "1"),)
"""What a row says that names no class but says that there is none."""

CellReader = Callable[[tuple[str, ...]], Said | str]
"""From a row's label cells to classes with values, or the reason why they give none."""


def value_of(cell: str, words: Mapping[str, str]) -> str | None:
    """Return the value that a cell of the form `wide` gives; None for what is none.

    Args:
        cell: as it stands in the table.
        words: what words say, in lower case.

    Example:
        >>> value_of("-1.00", {}), value_of("TRUE", TRUTH_VALUES), value_of("NaN", {}), value_of("0.4", {})
        ('uncertain', '1', 'not_mentioned', None)
    """
    if cell in KNOWN_VALUES:
        return KNOWN_VALUES[cell]
    folded = cell.casefold()
    if folded in _BLANK_WORDS:
        return "not_mentioned"
    known = words.get(folded) or KNOWN_VALUES.get(folded)
    return known or (_NUMBERS.get(float(cell)) if _NUMBER.fullmatch(cell) else None)


def wide_reader(table: LabelTable, plan: ColumnPlan) -> CellReader:
    """Return what reads cells that hold values, one class a column.

    Raises:
        ConfigError: a meaning that is none, or a column's name that cannot be a class.
    """
    for meaning in table.values.values():
        if meaning not in {*LABEL_VALUES, NO_READING}:
            raise ConfigError(
                f"A cell's meaning is one of {', '.join((*LABEL_VALUES, NO_READING))}. Received: {meaning}."
            )
    names = [_checked_header(plan.header[place]) for place in plan.labels]

    @lru_cache(maxsize=1 << 16)
    def read(labels: tuple[str, ...]) -> Said | str:
        if len(labels) < len(names):
            return "too_few_cells"
        if any(labels[len(names) :]):
            return "too_many_cells"
        values = [table.values.get(cell) or value_of(cell, ANSWER_VALUES) for cell in labels[: len(names)]]
        if None in values:
            return "unknown_value"
        pairs = zip(names, values, strict=True)
        return tuple((name, value) for name, value in pairs if value is not None and value != NO_READING)

    return read


def _checked_header(name: str) -> str:
    try:
        return checked_class_name(name)
    except RejectedFileError as error:
        raise ConfigError(f"A label column's name cannot be a class. {error.detail}") from error


def class_reader(table: LabelTable, cells: Iterable[tuple[str, ...]]) -> CellReader:
    """Return what reads cells that name classes.

    Args:
        table: says how they are split, and which classes are known.
        cells: all label cells of the table, in which the splitter is looked for.
    """
    splitter = _splitter(table, cells)
    known = frozenset(named_classes(table.classes)) or None

    @lru_cache(maxsize=1 << 16)
    def read(labels: tuple[str, ...]) -> Said | str:
        try:
            names = dict.fromkeys(_split_all(labels, splitter))
        except RejectedFileError as error:
            return error.reason_code
        if table.exclusive_class in names:
            if len(names) > 1:
                return "exclusive_beside_others"
            if not table.keeps_exclusive:
                return NONE_OF_THEM
        if known is not None and not names.keys() <= known:
            return "unknown_class"
        return tuple((name, "1") for name in sorted(names)) if names else "no_label"

    return read


def _split_all(labels: Sequence[str], splitter: str | None) -> Iterator[str]:
    for cell in labels:
        for part in cell.split(LIST_MARK):
            for name in part.split(splitter) if splitter else (part,):
                if name.strip() and name.strip().casefold() != _NOT_A_NUMBER:
                    yield checked_class_name(name)


def _splitter(table: LabelTable, cells: Iterable[tuple[str, ...]]) -> str | None:
    if table.splitter is not None or table.multi_label is False:
        return table.splitter
    found = {mark for labels in cells for cell in labels for mark in (*_SPLITTERS, ",") if mark in cell}
    if table.multi_label is None:
        found.discard(",")  # a comma also stands inside names
    return next((mark for mark in (*_SPLITTERS, ",") if mark in found), None)


def named_classes(classes: Sequence[str]) -> tuple[str, ...]:
    """Return the classes of a list, or of the one text file (a class a line) that it names.

    Raises:
        IngestError: the file cannot be read.

    Example:
        >>> named_classes(["Mass", "Nodule"])
        ('Mass', 'Nodule')
    """
    if len(classes) != 1 or not classes[0].endswith(".txt"):
        return tuple(classes)
    try:
        lines = Path(classes[0]).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise IngestError(f"The list of classes {classes[0]} cannot be read as text in UTF-8.") from error
    return tuple(line.strip() for line in lines if line.strip())
