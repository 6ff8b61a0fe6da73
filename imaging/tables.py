"""Reading the tables that lie beside the modules of this room."""

from __future__ import annotations

import csv
from pathlib import Path

_FOLDER = Path(__file__).parent


def read_table(file_name: str) -> list[dict[str, str]]:
    """Return the lines of one of this room's tab-separated tables, as dicts.

    Example:
        >>> read_table("body_parts.tsv")[0]["term"]
        'HEAD'
    """
    with (_FOLDER / file_name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))
