"""`dicomill privacy`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any


def test_the_report_is_shown_written_and_told_as_json(works: Callable[..., Any], rows: Path) -> None:
    """Three ways to the same figures."""
    shown = works("privacy", "report").out
    assert shown.startswith("# Privacy report")
    written = works("privacy", "report", "--output", "page.html").out
    assert written == "Wrote page.html.\n"
    assert "Privacy report" in Path("page.html").read_text()
    figures = works("privacy", "report", "--json").json
    assert figures["rows"]["patients (pseudonyms, merged ones once)"] > 0
    assert not figures["keeps_identifiers"]
    assert rows.exists()


def test_another_ending_is_refused(refuses: Callable[..., Any], rows: Path) -> None:
    """Before a file is made."""
    refuses("privacy", "report", "--output", "page.pdf", says="ends in .html or .md")
    assert rows.exists()


def test_without_a_database_it_says_how_to_make_one(refuses: Callable[..., Any]) -> None:
    """It reads only."""
    refuses("privacy", "report", says="There is no database")
