"""`splits.csv`: the group and split of each picture, by name; one column a repeat."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from foundation.errors import SplitError
from preprocessing.components import Node
from preprocessing.plan_assignment import PATIENT, PICTURE, PlanOutcome, PlanPicture

SPLITS_FILE = "splits.csv"
_NAME, _GROUP, _SPLIT = "name", "group", "split"


def split_column(repeat_number: int) -> str:
    """Return the column of a repeat.

    Example:
        >>> split_column(1), split_column(2)
        ('split', 'split-2')
    """
    return _SPLIT if repeat_number == 1 else f"{_SPLIT}-{repeat_number}"


def splits_text(outcomes: Sequence[PlanOutcome]) -> str:
    """Return the content of `splits.csv`; a picture that a repeat left out has a blank there."""
    text = io.StringIO(newline="")
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow([_NAME, _GROUP, *(split_column(number + 1) for number in range(len(outcomes)))])
    groups = {name: group for outcome in reversed(outcomes) for name, group in outcome.groups.items()}
    for name in sorted(groups):
        rows.writerow([name, groups[name], *(outcome.splits.get(name, "") for outcome in outcomes)])
    return text.getvalue()


def read_splits_file(path: Path, *, repeat_number: int = 1) -> dict[str, str]:
    """Return the split of each picture that has one, by name.

    Args:
        path: a table with the columns `name` and `split`; others are left alone.
        repeat_number: from 1.

    Raises:
        SplitError: it cannot be read, lacks a column, or names a picture twice.
    """
    column = split_column(repeat_number)
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = csv.DictReader(stream)
            found = set(rows.fieldnames or ())
            if not {_NAME, column} <= found:
                raise SplitError(
                    f"{path} has no column {' and '.join(sorted({_NAME, column} - found))}. Expected a "
                    f"table with the columns {_NAME} and {column}. "
                    f"Received: {', '.join(sorted(found)) or 'nothing'}."
                )
            listed = [(row[_NAME], (row[column] or "").strip()) for row in rows]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SplitError(f"{path} cannot be read as a table of splits (CSV in UTF-8).") from error
    splits = dict(listed)
    if len(splits) < len(listed):
        raise SplitError(f"{path} names {len(listed) - len(splits)} picture(s) twice. Expected each once.")
    return {name: split for name, split in splits.items() if split}


def held_by_file(
    path: Path, pictures: Sequence[PlanPicture], *, repeat_number: int, splits: Sequence[str]
) -> dict[Node, str]:
    """Return what an earlier `splits.csv` settled: its pictures, and their patients.

    Raises:
        SplitError: it names a split that the scheme has not.
    """
    known = read_splits_file(path, repeat_number=repeat_number)
    strange = sorted(set(known.values()) - set(splits))
    if strange:
        raise SplitError(
            f"{path} was made with other splits ({', '.join(strange)}) than asked for now "
            f"({', '.join(splits)}), and nobody moves. Remove it to begin anew."
        )
    held: dict[Node, str] = {(PICTURE, name): split for name, split in known.items()}
    for picture in pictures:
        if picture.name in known and picture.patient_key is not None:
            held.setdefault((PATIENT, picture.patient_key), known[picture.name])
    return held
