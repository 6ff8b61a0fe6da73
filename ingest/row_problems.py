"""Rows of a label table that came to nothing, told by number and reason, never by what they hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from foundation.errors import IngestError
from foundation.files import new_file

COLUMNS = ("row", "reason_code")

REASONS = {
    "class_name_not_text": "a class name is not one line of text",
    "class_name_too_long": "a class name has more than 64 characters",
    "contradicting_rows": "the table says two things of one subject",
    "exclusive_beside_others": "a class that stands alone stands beside others",
    "no_label": "the row names no class",
    "no_subject": "the row does not say what it labels",
    "reader_contradicted": "another reader says otherwise; both readings are kept",
    "several_classes": "more than one class in a single-label table",
    "several_files": "the name fits several files",
    "several_subjects": "the name or number fits several subjects",
    "subject_not_found": "nothing of that name or number is there",
    "too_few_cells": "the row is too short",
    "too_many_cells": "the row is longer than the header",
    "unknown_class": "a class that is not among the known ones",
    "unknown_value": "a value that no meaning was given to",
    "unreadable_flag": "a yes/no cell that says neither",
    "unreadable_time": "a time that is none",
}
"""Reason code to what it means, for people."""


class RowProblem(NamedTuple):
    """One row and why it came to nothing; the row as a spreadsheet counts, the header being 1."""

    row: int
    reason_code: str


def count_reasons(problems: Iterable[RowProblem]) -> dict[str, int]:
    """Return how many rows each reason has.

    Example:
        >>> count_reasons([RowProblem(2, "no_label"), RowProblem(5, "no_label")])
        {'no_label': 2}
    """
    return dict(sorted(Counter(problem.reason_code for problem in problems).items()))


def write_problems(path: Path, problems: Sequence[RowProblem]) -> Path | None:
    """Write the rows to the operator's file, readable by its owner alone; None when there are none.

    Raises:
        IngestError: the file cannot be written.
    """
    if not problems:
        path.unlink(missing_ok=True)  # an older run's rows would be taken for this one's
        return None
    lines = ["\t".join(COLUMNS), *(f"{row}\t{reason}" for row, reason in sorted(set(problems)))]
    try:
        with new_file(path, mode=0o600) as stream:
            stream.write(("\n".join(lines) + "\n").encode())
    except OSError as error:
        raise IngestError(
            f"Cannot write the operator's file {path}: {error.strerror}. "
            "Name another with --set rows_file=FILE."
        ) from error
    return path
