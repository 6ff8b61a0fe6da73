"""Lists of files."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from foundation.errors import IngestError
from imaging.samples import bundled_dicom_folder
from ingest.list_files import LONGEST_LINE, check_list, read_list, read_list_stream


def found(folder: Path, text: bytes) -> list[tuple[str, str | None]]:
    """Return places and reasons of what a list names."""
    return [
        (source.relative_path, source.problem and source.problem.reason_code)
        for source in read_list_stream(io.BytesIO(text), folder)
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder with a few files."""
    for name in ("a", "b c", "deep/d", "deep/e", "#odd"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_lines_are_paths_from_the_lists_folder(folder: Path, end: bytes) -> None:
    """In their order; blank lines and comments left out, a mark of UTF-8 too."""
    lines = [b"\xef\xbb\xbfb c", b"", b"  ", b"# a comment", b"deep/d", b"a", b"./#odd"]
    assert found(folder, end.join(lines)) == [("b c", None), ("deep/d", None), ("a", None), ("#odd", None)]


def test_a_missing_entry_is_a_reason_and_not_the_end(folder: Path) -> None:
    """So is one that no system could hold."""
    lines = [b"gone", b"a", b"x" * 5000, b"nowhere/at/all"]
    assert [reason for _, reason in found(folder, b"\n".join(lines))] == [
        "missing_file",
        None,
        "missing_file",
        "missing_file",
    ]


def test_a_folder_stands_for_what_is_in_it(folder: Path) -> None:
    """Under its own place."""
    assert found(folder, b"deep\n") == [("deep/d", None), ("deep/e", None)]


def test_what_lies_elsewhere_has_its_whole_path_for_a_place(folder: Path, tmp_path: Path) -> None:
    """What lies below the list's folder has its place there, however it is written."""
    assert found(folder / "deep", os.fsencode(folder / "a")) == [(str(folder / "a").lstrip("/"), None)]
    assert found(folder, os.fsencode(folder / "a")) == [("a", None)]


def test_names_may_end_with_nul_and_hold_anything_else(folder: Path) -> None:
    """As `find -print0` writes them."""
    (folder / "two\nlines").touch()
    raw = os.fsencode(folder) + b"/\xff"
    Path(os.fsdecode(raw)).touch()
    assert found(folder, b"two\nlines\x00\xff\x00") == [("two\nlines", None), ("\udcff", None)]


def test_a_line_without_end_is_told_and_skipped(folder: Path) -> None:
    """Memory does not grow with it."""
    text = b"a\n" + b"x" * (5 * LONGEST_LINE) + b"\nb c\n"
    assert found(folder, text) == [("a", None), ("line 2", "list_line_too_long"), ("b c", None)]


def test_lines_across_two_readings_are_whole(folder: Path) -> None:
    """However long the list is."""
    assert found(folder, b"././././././a\n" * 12_000) == [("a", None)] * 12_000


def test_a_list_that_is_none_is_refused(folder: Path) -> None:
    """Missing, a picture, in another alphabet: before any work is done."""
    with pytest.raises(IngestError, match="cannot be read"):
        check_list(folder / "missing")
    with pytest.raises(IngestError, match="no list but a picture"):
        check_list(bundled_dicom_folder() / "CT_small.dcm")
    (folder / "wide").write_bytes("a\n".encode("utf-16"))
    with pytest.raises(IngestError, match="UTF-16"):
        list(read_list(folder / "wide"))


def test_a_list_file_is_read_from_its_own_folder(folder: Path) -> None:
    """Not from where the command runs."""
    (folder / "list").write_text("a\n")
    assert [source.path for source in read_list(folder / "list")] == [folder / "a"]
