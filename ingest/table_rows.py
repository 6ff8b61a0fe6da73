"""Rows of one table that name one subject: repeats, additions, contradictions."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Set
from dataclasses import replace

from ingest.row_problems import RowProblem
from ingest.table_cells import NONE_OF_THEM, Said
from ingest.table_labels import LabelRow, LabelRows

CONTRADICTING = "contradicting_rows"


def settle_rows(
    rows: LabelRows, subject_of: Callable[[LabelRow], Hashable], *, add_up: bool
) -> tuple[list[LabelRow], list[RowProblem]]:
    """Return one row for each subject, reader and time; rows that contradict each other are left out.

    Args:
        rows: of one table.
        subject_of: what makes two rows speak of one subject.
        add_up: classes of several rows add up; otherwise they have to say the same.

    Returns:
        The rows that are kept, in the table's order, and those that are not.
    """
    groups: dict[Hashable, list[LabelRow]] = {}
    for row in rows.rows:
        # A second opinion and a later one are readings of their own.
        groups.setdefault((subject_of(row), row.reader, row.read_at), []).append(row)
    kept: list[LabelRow] = []
    problems: list[RowProblem] = []
    for group in groups.values():
        said = {row.said for row in group if row.said}
        joined = _joined(said, add_up=add_up)
        if joined is None:
            problems += [RowProblem(row.number, CONTRADICTING) for row in group]
        else:
            kept.append(group[0] if group[0].said == joined else replace(group[0], said=joined))
    return kept, problems


def _joined(said: Set[Said], *, add_up: bool) -> Said | None:
    """Return what several rows say together; None where they contradict each other."""
    if len(said) <= 1:
        return next(iter(said), ())
    pairs = {pair for each in said for pair in each}
    is_sound = NONE_OF_THEM not in said and len(dict(pairs)) == len(pairs)
    return tuple(sorted(pairs)) if add_up and is_sound else None
