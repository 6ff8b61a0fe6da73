"""Printing reports: JSON for programs, short lines and tables for people."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from pydantic import BaseModel


def print_report(report: BaseModel | Mapping[str, Any], *, as_json: bool, lines: Iterable[str]) -> None:
    """Print a report, or the few values of a command without one, as JSON, or else the given lines."""
    if as_json:
        values = report if isinstance(report, Mapping) else report.model_dump(mode="json")
        click.echo(json.dumps(values, indent=2, ensure_ascii=False))
        return
    for line in lines:
        click.echo(line)


def table_lines(headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[str]:
    """Return a plain table: columns as wide as their content, numbers to the right.

    Example:
        >>> table_lines(["class", "n"], [["CHEST", 12]])
        ['class   n', '-----  --', 'CHEST  12']
    """
    texts = [[_cell(value) for value in row] for row in rows]
    numeric = [
        all(_is_number(row[column]) for row in texts) and bool(texts) for column in range(len(headings))
    ]
    widths = [
        max([len(heading), *(len(row[column]) for row in texts)]) for column, heading in enumerate(headings)
    ]

    def line(cells: Sequence[str]) -> str:
        padded = (
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(cells, widths, numeric, strict=True)
        )
        return "  ".join(padded).rstrip()

    return [line(headings), line(["-" * width for width in widths]), *(line(row) for row in texts)]


def count_lines(counts: Mapping[str, int], *, indent: str = "  ") -> list[str]:
    """Return one line a count, the largest first.

    Example:
        >>> count_lines({"rejected": 1, "stored": 20})
        ['  20  stored', '   1  rejected']
    """
    width = max((len(str(count)) for count in counts.values()), default=1)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [f"{indent}{count:>{width}}  {name}" for name, count in ordered]


def problem_lines(reasons: Mapping[str, int], rows_file: Path | None) -> list[str]:
    """Return what to say of the rows of a label table that came to nothing; a dry run writes no file."""
    if not reasons:
        return []
    from ingest.row_problems import REASONS

    counts = {f"{reason}: {REASONS.get(reason, 'see the documentation')}": n for reason, n in reasons.items()}
    told = (
        [] if rows_file is None else [f"Which rows these are stands in {rows_file} (readable by you alone)."]
    )
    return ["Rows to look at:", *count_lines(counts), *told]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, bytes):
        return f"<{len(value)} bytes>"
    return str(value)


def _is_number(text: str) -> bool:
    return not text or text.replace(".", "", 1).replace("-", "", 1).isdigit()
