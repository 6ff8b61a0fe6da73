"""`dicomill risk`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from preprocessing.risk_check import RiskCheckReport

BY = ("--by", "officer", "--reason", "looked at")


def test_counts_are_listed(works: Callable[..., Any], rows: Path) -> None:
    """Phantoms are straight from their detector."""
    assert "burned_in_risk" in works("risk", "list").out
    report = works("risk", "list", "--json").json
    assert {one["risk"] for one in report["counts"]} == {"none"}
    assert report["clearings"] == []
    assert rows.exists()


def test_a_decision_about_nothing_says_so(works: Callable[..., Any], rows: Path) -> None:
    """Nothing is at risk here."""
    assert "nothing was recorded" in works("risk", "clear", "--where", "id > 0", *BY).out
    assert "Would clear 0 images" in works("risk", "clear", "--where", "id > 0", *BY, "--dry-run").out
    assert rows.exists()


def test_a_decision_is_taken_back_by_its_number(works: Callable[..., Any], rows: Path) -> None:
    """The list tells it."""
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(rows)) as connection, connection:
        connection.execute("UPDATE instance SET burned_in_risk = 'possible' WHERE id <= 3")
    assert "Clearing 1: 3 images" in works("risk", "clear", "--where", "id > 0", *BY).out
    assert "officer" in works("risk", "list").out
    assert "3 images are at risk again" in works("risk", "undo", "1", "--by", "boss").out


def test_a_search_is_told(
    works: Callable[..., Any], rows: Path, door_stand_in: Callable[[str, Any], list[Any]]
) -> None:
    """What was found, and what could not be searched."""
    report = RiskCheckReport(
        num_images=4, num_with_text=1, num_without_text=2, reasons={"bad_window": 1}, seconds=2.0
    )
    asked = door_stand_in("preprocessing.risk_check.risk_check", report)
    told = works("risk", "check", "--ocr", "--where", "modality = 'CR'", "--again", "--workers", "1").out
    assert told.splitlines() == [
        "4 images searched in 2.0 s",
        "  2  no text found",
        "  1  text found",
        "Not searched:",
        "  1  bad_window",
    ]
    assert (asked[0].where, asked[0].again, asked[0].workers) == ("modality = 'CR'", True, 1)
    assert rows.exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["check"], "risk check --ocr"),
        (["undo", "7", "--by", "x"], 'no clearing "7"'),
        (["clear", "--where", "nonsense = 1", *BY], "no column"),
        (["clear", "--where", "id > 0"], "--by"),
        (["clear", "--where", "id > 0", "--by", "", "--reason", "x"], "cleared_by"),
    ],
)
def test_mistakes_are_one_line(refuses: Callable[..., Any], rows: Path, words: list[str], says: str) -> None:
    """Nothing is written."""
    refuses("risk", *words, says=says)
    assert rows.exists()
