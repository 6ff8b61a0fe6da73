"""Picture files: read whole, or left out with a reason."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from preprocessing.left_out import LeftOut
from preprocessing.picture_reading import ReadPicture, is_whole_jpeg, read_picture

PICTURE = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 256, (64, 48), dtype=np.uint8), (0, 0), 3)

PictureBytes = Callable[..., bytes]


@pytest.mark.parametrize(
    "options",
    [
        [],
        [cv2.IMWRITE_JPEG_PROGRESSIVE, 1],
        [cv2.IMWRITE_JPEG_RST_INTERVAL, 2],
        [cv2.IMWRITE_JPEG_OPTIMIZE, 1],
    ],
)
@pytest.mark.parametrize("channels", [1, 3])
def test_sound_jpegs_are_whole(options: list[int], channels: int) -> None:
    """One scan or several, with restart markers or without, grey or colour."""
    values = PICTURE if channels == 1 else np.dstack([PICTURE] * 3)
    content = bytes(cv2.imencode(".jpg", values, options)[1])
    assert is_whole_jpeg(content)
    assert is_whole_jpeg(content + b"after the end")
    assert not is_whole_jpeg(content[:-2])


def test_a_marker_within_the_scan_is_found(tmp_path: Path, picture_bytes: PictureBytes) -> None:
    """A damaged byte that became a marker leaves the picture out: TensorFlow would refuse it."""
    content = bytearray(picture_bytes(PICTURE, ".jpg"))
    middle = (content.index(b"\xff\xda") + len(content)) // 2
    for marker in (b"\xff\xf6", b"\xff\xe3", b"\xff\xda"):
        content[middle : middle + 2] = marker
        (tmp_path / "a.jpg").write_bytes(content)
        assert read_picture("images/a.jpg", tmp_path / "a.jpg") == LeftOut("images/a.jpg", "broken_picture")


@pytest.mark.parametrize(
    ("ending", "kind"), [("png", "png"), ("jpg", "jpeg"), ("tif", "tiff"), ("bmp", "bmp")]
)
def test_pictures_are_read_by_content(
    tmp_path: Path, picture_bytes: PictureBytes, ending: str, kind: str
) -> None:
    """Whatever the file is called."""
    path = tmp_path / "misnamed.png"
    path.write_bytes(picture_bytes(PICTURE, f".{ending}"))
    read = read_picture("images/misnamed.png", path)
    assert isinstance(read, ReadPicture)
    assert (read.kind, read.values.shape) == (kind, (64, 48))
    assert read.content == path.read_bytes()


def test_files_that_give_no_picture_have_a_reason(tmp_path: Path, picture_bytes: PictureBytes) -> None:
    """Missing, a folder, text, DICOM, and pictures cut short."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "text").write_text("no picture")
    (tmp_path / "dicom").write_bytes(bytes(128) + b"DICM")
    (tmp_path / "png").write_bytes(picture_bytes(PICTURE)[:400])
    (tmp_path / "jpeg").write_bytes(picture_bytes(PICTURE, ".jpg")[:-40])
    expected = {
        "gone": "missing_picture",
        "folder": "unreadable_picture",
        "text": "not_a_picture",
        "dicom": "not_a_picture",
        "png": "truncated_picture",
        "jpeg": "truncated_picture",
    }
    assert {name: read_picture(name, tmp_path / name) for name in expected} == {
        name: LeftOut(name, reason) for name, reason in expected.items()
    }


@pytest.mark.tensorflow
def test_what_is_read_here_tensorflow_decodes_too(tmp_path: Path, picture_bytes: PictureBytes) -> None:
    """Four hundred damaged JPEGs: none is taken that stops a training."""
    import tensorflow as tf

    sound = picture_bytes(PICTURE, ".jpg")
    path = tmp_path / "a.jpg"
    taken = 0
    for seed in range(400):
        generator = np.random.default_rng(seed)
        content = bytearray(sound)
        for position in generator.integers(sound.index(b"\xff\xda") + 12, len(sound), 4):
            content[position] = generator.integers(0, 256)
        path.write_bytes(content)
        read = read_picture("a.jpg", path)
        if isinstance(read, ReadPicture):
            taken += 1
            assert tf.io.decode_jpeg(bytes(content)).shape[:2] == read.values.shape[:2]
    assert taken > 100
