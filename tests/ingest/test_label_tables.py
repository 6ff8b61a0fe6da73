"""Label tables as files."""

from __future__ import annotations

import gzip
import json
import zipfile
from pathlib import Path

import pytest

from foundation.errors import ConfigError, IngestError, UnknownNameError
from ingest import label_tables
from ingest.label_tables import (
    LIST_MARK,
    LabelTable,
    find_separator,
    has_own_header,
    open_table,
    read_records,
)

TEXT = "image,label\na.png,Mass\n"


def records(path: Path, **fields: object) -> list[list[str]]:
    """Return all rows of a table."""
    return [list(row) for row in read_records(LabelTable.checked({"path": path, **fields}))]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", TEXT.encode()),
        ("marked.csv", b"\xef\xbb\xbf" + TEXT.encode()),
        ("a.csv.gz", gzip.compress(TEXT.encode(), mtime=0)),
        ("unnamed", gzip.compress(TEXT.encode(), mtime=0)),
        ("a.tsv", TEXT.replace(",", "\t").encode()),
        ("windows.csv", TEXT.replace("\n", "\r\n").replace(",", ";").encode()),
    ],
)
def test_a_table_is_read_however_it_is_packed(tmp_path: Path, name: str, content: bytes) -> None:
    """By content: separator, gzip, a byte order mark, line ends."""
    (tmp_path / name).write_bytes(content)
    assert records(tmp_path / name) == [["image", "label"], ["a.png", "Mass"]]


def test_a_table_inside_a_zip_is_found(tmp_path: Path) -> None:
    """The only table by itself, one of several by its name; the zip is not unpacked."""
    path = tmp_path / "set.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("images/a.png", b"no table")
        archive.writestr("in/labels.csv", TEXT)
    assert records(path) == records(path / "in" / "labels.csv") == [["image", "label"], ["a.png", "Mass"]]
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("more.csv.gz", gzip.compress(TEXT.encode()))
    with pytest.raises(IngestError, match="holds 2 tables"):
        records(path)
    assert records(path / "more.csv.gz")[1] == ["a.png", "Mass"]
    with pytest.raises(IngestError, match="not that one"):
        records(path / "other.csv")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"a.png": "x;y"}, [["image", "labels"], ["a.png", "x;y"]]),
        ({"a.png": ["x", "y"]}, [["image", "labels"], ["a.png", f"x{LIST_MARK}y"]]),
        ({"a.png": {"Mass": 1, "Edema": None}}, [["image", "Mass", "Edema"], ["a.png", "1", ""]]),
        ([{"file": "a.png"}, {"file": "b", "sick": True}], [["file", "sick"], ["a.png", ""], ["b", "true"]]),
    ],
)
def test_json_brings_its_header(tmp_path: Path, content: object, expected: list[list[str]]) -> None:
    """Picture to text, to a list, to values; or a list of objects."""
    path = tmp_path / "labels.json"
    path.write_text(json.dumps(content))
    assert records(path) == expected
    assert has_own_header(path)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.json", b"{", "no sound JSON"),
        ("b.json", b"[1]", "neither, or empty"),
        ("c.csv", b"a,b\n\xff\xfe,1\n", "labels.encoding"),
        ("d.csv", b'a,b\n"x' + b"y" * (1 << 21), "no sound CSV"),
        ("e.csv.gz", b"\x1f\x8bnot gzip", "damaged"),
        ("f.zip", b"PK\x05\x06" + bytes(18), "holds 0 tables"),
    ],
)
def test_broken_tables_are_told(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    """In one line that says what to do."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(IngestError, match=message):
        records(tmp_path / name)


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    """As the user typed it."""
    with (
        pytest.raises(IngestError, match=r"There is no label table .*nowhere\.csv"),
        open_table(tmp_path / "nowhere.csv"),
    ):
        pytest.fail("nothing is there to read")


def test_a_table_that_unfolds_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit holds for what comes out, not for what lies on disk."""
    path = tmp_path / "bomb.csv.gz"
    path.write_bytes(gzip.compress(b"a,b\n" * 100_000))
    monkeypatch.setattr(label_tables, "MOST_TABLE_BYTES", 1 << 17)
    with pytest.raises(IngestError, match="at most, unzipped"):
        records(path)


def test_another_encoding_can_be_told(tmp_path: Path) -> None:
    """As Python names it; an unknown one is refused."""
    (tmp_path / "a.csv").write_bytes("image,label\na.png,Ödem\n".encode("cp1252"))
    assert records(tmp_path / "a.csv", encoding="cp1252")[1] == ["a.png", "Ödem"]
    with pytest.raises(ConfigError, match="no text encoding"):
        LabelTable.checked({"path": "a", "encoding": "klingon"})


def test_the_separator_is_what_every_line_has() -> None:
    """Equally often; commas inside quotes are none."""
    assert find_separator(["a.png,x;y\n", "b.png,z\n"]) == ","
    assert find_separator(['file;"a, b"\n', "x;y\n"]) == ";"
    assert find_separator(["ROCO_1\t\tC1\tC2\n", "ROCO_2\t\tC3\n"]) == "\t"
    assert find_separator([]) == ","


def test_the_mark_of_utf_16_and_of_utf_8_is_no_letter(tmp_path: Path) -> None:
    """As spreadsheets save it; an encoding that was told is believed."""
    for encoding in ("utf-16", "utf-8-sig"):
        (tmp_path / "a.csv").write_text("file\tlabel\nä.png\tx\n", encoding=encoding)
        rows = [list(row) for row in read_records(LabelTable(path=tmp_path / "a.csv"))]
        assert rows == [["file", "label"], ["ä.png", "x"]]
    told = LabelTable(path=tmp_path / "a.csv", encoding="utf-8")
    assert next(read_records(told)) == ["file", "label"]


def test_quotes_that_are_never_closed_are_told(tmp_path: Path) -> None:
    """All rows behind them would be one cell."""
    (tmp_path / "a.csv").write_text('file,label\na.png,x\n"b.png,y\nc.png,z\n')
    with pytest.raises(IngestError, match="quotes that open in row 3 are never closed"):
        list(read_records(LabelTable(path=tmp_path / "a.csv")))


def test_json_may_be_lines_and_may_name_a_picture_twice(tmp_path: Path) -> None:
    """A second row of a picture is no reason to forget the first."""
    lines = '{"image": "a", "label": "x"}\n\n{"image": "b", "label": true}\n'
    (tmp_path / "a.jsonl").write_text(lines)
    (tmp_path / "b.json").write_text('{"a": "x", "b": true, "a": "y"}')
    rows = [list(row) for row in read_records(LabelTable(path=tmp_path / "a.jsonl"))]
    assert rows == [["image", "label"], ["a", "x"], ["b", "true"]]
    rows = [list(row) for row in read_records(LabelTable(path=tmp_path / "b.json"))]
    assert rows[1:] == [["a", "x"], ["b", "true"], ["a", "y"]]


def test_fields_are_checked() -> None:
    """Unknown ones with the near one; a pattern has one group; numbers of columns may be numbers."""
    with pytest.raises(UnknownNameError, match='Did you mean "splitter"'):
        LabelTable.model_validate({"path": "a", "spliter": ";"})
    with pytest.raises(ConfigError, match="one group"):
        LabelTable.checked({"path": "a", "patient_pattern": "patient"})
    table = LabelTable.checked(
        {"path": "a", "columns": 2, "separator": "tab", "values": {1: "uncertain", "": None}}
    )
    assert (table.columns, table.separator) == (("2",), "\t")
    assert dict(table.values) == {"1": "uncertain", "": "none"}


def test_what_is_recorded_holds_no_places() -> None:
    """Neither the table's path nor those of its lists."""
    table = LabelTable.checked(
        {"path": "secret/Miller.csv", "task": "finding", "split_lists": {"test": "secret/list.txt"}}
    )
    assert table.told() == {"task": "finding", "num_split_lists": 1}
