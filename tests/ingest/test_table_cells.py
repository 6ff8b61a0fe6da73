"""Label cells."""

from __future__ import annotations

from pathlib import Path

import pytest

from foundation.errors import ConfigError, IngestError
from ingest.label_tables import LIST_MARK, LabelTable
from ingest.table_cells import (
    ANSWER_VALUES,
    NONE_OF_THEM,
    TRUTH_VALUES,
    class_reader,
    named_classes,
    value_of,
    wide_reader,
)
from ingest.table_columns import ColumnPlan


def table(**fields: object) -> LabelTable:
    """Return a table of some fields."""
    return LabelTable.checked({"path": "a.csv", **fields})


def plan(*header: str) -> ColumnPlan:
    """Return columns of which all but the first are labels."""
    return ColumnPlan(header, 0, tuple(range(1, len(header))), goes_on=False)


def test_chexpert_values_are_kept_apart() -> None:
    """1, 0, -1 and blank: present, absent, uncertain, not mentioned; blank is never 0."""
    read = wide_reader(table(), plan("path", "Mass", "Edema", "Nodule", "Hernia"))
    assert read(("1.0", "0", "-1.0", "")) == (
        ("Mass", "1"),
        ("Edema", "0"),
        ("Nodule", "uncertain"),
        ("Hernia", "not_mentioned"),
    )
    assert read(("2", "0", "0", "0")) == "unknown_value"


def test_a_value_is_known_however_a_program_writes_it() -> None:
    """Spreadsheets, pandas, R; a probability is no value."""
    cells = ("1.00", "-1.", "+0", "TRUE", "Yes", "negative", "Uncertain", "NaN", "N/A", "0.4", "01x", "maybe")
    assert [value_of(cell, ANSWER_VALUES) for cell in cells] == [
        *("1", "uncertain", "0", "1", "1", "0", "uncertain", "not_mentioned", "not_mentioned"),
        *(None, None, None),
    ]
    assert value_of("yes", TRUTH_VALUES) is None


def test_meanings_can_be_told() -> None:
    """Words of any language; `none` makes no reading; a meaning that is none is refused."""
    read = wide_reader(table(values={"ja": 1, "nein": 0, "": "none"}), plan("f", "Mass", "Edema", "Nodule"))
    assert read(("ja", "nein", "")) == (("Mass", "1"), ("Edema", "0"))
    with pytest.raises(ConfigError, match="meaning is one of"):
        wide_reader(table(values={"ja": "yes"}), plan("f", "Mass"))
    with pytest.raises(ConfigError, match="cannot be a class"):
        wide_reader(table(), plan("f", "x" * 65))


@pytest.mark.parametrize(
    ("fields", "cell", "expected"),
    [
        ({}, "Mass|Edema", ["Edema", "Mass"]),
        ({}, "Mass; Edema;;", ["Edema", "Mass"]),
        ({}, "Mass, left", ["Mass, left"]),
        ({"multi_label": True}, "Mass,Edema", ["Edema", "Mass"]),
        ({"multi_label": False}, "Mass|Edema", ["Mass|Edema"]),
        ({"splitter": "+"}, "Mass+Edema", ["Edema", "Mass"]),
        ({}, f"Mass{LIST_MARK}Edema", ["Edema", "Mass"]),
    ],
)
def test_several_classes_in_a_cell_are_split(
    fields: dict[str, object], cell: str, expected: list[str]
) -> None:
    """By what was said, else by | or ;. A comma splits only where several classes are expected."""
    read = class_reader(table(**fields), [(cell,)])
    assert read((cell,)) == tuple((name, "1") for name in expected)


def test_a_class_that_stands_alone_contradicts_others() -> None:
    """`No Finding` is a class of its own; `normal` may only say that there is none."""
    read = class_reader(table(exclusive_class="No Finding", splitter="|"), [])
    assert read(("No Finding",)) == (("No Finding", "1"),)
    assert read(("No Finding|Mass",)) == "exclusive_beside_others"
    read = class_reader(table(exclusive_class="normal", keeps_exclusive=False), [])
    assert read(("normal",)) == NONE_OF_THEM


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("", "no_label"),
        ("Hernia", "unknown_class"),
        ("x" * 65, "class_name_too_long"),
        ("a\x07b", "class_name_not_text"),
    ],
)
def test_cells_without_a_class_have_a_reason(cell: str, reason: str) -> None:
    """Their text stays out of it."""
    assert class_reader(table(classes=["Mass", "Edema"]), [])((cell,)) == reason


def test_classes_may_stand_in_a_file(tmp_path: Path) -> None:
    """One a line, as TagCXN keeps its tags."""
    (tmp_path / "tags.txt").write_text("Mass\n\n Edema \n")
    assert named_classes([str(tmp_path / "tags.txt")]) == ("Mass", "Edema")
    with pytest.raises(IngestError, match="list of classes"):
        named_classes([str(tmp_path / "none.txt")])
