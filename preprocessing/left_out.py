"""What was left out of a product and why: one row each, counted by reason, never silent."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from foundation.files import write_file

LEFT_OUT_FILE = "left_out.csv"


@dataclass(frozen=True, slots=True, order=True)
class LeftOut:
    """One thing left out: its name within the folder and a stable reason code."""

    name: str
    reason: str


def count_reasons(left_out: Iterable[LeftOut]) -> dict[str, int]:
    """Return how many were left out for each reason.

    Example:
        >>> count_reasons([LeftOut("a", "no_label"), LeftOut("b", "no_label")])
        {'no_label': 2}
    """
    return dict(sorted(Counter(one.reason for one in left_out).items()))


def write_left_out(folder: Path, left_out: Iterable[LeftOut]) -> None:
    """Write `left_out.csv` (name, reason), sorted; with nothing left out it holds its header only."""
    text = io.StringIO(newline="")
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(("name", "reason"))
    rows.writerows((one.name, one.reason) for one in sorted(left_out))
    write_file(folder / LEFT_OUT_FILE, text.getvalue())
