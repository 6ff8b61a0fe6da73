"""Headers without pixels."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from foundation.errors import ImagingError, NotAnImageError, RejectedFileError
from imaging.pictures import read_header_only
from imaging.samples import bundled_dicom_folder
from imaging.settings import ReadSettings
from ingest import header_only
from ingest.header_only import read_header_of
from ingest.sources import SourceFile, find_files

SETTINGS = ReadSettings(key=bytes(32))


def read(path: Path) -> tuple[object, int]:
    """Return what the header of a file tells."""
    return read_header_of(SourceFile(path, path.name), path_key="k", settings=SETTINGS)


@pytest.mark.parametrize("head_bytes", [64, 1 << 10, 4 << 10, 64 << 10])
def test_a_part_of_a_file_tells_what_the_whole_does(head_bytes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the part: where the header goes on beyond it, more is read."""
    monkeypatch.setattr(header_only, "HEAD_BYTES", head_bytes)
    num_read = 0
    for path in sorted(bundled_dicom_folder().glob("*.dcm")):
        content = path.read_bytes()
        try:
            expected: tuple[object, int] | str = read_header_only(content, settings=SETTINGS), len(content)
        except ImagingError as error:
            expected = error.reason_code.replace("not_dicom", "not_dicom_nor_picture")
        try:
            found: tuple[object, int] | str = read(path)
        except ImagingError as error:
            found = error.reason_code
        assert found == expected, path.name
        num_read += isinstance(found, tuple)
    assert num_read > 40


def test_pixels_are_not_read(tmp_path: Path) -> None:
    """Of a file whose pixels would fill the memory, the head alone is."""
    content = (bundled_dicom_folder() / "CT_small.dcm").read_bytes()
    path = tmp_path / "large.dcm"
    with path.open("wb") as stream:
        stream.write(content)
        stream.truncate(3 << 40)
    settings = SETTINGS.model_copy(
        update={"limits": SETTINGS.limits.model_copy(update={"file_bytes": 4 << 40})}
    )
    header, num_bytes = read_header_of(SourceFile(path, "large.dcm"), path_key="k", settings=settings)
    assert (header.width, num_bytes) == (128, 3 << 40)


def test_a_file_inside_an_archive_has_a_header_too(tmp_path: Path) -> None:
    """Nothing is unpacked to disk."""
    with zipfile.ZipFile(tmp_path / "files.zip", "w") as archive:
        archive.write(bundled_dicom_folder() / "MR_small.dcm", "inside.dcm")
    (source,) = find_files([tmp_path])
    header, _ = read_header_of(source, path_key="k", settings=SETTINGS)
    assert header.modality == "MR"


def test_what_is_no_picture_is_told_as_ingest_does(tmp_path: Path) -> None:
    """By the same reason codes."""
    (tmp_path / "empty.dcm").touch()
    (tmp_path / "notes.txt").write_text("no picture")
    for path, kind, reason in (
        (tmp_path / "empty.dcm", RejectedFileError, "empty_file"),
        (tmp_path / "notes.txt", RejectedFileError, "not_dicom_nor_picture"),
        (tmp_path / "missing", RejectedFileError, "unreadable_file"),
        (bundled_dicom_folder() / "reportsi.dcm", NotAnImageError, "structured_report"),
    ):
        with pytest.raises(kind) as caught:
            read(path)
        assert caught.value.reason_code == reason
