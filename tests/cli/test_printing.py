"""Reports as JSON, tables and counts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.printing import count_lines, print_report, problem_lines, table_lines
from foundation.contracts import Report


class ExampleReport(Report):
    """A report with text that is not ASCII."""

    name: str
    counts: dict[str, int]


@pytest.mark.parametrize("as_mapping", [False, True])
def test_json_holds_the_whole_report(capsys: pytest.CaptureFixture[str], as_mapping: bool) -> None:
    """And nothing of the lines for people."""
    report = ExampleReport(name="Schädel", counts={"stored": 2})
    print_report(report.model_dump() if as_mapping else report, as_json=True, lines=["2 files"])
    assert json.loads(capsys.readouterr().out) == {"name": "Schädel", "counts": {"stored": 2}}


def test_people_get_the_lines(capsys: pytest.CaptureFixture[str]) -> None:
    """One each."""
    print_report(ExampleReport(name="a", counts={}), as_json=False, lines=["one", "two"])
    assert capsys.readouterr().out == "one\ntwo\n"


def test_numbers_stand_to_the_right() -> None:
    """Texts to the left; empty cells change neither."""
    rows = [["CHEST", 12, 0.5], ["HAND", None, -1.25]]
    assert table_lines(["class", "n", "share"], rows) == [
        "class   n  share",
        "-----  --  -----",
        "CHEST  12    0.5",
        "HAND       -1.25",
    ]


def test_a_table_without_rows_has_its_headings() -> None:
    """An empty answer is an answer."""
    assert table_lines(["name"], []) == ["name", "----"]


def test_bytes_are_counted_rather_than_shown() -> None:
    """A terminal is no place for a PNG."""
    assert table_lines(["png"], [[b"123"]])[-1] == "<3 bytes>"


@given(
    st.lists(st.tuples(st.integers(), st.text("abc "), st.none() | st.floats(allow_nan=False)), max_size=5)
)
def test_every_line_of_a_table_fits_its_headings(rows: list[tuple[object, ...]]) -> None:
    """No line is longer than the rule below the headings, and there is one a row."""
    lines = table_lines(["a", "b", "c"], rows)
    assert len(lines) == len(rows) + 2
    assert max(map(len, lines)) <= len(lines[1])


def test_counts_go_from_large_to_small_and_then_by_name() -> None:
    """What happened most is read first."""
    assert count_lines({"b": 1, "a": 1, "stored": 120}) == ["  120  stored", "    1  a", "    1  b"]
    assert count_lines({}) == []


def test_rows_that_came_to_nothing_name_their_file_where_there_is_one() -> None:
    """A dry run writes none."""
    assert problem_lines({"no_label": 2}, None) == [
        "Rows to look at:",
        "  2  no_label: the row names no class",
    ]
    assert "rows.tsv" in problem_lines({"no_label": 2}, Path("rows.tsv"))[-1]
    assert problem_lines({}, None) == []
