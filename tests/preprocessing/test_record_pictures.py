"""Pictures on their way into records: untouched where TensorFlow reads them right, else as PNG."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation.errors import FolderError
from foundation.fingerprints import sha256_of_bytes
from imaging.plain_pictures import read_plain_picture
from preprocessing.left_out import LeftOut
from preprocessing.record_formats import WantedEncoding
from preprocessing.record_pictures import (
    ExaminedPicture,
    PictureRequest,
    PictureSettings,
    SpooledPicture,
    can_be_kept,
    examine_pictures,
    read_for_records,
)
from preprocessing.record_places import FilePlace

GREY = np.arange(96, dtype=np.uint8).reshape(8, 12)
COLOUR = np.arange(8 * 12 * 3, dtype=np.uint32).reshape(8, 12, 3).astype(np.uint8)
RGBA = np.dstack([COLOUR, GREY])

PictureBytes = Callable[..., bytes]


def place(folder: Path, name: str) -> FilePlace:
    """Return where a file of a folder lies."""
    return FilePlace(name, folder / name)


def examined(folder: Path, *names: str) -> list[ExaminedPicture | LeftOut]:
    """Return what a look at files gives."""
    return examine_pictures(([place(folder, name) for name in names], "keep"), PictureSettings())


def with_orientation(content: bytes, orientation: int, *, order: str = "<") -> bytes:
    """Return a JPEG with an Exif segment that says how the picture is to be turned."""
    mark = b"II" if order == "<" else b"MM"
    tiff = mark + struct.pack(f"{order}HIHHHIHHI", 42, 8, 1, 0x0112, 3, 1, orientation, 0, 0)
    segment = b"Exif\0\0" + tiff
    return content[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + content[2:]


@pytest.mark.parametrize(
    ("array", "ending", "kind"),
    [(GREY, ".png", "png"), (COLOUR, ".png", "png"), (GREY, ".jpg", "jpeg"), (COLOUR, ".jpg", "jpeg")],
)
def test_plain_pictures_are_kept(
    picture_bytes: PictureBytes, array: np.ndarray, ending: str, kind: str
) -> None:
    """Eight bits, grey or colour: the file's bytes go in."""
    assert can_be_kept(picture_bytes(array, ending), kind)


def test_other_pictures_are_encoded_anew(picture_bytes: PictureBytes) -> None:
    """Sixteen bits, alpha, BMP and TIFF are not what TensorFlow reads right."""
    deep = picture_bytes(GREY.astype(np.uint16) * 257)
    transparent = bytes(cv2.imencode(".png", RGBA)[1])
    for content, kind in (
        (deep, "png"),
        (transparent, "png"),
        (picture_bytes(GREY, ".bmp"), "bmp"),
        (picture_bytes(GREY, ".tif"), "tiff"),
    ):
        assert not can_be_kept(content, kind)


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_jpeg_to_be_turned_is_encoded_anew(picture_bytes: PictureBytes, order: str) -> None:
    """TensorFlow ignores the Exif orientation; an upright one changes nothing."""
    content = picture_bytes(GREY, ".jpg")
    assert can_be_kept(with_orientation(content, 1, order=order), "jpeg")
    assert not can_be_kept(with_orientation(content, 6, order=order), "jpeg")
    assert can_be_kept(content[:2] + b"\xff\xe1\x00\x06JFXX" + content[2:], "jpeg")


def test_a_png_with_a_transparent_colour_is_encoded_anew(picture_bytes: PictureBytes) -> None:
    """A tRNS chunk changes what a reader shows."""
    content = picture_bytes(GREY)
    start = content.index(b"IDAT") - 4
    assert not can_be_kept(content[:start] + struct.pack(">I4sHI", 2, b"tRNS", 3, 0) + content[start:], "png")


@settings(max_examples=100, deadline=None)
@given(tail=st.binary(max_size=80), kind=st.sampled_from(["png", "jpeg"]))
def test_any_bytes_are_kept_or_not(tail: bytes, kind: str) -> None:
    """Broken headers never raise."""
    starts = {"png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "jpeg": b"\xff\xd8\xff\xe1\0\x20Exif\0\0MM"}
    assert can_be_kept(starts[kind] + tail, kind) in {True, False}


def test_examination_tells_shape_format_and_hash(tmp_path: Path, picture_bytes: PictureBytes) -> None:
    """What could be kept has its own format."""
    contents = {
        "a.jpg": picture_bytes(COLOUR, ".jpg"),
        "b.bmp": picture_bytes(GREY, ".bmp"),
        "c.jpg": with_orientation(picture_bytes(GREY, ".jpg"), 6),
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    hashes = [sha256_of_bytes(content) for content in contents.values()]
    assert examined(tmp_path, *contents) == [
        ExaminedPicture(8, 12, 3, 8, "JPEG", hashes[0]),
        ExaminedPicture(8, 12, 1, 8, None, hashes[1]),
        ExaminedPicture(12, 8, 1, 8, None, hashes[2]),
    ]


def test_what_is_encoded_anew_has_the_same_pixels(tmp_path: Path, picture_bytes: PictureBytes) -> None:
    """BMP becomes PNG without loss, a kept JPEG stays byte for byte."""
    (tmp_path / "a.bmp").write_bytes(picture_bytes(COLOUR, ".bmp"))
    (tmp_path / "b.jpg").write_bytes(picture_bytes(COLOUR, ".jpg"))
    encoded, bare, kept = read_for_records(
        [
            PictureRequest(place(tmp_path, "a.bmp"), "PNG", False),
            PictureRequest(place(tmp_path, "a.bmp"), "RAW", False),
            PictureRequest(place(tmp_path, "b.jpg"), "JPEG", True),
        ],
        PictureSettings(),
    )
    assert np.array_equal(read_plain_picture(encoded), COLOUR)
    assert bare == COLOUR.tobytes()
    assert kept == picture_bytes(COLOUR, ".jpg")


def test_files_that_are_no_pictures_come_back_with_a_reason(
    tmp_path: Path, picture_bytes: PictureBytes
) -> None:
    """Missing, a folder, text, DICOM, and a picture cut short."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "text").write_text("no picture")
    (tmp_path / "dicom").write_bytes(bytes(128) + b"DICM")
    (tmp_path / "cut").write_bytes(picture_bytes(np.tile(GREY, (9, 9)))[:400])
    results = examined(tmp_path, "gone", "folder", "text", "dicom", "cut")
    assert all(isinstance(result, LeftOut) for result in results)
    reasons = [result.reason for result in results if isinstance(result, LeftOut)]
    assert reasons[:4] == ["missing_picture", "unreadable_picture", "not_a_picture", "not_a_picture"]


@pytest.mark.parametrize("encoding", ["raw", "png", "jpeg", "keep"])
def test_what_is_encoded_anew_waits_in_the_spool(
    tmp_path: Path, picture_bytes: PictureBytes, encoding: WantedEncoding
) -> None:
    """The same bytes as a later look would give; a kept file is not spooled."""
    (tmp_path / "spool").mkdir()
    for name in ("a.bmp", "b.jpg"):
        (tmp_path / name).write_bytes(picture_bytes(GREY, Path(name).suffix))
    names = ["a.bmp", "b.jpg"]
    settings = PictureSettings(spool=tmp_path / "spool")
    found = examine_pictures(([place(tmp_path, name) for name in names], encoding), settings)
    for name, picture in zip(names, found, strict=True):
        assert isinstance(picture, ExaminedPicture)
        is_kept = name == "b.jpg" and encoding in ("jpeg", "keep")
        assert (picture.spooled is None) is is_kept
        if picture.spooled is not None:
            request = PictureRequest(place(tmp_path, name), picture.spooled.format, False)
            assert read_for_records([request], settings) == [picture.spooled.read()]


def test_a_cut_spool_is_told(tmp_path: Path) -> None:
    """Rather than a record of half a picture."""
    (tmp_path / "spool").write_bytes(b"ab")
    assert SpooledPicture(tmp_path / "spool", 1, 1, "RAW").read() == b"b"
    with pytest.raises(FolderError, match="was cut"):
        SpooledPicture(tmp_path / "spool", 1, 2, "RAW").read()


def test_a_picture_that_went_away_is_one_clear_error(tmp_path: Path) -> None:
    """Between the two looks a file may vanish."""
    for is_kept in (True, False):
        with pytest.raises(FolderError, match="changed or went away"):
            read_for_records([PictureRequest(place(tmp_path, "gone.png"), "PNG", is_kept)], PictureSettings())
