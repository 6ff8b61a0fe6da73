"""The hash of how a picture looks."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from imaging.perceptual_hash import FLAT, hash_distance, hash_frame, perceptual_hash
from imaging.pictures import read_picture_or_instance
from imaging.png import encode_png
from imaging.rendering import RenderingAttributes, render
from imaging.samples import bundled_dicom_folder
from imaging.settings import ReadSettings

SETTINGS = ReadSettings(key=bytes(32))


def picture(seed: int = 1, side: int = 512) -> NDArray[np.float32]:
    """Return smooth shapes of 0 to 4000 with a little noise."""
    rng = np.random.default_rng(seed)
    coarse = rng.normal(size=(9, 9)).astype(np.float32)
    smooth = cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC)
    scaled = (smooth - smooth.min()) / (smooth.max() - smooth.min()) * 4000
    return scaled + rng.normal(0, 5, scaled.shape).astype(np.float32)


VERSIONS = {
    "half the size": lambda x: cv2.resize(x, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA),
    "an eighth": lambda x: cv2.resize(x, (64, 64), interpolation=cv2.INTER_AREA),
    "another shape": lambda x: cv2.resize(x, (700, 300), interpolation=cv2.INTER_AREA),
    "8 bits": lambda x: (x / 4000 * 255).clip(0, 255).astype(np.uint8),
    "signed": lambda x: (x - 2000).astype(np.int16),
    "32 bits": lambda x: (x * 1000).clip(0).astype(np.uint32),
    "double": lambda x: x.astype(np.float64) / 7,
    "big-endian": lambda x: x.clip(0).astype(">u2"),
    "windowed": lambda x: np.clip((x - 800) / 2400 * 255, 0, 255).astype(np.uint8),
    "gamma": lambda x: (255 * (x.clip(0, 4000) / 4000) ** 1.5).astype(np.uint8),
    "jpeg": lambda x: cv2.imdecode(
        cv2.imencode(".jpg", (x / 4000 * 255).clip(0, 255).astype(np.uint8), [1, 50])[1], 0
    ),
    "colour": lambda x: np.dstack([(x / 4000 * 255).clip(0, 255).astype(np.uint8)] * 3),
}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_versions_of_a_picture_are_near(version: str, seed: int) -> None:
    """Size, bits, sign, window, gamma, compression, colour: at most the default distance."""
    values = picture(seed)
    assert hash_distance(perceptual_hash(values), perceptual_hash(VERSIONS[version](values))) <= 4


def test_other_pictures_are_far() -> None:
    """As far as chance, about half of the bits."""
    hashes = [perceptual_hash(picture(seed)) for seed in range(30)]
    distances = [hash_distance(a, b) for i, a in enumerate(hashes) for b in hashes[:i]]
    assert min(distances) > 10
    assert 28 < np.mean(distances) < 36


def test_a_mirror_image_is_another_picture() -> None:
    """Left and right are not the same."""
    values = picture()
    assert hash_distance(perceptual_hash(values), perceptual_hash(values[:, ::-1])) > 10


def test_polarity_is_that_of_the_display() -> None:
    """MONOCHROME1 is near the picture that is exported of it, and far from its stored values."""
    values = picture().clip(0).astype(np.uint16)
    white = RenderingAttributes(photometric_interpretation="MONOCHROME1", bits_stored=12)
    shown = perceptual_hash(render(values, white))
    assert hash_distance(hash_frame(values, white), shown) <= 4
    assert hash_distance(perceptual_hash(values), shown) > 40


def test_a_negative_slope_turns_the_picture_too() -> None:
    """Both together leave it as it is."""
    values = picture().clip(0).astype(np.uint16)
    upright = hash_frame(values, RenderingAttributes())
    turned = hash_frame(values, RenderingAttributes(rescale_slope=-1))
    both = hash_frame(values, RenderingAttributes(rescale_slope=-1, photometric_interpretation="MONOCHROME1"))
    assert upright == both
    assert hash_distance(upright, turned) > 40


@pytest.mark.parametrize(
    "values",
    [
        np.zeros((4, 4), np.uint8),
        np.full((300, 400), 7, np.int16),
        np.full((64, 64, 3), 255, np.uint8),
        np.full((40, 40), np.nan, np.float32),
        np.zeros((1, 1), np.uint16),
    ],
)
def test_a_picture_without_structure_has_a_hash_of_its_own(values: NDArray[np.generic]) -> None:
    """All blank pictures look alike: no hash of a picture is equal to theirs."""
    assert perceptual_hash(values) == FLAT
    assert all(perceptual_hash(picture(seed)) != FLAT for seed in range(3))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e300])
def test_a_pixel_that_is_no_number_changes_little(value: float) -> None:
    """Floats may hold anything."""
    values = picture().astype(np.float64)
    before = perceptual_hash(values)
    values[200:204, 200:204] = value
    assert hash_distance(before, perceptual_hash(values)) <= 6


def test_a_hash_fits_a_signed_number_of_64_bits() -> None:
    """What databases keep; half of the bits are set, so distances are even."""
    hashes = [perceptual_hash(picture(seed, side=100)) for seed in range(20)]
    assert all(-(1 << 63) <= value < 1 << 63 for value in hashes)
    assert any(value < 0 for value in hashes)
    assert {hash_distance(value, 0) for value in hashes} == {32}


def test_every_frame_that_is_read_has_its_hash() -> None:
    """DICOM and plain pictures; equal for the same picture in another transfer syntax."""
    folder: Path = bundled_dicom_folder()
    plain, packed = (
        read_picture_or_instance((folder / name).read_bytes(), settings=SETTINGS).frames[0].perceptual_hash
        for name in ("MR_small.dcm", "MR_small_RLE.dcm")
    )
    assert plain is not None
    assert plain == packed
    values = picture(side=64).clip(0, 255).astype(np.uint8)
    (frame,) = read_picture_or_instance(encode_png(values), settings=SETTINGS).frames
    assert frame.perceptual_hash == perceptual_hash(values)
