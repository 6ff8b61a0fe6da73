"""Tables in the forms that other systems export."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from foundation.errors import ConfigError, IngestError
from ingest.text_tables import open_text_table


def read(path: Path, **options: str) -> tuple[tuple[str, ...], str, str, list[tuple[int, list[str]]]]:
    """Return header, encoding, separator and rows of a table."""
    with open_text_table(path, **options) as table:
        return (
            table.header,
            table.encoding,
            table.separator,
            [(number, list(cells)) for number, cells in table.rows],
        )


@pytest.mark.parametrize(
    ("content", "encoding", "separator"),
    [
        ("Id,Näme\n1,é\n".encode(), "utf-8", ","),
        ("Id;Näme\r\n1;é\r\n".encode("utf-8-sig"), "utf-8-sig", ";"),
        ("Id\tNäme\n1\té\n".encode("utf-16"), "utf-16", "\t"),
        ("Id|Näme\n1|é\n".encode("cp1252"), "cp1252", "|"),
        ("Id,Näme\n1,é\n".encode("latin-1").replace(b"1,", b"\x81,"), "latin-1", ","),
        (gzip.compress("Id,Näme\n1,é\n".encode()), "utf-8", ","),
    ],
    ids=["utf-8", "bom", "utf-16", "windows", "latin", "gzip"],
)
def test_encoding_and_separator_are_found(
    tmp_path: Path, content: bytes, encoding: str, separator: str
) -> None:
    """And told; the cells are the same."""
    path = tmp_path / "table"
    path.write_bytes(content)
    header, found_encoding, found_separator, rows = read(path)
    assert header == ("Id", "Näme")
    assert (found_encoding, found_separator) == (encoding, separator)
    assert rows[0][0] == 2
    assert rows[0][1][1] == "é"


def test_rows_are_numbered_as_a_spreadsheet_numbers_them(tmp_path: Path) -> None:
    """Blank lines and line breaks within quotes included; blank ends are no rows."""
    path = tmp_path / "table.csv"
    path.write_text('a,b\n1,"two\nlines, and a ""word"""\n\n3,4\n,\n')
    assert read(path)[3] == [(2, ["1", 'two\nlines, and a "word"']), (4, ["3", "4"])]


def test_what_is_given_is_not_guessed(tmp_path: Path) -> None:
    """An encoding that does not fit is one clear error; one that nobody knows, too."""
    path = tmp_path / "table.csv"
    path.write_bytes("a,b;c\nä,1;2\n".encode("cp1252"))
    assert read(path, separator=";")[0] == ("a,b", "c")
    with pytest.raises(IngestError, match="in another encoding"):
        read(path, encoding="utf-8")
    with pytest.raises(ConfigError, match='no encoding "klingon"'):
        read(path, encoding="klingon")


def test_a_broken_table_is_named_by_row_and_never_by_cell(tmp_path: Path) -> None:
    """Quotes that do not end would swallow every row after them."""
    path = tmp_path / "table.csv"
    path.write_text('a,b\n1,2\n3,"Doe\n5,6\n')
    with pytest.raises(IngestError, match="from row 3 on") as caught:
        read(path)
    assert "Doe" not in str(caught.value)
    path.write_bytes(gzip.compress(b"a,b\n" + bytes(range(256)) * 400)[:-20])
    with pytest.raises(IngestError, match="cannot be read"):
        read(path)
    path.write_text("\n \n")
    with pytest.raises(IngestError, match="is empty"):
        read(path)
    with pytest.raises(IngestError, match="missing"):
        read(tmp_path / "nothing.csv")


def test_columns_are_found_by_name(tmp_path: Path) -> None:
    """In whatever case; a near name is suggested, and no cell of a table without names is shown."""
    path = tmp_path / "table.csv"
    path.write_text("PatID,Exam Date,x,X,y,y\n")
    with open_text_table(path) as table:
        assert (table.place("patid"), table.place("Exam Date"), table.place("X")) == (0, 1, 3)
        with pytest.raises(ConfigError, match='Did you mean "PatID"'):
            table.place("PaitID")
        with pytest.raises(ConfigError, match='several columns called "y"'):
            table.place("y")
    path.write_text("4711;Doe^Jane;1950-01-01\n")
    with open_text_table(path) as table, pytest.raises(ConfigError, match="names 3 columns") as caught:
        table.place("patient")
    assert "Doe" not in str(caught.value)


def test_errors_of_the_caller_are_the_callers(tmp_path: Path) -> None:
    """A full disk while writing is no damage of the table that is read."""
    path = tmp_path / "table.csv"
    path.write_text("a\n1\n")
    with pytest.raises(OSError, match="No space"), open_text_table(path):
        raise OSError(28, "No space left on device")
