"""One file, from its path to plain values."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from database.batches import NewInstance, NewRejectedFile
from foundation.fingerprints import sha256_of_bytes
from imaging.png import decode_png
from imaging.rendering import RenderingAttributes, render
from imaging.samples import bundled_dicom_folder
from imaging.settings import ReadSettings
from ingest.found_files import UNREADABLE, FoundFile, find_file
from ingest.reading import fit_packet, read_file
from ingest.sources import SourceFile

SETTINGS = ReadSettings(key=bytes(32))


def found(path: Path, place: str | None = None) -> FoundFile:
    """Return a file as a batch finds it."""
    return find_file(SourceFile(path, place or path.name), path_key="k", max_bytes=1 << 20)


def test_a_file_is_known_by_place_and_bytes(tmp_path: Path) -> None:
    """Its key in the database is the keyed hash of its place and the SHA-256 of its bytes."""
    (tmp_path / "a").write_bytes(b"abc")
    assert found(tmp_path / "a").key == ("k", sha256_of_bytes(b"abc"))


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.mkdir(), os.mkfifo])
def test_what_is_no_regular_file_is_never_opened(tmp_path: Path, make: Callable[[Path], None]) -> None:
    """A missing file, a folder, a pipe: reading the latter would hang."""
    make(tmp_path / "odd")
    result = read_file(found(tmp_path / "odd"), settings=SETTINGS, class_task=None)
    assert isinstance(result, NewRejectedFile)
    assert (result.disposition, result.reason_code, result.file_sha256) == ("rejected", UNREADABLE, "")


def test_a_file_larger_than_the_limit_is_not_read(tmp_path: Path) -> None:
    """Its size is told all the same."""
    (tmp_path / "large").write_bytes(bytes(2000))
    file = find_file(SourceFile(tmp_path / "large", "large"), path_key="k", max_bytes=1000)
    assert file.content is None
    assert file.num_bytes == 2000


def test_a_picture_of_dicom_becomes_an_instance() -> None:
    """Header and frame arrive whole."""
    result = read_file(found(bundled_dicom_folder() / "CT_small.dcm"), settings=SETTINGS, class_task=None)
    assert isinstance(result, NewInstance)
    assert (result.modality, result.height, result.width) == ("CT", 128, 128)
    (frame,) = result.frames
    assert (frame.frame_number, frame.dtype, frame.offset) == (1, "int16", 32768)
    assert result.labels == ()


def test_a_sound_object_without_a_picture_is_not_an_image() -> None:
    """It is told apart from a broken file."""
    result = read_file(found(bundled_dicom_folder() / "reportsi.dcm"), settings=SETTINGS, class_task=None)
    assert isinstance(result, NewRejectedFile)
    assert (result.disposition, result.reason_code) == ("not_an_image", "structured_report")


def test_a_class_folder_gives_a_reading(tmp_path: Path, write_picture: Callable[[Path, int], None]) -> None:
    """The reader is the folder, the value 1."""
    write_picture(tmp_path / "1.png", 1)
    result = read_file(found(tmp_path / "1.png", "yes/1.png"), settings=SETTINGS, class_task="tumour")
    assert isinstance(result, NewInstance)
    (reading,) = result.labels
    assert (reading.task, reading.class_name, reading.value, reading.reader) == (
        "tumour",
        "yes",
        "1",
        "folder",
    )
    assert result.body_part is None


def test_a_folder_that_was_named_is_a_class_where_others_were_named_too(
    tmp_path: Path, write_picture: Callable[[Path, int], None]
) -> None:
    """`ingest yes no`: the folder on disk; of one that was named alone, the top is no class."""
    write_picture(tmp_path / "yes" / "1.png", 1)
    file = found(tmp_path / "yes" / "1.png")
    several = read_file(file, settings=SETTINGS, class_task="tumour", top_is_class=True)
    alone = read_file(file, settings=SETTINGS, class_task="tumour")
    assert isinstance(several, NewInstance)
    assert isinstance(alone, NewInstance)
    assert ([reading.class_name for reading in several.labels], alone.labels) == (["yes"], ())


@pytest.mark.parametrize(("folder", "expected"), [("CXR", "CHEST"), ("Hand", "HAND"), ("cats", None)])
def test_a_body_part_folder_names_the_body_part_too(
    tmp_path: Path, write_picture: Callable[[Path, int], None], folder: str, expected: str | None
) -> None:
    """So that plain pictures are found by `body_part` like DICOM; the reading keeps the folder's word."""
    write_picture(tmp_path / "1.png", 1)
    result = read_file(
        found(tmp_path / "1.png", f"{folder}/1.png"), settings=SETTINGS, class_task="body_part"
    )
    assert isinstance(result, NewInstance)
    assert result.body_part == expected
    assert result.labels[0].class_name == folder


def test_the_header_goes_before_the_folder() -> None:
    """A body part that the header tells is not replaced."""
    path = bundled_dicom_folder() / "CT_small.dcm"
    plain = read_file(found(path), settings=SETTINGS, class_task=None)
    filed = read_file(found(path, "Hand/1.dcm"), settings=SETTINGS, class_task="body_part")
    assert isinstance(plain, NewInstance)
    assert isinstance(filed, NewInstance)
    assert filed.body_part == (plain.body_part or "HAND")


def test_a_folder_name_too_long_rejects_the_file(
    tmp_path: Path, write_picture: Callable[[Path, int], None]
) -> None:
    """A picture whose label cannot be kept is not stored without it."""
    write_picture(tmp_path / "1.png", 1)
    result = read_file(found(tmp_path / "1.png", f"{'x' * 70}/1.png"), settings=SETTINGS, class_task="t")
    assert isinstance(result, NewRejectedFile)
    assert result.reason_code == "class_name_too_long"


def test_a_plain_picture_is_rendered_as_it_is(
    tmp_path: Path, write_picture: Callable[[Path, int], None]
) -> None:
    """It was rendered before it came: the default rendering changes none of its values."""
    write_picture(tmp_path / "1.png", 1)
    result = read_file(found(tmp_path / "1.png"), settings=SETTINGS, class_task=None)
    assert isinstance(result, NewInstance)
    stored_values = decode_png(result.frames[0].content)
    rendered = render(stored_values, RenderingAttributes.model_validate(dict(result.rendering)))
    assert np.array_equal(rendered, stored_values)
    assert np.array_equal(rendered, cv2.imread(str(tmp_path / "1.png"), cv2.IMREAD_UNCHANGED))


def test_a_picture_larger_than_the_server_takes_is_rejected_with_the_setting() -> None:
    """The run goes on; the reason says what to change."""
    file = found(bundled_dicom_folder() / "CT_small.dcm")
    result = read_file(file, settings=SETTINGS, class_task=None)
    assert fit_packet(result, limit=None) is result
    assert fit_packet(result, limit=1 << 20) is result
    refused = fit_packet(result, limit=10_000)
    assert isinstance(refused, NewRejectedFile)
    assert refused.reason_code == "larger_than_packet"
    assert "max_allowed_packet is 10,000" in refused.detail
    assert len(refused.detail) <= 255
    assert (refused.path_key, refused.file_sha256) == file.key
    assert fit_packet(refused, limit=1) is refused
