"""Cropping to the exposed field: on drawn radiographs, and on the real ones of the corpus."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from imaging.letters import write_line
from preprocessing.collimation import crop_to_collimation, find_field

HEIGHT, WIDTH = 600, 480


def anatomy(height: int = HEIGHT, width: int = WIDTH) -> np.ndarray:
    """Return something like tissue over the whole picture, levels 80 to 220."""
    noise = np.random.default_rng(5).normal(size=(height, width))
    return cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 25), None, 80, 220, cv2.NORM_MINMAX).astype(np.uint8)


def radiograph(
    field: tuple[int, int, int, int], *, border: int = 0, tilt: float = 0.0, noise: float = 0.0
) -> np.ndarray:
    """Return tissue within (top, bottom, left, right), turned by degrees, and a border around it."""
    top, bottom, left, right = field
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[top:bottom, left:right] = 255
    turn = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), tilt, 1.0)
    inside = cv2.warpAffine(mask, turn, (WIDTH, HEIGHT)) > 127
    image = np.where(inside, anatomy(), border) + np.random.default_rng(1).normal(0, noise, (HEIGHT, WIDTH))
    return np.clip(image, 0, 255).astype(np.uint8)


def box(image: np.ndarray) -> tuple[int, int, int, int]:
    rows, columns = find_field(image)
    return rows.start, rows.stop, columns.start, columns.stop


@pytest.mark.parametrize("border", [0, 20, 255])
@pytest.mark.parametrize("noise", [0.0, 2.0])
@pytest.mark.parametrize(
    "field", [(50, 540, 60, 430), (0, 600, 100, 480), (120, 600, 0, 480), (0, 470, 0, 300)]
)
def test_straight_borders_are_cut_on_the_sides_that_have_them(
    field: tuple[int, int, int, int], border: int, noise: float
) -> None:
    """To within two pixels of the edge, never inside it; other sides stay."""
    found = box(radiograph(field, border=border, noise=noise))
    slack = [found_side - side for found_side, side in zip(found, field, strict=True)]
    assert -2 <= slack[0] <= 0
    assert 0 <= slack[1] <= 2
    assert -2 <= slack[2] <= 0
    assert 0 <= slack[3] <= 2


@pytest.mark.parametrize("tilt", [-5.0, -2.0, 3.0, 6.0])
def test_a_tilted_field_loses_nothing(tilt: float) -> None:
    """The borders shrink, and what is cut holds no pixel of the field."""
    image = radiograph((110, 490, 100, 390), tilt=tilt)
    rows, columns = find_field(image)
    outside = np.ones(image.shape, bool)
    outside[rows, columns] = False
    assert image[outside].max() == 0
    assert outside.mean() > 0.15


def test_16_bits_and_colour_are_cut_alike() -> None:
    """The field is found in the luminance."""
    image = radiograph((50, 540, 60, 430))
    assert box(image.astype(np.uint16) * 257) == box(np.dstack([image] * 3)) == box(image)
    assert crop_to_collimation(np.dstack([image] * 3)).shape[2] == 3


def test_a_marker_in_the_border_does_not_hinder() -> None:
    """It is cut off with it; a whole line of text makes the edge unsure, and the side stays."""
    image = radiograph((120, 600, 90, 480))
    for text, top in (("PA", 120), ("PORTABLE SUPINE", 0)):
        word = np.kron(write_line(text, width=6 * len(text)), np.ones((3, 3), np.uint8))
        image[20 : 20 + word.shape[0], 200 : 200 + word.shape[1]] = word
        found = box(image)
        assert top - 2 <= found[0] <= top
        assert (found[1], found[3]) == (600, 480)
        assert 88 <= found[2] <= 90


def test_round_bodies_are_left_alone() -> None:
    """A body, a breast and a round shutter have no straight edge."""
    body = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.ellipse(body, (240, 300), (180, 220), 0, 0, 360, 200, -1)
    breast = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.ellipse(breast, (WIDTH, 250), (260, 200), 0, 0, 360, 150, -1)
    for image in (body, breast, np.where(body > 0, anatomy(), 0).astype(np.uint8)):
        assert box(image) == (0, HEIGHT, 0, WIDTH)


def test_what_is_not_sure_is_left_alone() -> None:
    """A soft edge, a border like the field, no border, nearly no field, one level, a few pixels."""
    soft = np.tile(np.linspace(0, 255, WIDTH), (HEIGHT, 1)).astype(np.uint8)
    faint = radiograph((100, 600, 0, 480), border=60) // 4
    dot = radiograph((280, 320, 220, 260))
    for image in (soft, faint, anatomy(), dot, np.zeros((50, 50), np.uint8), np.eye(9, dtype=np.uint8) * 255):
        rows, columns = find_field(image)
        assert (rows.start, rows.stop, columns.start, columns.stop) == (0, image.shape[0], 0, image.shape[1])
        assert np.array_equal(crop_to_collimation(image), image)


def test_anatomy_beyond_a_straight_edge_is_never_cut() -> None:
    """An arm that crosses the edge keeps the whole side."""
    image = radiograph((0, 600, 120, 480))
    image[200:320, 0:120] = 150
    assert box(image) == (0, 600, 0, 480)


@pytest.mark.corpus
def test_real_radiographs_are_cut_as_they_were_when_looked_at(corpus: Path) -> None:
    """Chests with black strips above, below or beside them, and two without any; seen by eye when chosen."""
    from imaging.plain_pictures import read_plain_picture

    expected = {
        "00001682_001": (70, 952, 0, 1024),
        "00002464_001": (0, 952, 0, 1024),
        "00003742_001": (0, 1024, 0, 950),
        "00001385_000": (0, 1024, 0, 1024),
        "00009987_004": (0, 1024, 0, 1024),
    }
    folder = corpus / "chest-xray" / "nih-1024" / "images"
    found = {name: box(read_plain_picture((folder / f"{name}.png").read_bytes())) for name in expected}
    assert found == expected
