"""`dicomill withdraw`."""

from __future__ import annotations

import io
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest


def keys(rows: Path) -> list[str]:
    """Return the patient keys of the database."""
    with closing(sqlite3.connect(rows)) as connection:
        return [key for (key,) in connection.execute("SELECT patient_key FROM patient ORDER BY id")]


def test_a_patient_is_withdrawn_after_a_look(works: Callable[..., Any], rows: Path) -> None:
    """The dry run tells what will go, and what still holds the patient."""
    key = keys(rows)[0]
    told = works("withdraw", key, "--dry-run").out
    assert "Would delete 1 patient:" in told
    assert "parts, version 1" in told
    assert "export" in told
    assert key in keys(rows)
    done = works("withdraw", key, "--yes").out
    assert "Deleted 1 patient:" in done
    assert "blocked from now on" in done
    assert "written anew" in done
    assert key not in keys(rows)


def test_json_holds_the_figures(works: Callable[..., Any], rows: Path) -> None:
    """For the record."""
    report = works("withdraw", keys(rows)[0], "--yes", "--json", "--no-compact").json
    assert report["num_patients"] == 1
    assert report["counts"]["instances"] == 2
    assert report["is_erased"] is None


def test_without_yes_it_is_asked(
    dicomill: Callable[..., Any], rows: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anything but yes changes nothing."""
    key = keys(rows)[0]
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    assert dicomill("withdraw", key).status != 0
    assert key in keys(rows)
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    assert dicomill("withdraw", key).status == 0
    assert key not in keys(rows)


def test_ids_come_from_standard_input(
    works: Callable[..., Any], rows: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that they stand in no list of processes."""
    first, second = keys(rows)[:2]
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{first}\n{second}\n"))
    assert "Deleted 2 patients:" in works("withdraw", "-", "--yes").out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "Nobody is named"),
        (["nobody", "--yes"], "No row knows number 1"),
        (["nobody", "--json"], "add --yes"),
        (["--from-file", "missing.txt", "--yes"], "cannot be read"),
        (["anonymous", "--yes"], "is no id"),
    ],
)
def test_mistakes_are_one_line(refuses: Callable[..., Any], rows: Path, words: list[str], says: str) -> None:
    """Nothing is deleted."""
    before = keys(rows)
    refuses("withdraw", *words, says=says)
    assert keys(rows) == before


def test_another_key_is_refused(refuses: Callable[..., Any], rows: Path, other_key: Path) -> None:
    """It would hash the ids to nobody."""
    refuses("withdraw", "P1", "--yes", "--key-file", other_key, says="made with another key")
    assert rows.exists()
