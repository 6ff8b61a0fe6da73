"""The original's four steps, held against formulas written down independently."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest

from preprocessing.original_steps import mask_target, segment_target
from preprocessing.steps import apply_step

ALL_LEVELS = np.arange(256, dtype=np.uint8).reshape(16, 16)
ASKED = range(100)


def random_picture(*shape: int, seed: int = 3) -> np.ndarray:
    """Return noise of that shape."""
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def clamped(value: int, low: int, high: int) -> int:
    """Move a value into its range, as the original did."""
    return low if value < low else high if value > high else value


@pytest.mark.parametrize("asked", [-5, *ASKED])
def test_bitwise_downsampling_keeps_the_top_bits_of_every_level(asked: int) -> None:
    """Out = (x >> (8 - v)) << (8 - v), with 0 acting as 1 and 99 as 8."""
    bits = clamped(asked, 1, 8)
    expected = [(x >> (8 - bits)) << (8 - bits) for x in range(256)]
    result = apply_step(ALL_LEVELS, "bitwise_downsampling", asked)
    assert result.ravel().tolist() == expected
    assert len(set(expected)) == 2**bits


@pytest.mark.parametrize("asked", [-5, *ASKED])
@pytest.mark.parametrize("seed", [0, 1])
def test_contrast_enhancing_follows_its_formula_on_every_level(asked: int, seed: int) -> None:
    """Out = clip(trunc(m + v (x - m)), 0, 255) with m = floor(mean + 0.5)."""
    image = np.concatenate([ALL_LEVELS.ravel(), random_picture(100, seed=seed) // (seed + 1)])[None]
    factor = clamped(asked, 1, 10)
    mean = math.floor(sum(image[0].tolist()) / image.size + 0.5)
    expected = [min(max(math.trunc(mean + factor * (x - mean)), 0), 255) for x in image[0].tolist()]
    assert apply_step(image, "contrast_enhancing", asked)[0].tolist() == expected


def test_contrast_enhancing_of_colour_takes_its_mean_from_luminance() -> None:
    """One m, the mean of the 601-2 luminance, serves the three channels."""
    image = random_picture(9, 7, 3)
    pixels = image.reshape(-1, 3).tolist()
    luminance = [(r * 19595 + g * 38470 + b * 7471 + 0x8000) >> 16 for r, g, b in pixels]
    mean = math.floor(sum(luminance) / len(luminance) + 0.5)
    expected = [[min(max(mean + 3 * (x - mean), 0), 255) for x in pixel] for pixel in pixels]
    assert apply_step(image, "contrast_enhancing", 3).reshape(-1, 3).tolist() == expected


@pytest.mark.parametrize("shape", [(31, 17), (31, 17, 3)])
@pytest.mark.parametrize("factor", range(1, 11))
def test_contrast_enhancing_equals_pillow(shape: tuple[int, ...], factor: int) -> None:
    """The original called Pillow's ImageEnhance.Contrast; the results are the same bytes."""
    pillow = pytest.importorskip("PIL.Image")
    enhance = pytest.importorskip("PIL.ImageEnhance")
    image = random_picture(*shape, seed=factor)
    expected = np.asarray(enhance.Contrast(pillow.fromarray(image)).enhance(factor))
    assert np.array_equal(apply_step(image, "contrast_enhancing", factor), expected)


@pytest.mark.parametrize("asked", [0, 1, 2, 3, 7, 10, 99])
@pytest.mark.parametrize("shape", [(40, 30), (40, 30, 3)])
def test_color_quantization_leaves_at_most_the_asked_colours(asked: int, shape: tuple[int, ...]) -> None:
    """At most v colours, v moved into 2..10, in the shape that came in, the same bytes each time."""
    image = random_picture(*shape)
    result = apply_step(image, "color_quantization", asked)
    assert result.shape == shape
    colours = np.unique(result.reshape(-1, 1 if len(shape) == 2 else 3), axis=0)
    assert 2 <= len(colours) <= clamped(asked, 2, 10)
    assert result.tobytes() == apply_step(image, "color_quantization", asked).tobytes()


def test_color_quantization_does_not_depend_on_global_generators_or_threads() -> None:
    """Neither OpenCV's or numpy's global generator nor the number of threads moves a byte."""
    image = random_picture(64, 64, 3)
    first = apply_step(image, "color_quantization", 5)
    threads = cv2.getNumThreads()
    try:
        cv2.setNumThreads(1)
        cv2.setRNGSeed(99)
        assert np.array_equal(apply_step(image, "color_quantization", 5), first)
    finally:
        cv2.setNumThreads(threads)


def test_color_quantization_truncates_the_means_of_its_clusters() -> None:
    """Two far groups: each pixel takes its group's mean, cut to a whole number."""
    image = np.array([[[10, 10, 10], [11, 10, 10], [11, 11, 10], [200, 90, 30], [203, 90, 31]]], np.uint8)
    expected = [[[10, 10, 10]] * 3 + [[201, 90, 30]] * 2]
    assert apply_step(image, "color_quantization", 2).tolist() == expected


def test_color_quantization_keeps_a_picture_of_few_colours() -> None:
    """With no more distinct colours than v, nothing is merged."""
    image = np.array([[0, 7, 255, 7]], np.uint8)
    assert apply_step(image, "color_quantization", 10).tolist() == image.tolist()
    flat = np.full((5, 5, 3), 9, np.uint8)
    assert np.array_equal(apply_step(flat, "color_quantization", 4), flat)


@pytest.mark.parametrize("shape", [(60, 60), (60, 60, 3)])
@pytest.mark.parametrize("colours", [2, 4, 8])
def test_color_quantization_is_as_tight_as_opencv(shape: tuple[int, ...], colours: int) -> None:
    """The squared error is that of cv2.kmeans over all pixels with its own seeds, within 5 %."""
    image = cv2.GaussianBlur(random_picture(*shape), (0, 0), 2)
    image = cv2.normalize(image, None, 0, 255, cv2.NORM_MINMAX)
    samples = (image if len(shape) == 3 else np.repeat(image[..., None], 3, 2)).reshape(-1, 3)
    samples = samples.astype(np.float32)
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_MAX_ITER, 10, 1.0)
    theirs = []
    for seed in range(5):
        cv2.setRNGSeed(seed)
        _, labels, centres = cv2.kmeans(samples, colours, None, criteria, 10, cv2.KMEANS_RANDOM_CENTERS)
        theirs.append(((samples - centres.astype(np.uint8)[labels.ravel()]) ** 2).sum())
    ours = apply_step(image, "color_quantization", colours)
    ours = (ours if len(shape) == 3 else np.repeat(ours[..., None], 3, 2)).reshape(-1, 3)
    assert ((samples - ours) ** 2).sum() <= 1.05 * max(theirs)


def blobs(height: int, width: int, *boxes: tuple[int, int, int, int]) -> np.ndarray:
    """Return a bright picture with dark boxes (top, left, height, width)."""
    image = np.full((height, width), 220, np.uint8)
    for top, left, box_height, box_width in boxes:
        image[top : top + box_height, left : left + box_width] = 20
    return image


@pytest.mark.parametrize("asked", [-1, 0, 1, 4, 10, 99])
def test_target_segmentation_keeps_what_exceeds_a_fifteenth(asked: int) -> None:
    """Of 150 x 300: kept above 10 high or above 20 wide, dropped at exactly 10 and 20."""
    at_limit = (10, 10, 10, 20)
    tall, wide, dot = (60, 100, 11, 3), (120, 200, 3, 21), (40, 250, 2, 2)
    mask = apply_step(blobs(150, 300, at_limit, tall, wide, dot), "target_segmentation", asked)
    assert mask.dtype == np.uint8
    assert np.array_equal(mask, (blobs(150, 300, tall, wide) == 20) * np.uint8(255))


def test_target_segmentation_joins_diagonal_neighbours() -> None:
    """Two boxes that touch at a corner are one component, so their common height counts."""
    mask = apply_step(blobs(150, 150, (50, 50, 6, 2), (56, 52, 6, 2)), "target_segmentation", 1)
    assert int((mask > 0).sum()) == 24


def test_target_segmentation_equals_a_slow_flood_fill() -> None:
    """On textured noise the mask is that of a threshold and a flood fill written by hand."""
    image = cv2.GaussianBlur(random_picture(64, 80), (0, 0), 2)
    image = cv2.normalize(image, None, 0, 255, cv2.NORM_MINMAX)
    mean = math.floor(image.mean() + 0.5)
    grey = np.clip(mean + 2 * (image.astype(int) - mean), 0, 255).astype(np.uint8)
    padded = np.pad(grey, 25, mode="edge").astype(int)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (51, 51)).sum(axis=(2, 3))
    marked = grey.astype(int) <= np.rint(windows / 51**2) - 2
    expected = np.zeros((64, 80), np.uint8)
    seen = np.zeros_like(marked)
    for start in zip(*np.nonzero(marked), strict=True):
        if seen[start]:
            continue
        component, waiting = [], [start]
        seen[start] = True
        while waiting:
            row, column = waiting.pop()
            component.append((row, column))
            for other in ((row + i, column + j) for i in (-1, 0, 1) for j in (-1, 0, 1)):
                inside = 0 <= other[0] < 64 and 0 <= other[1] < 80
                if inside and marked[other] and not seen[other]:
                    seen[other] = True
                    waiting.append(other)
        rows, columns = zip(*component, strict=True)
        if max(rows) - min(rows) + 1 > 64 / 15 or max(columns) - min(columns) + 1 > 80 / 15:
            expected[rows, columns] = 255
    assert 0 < (expected > 0).sum() < (marked > 0).sum()
    assert np.array_equal(apply_step(image, "target_segmentation", 2), expected)


def test_target_segmentation_of_colour_and_flat_pictures() -> None:
    """Colour gives a grey mask; a picture without structure gives an empty one."""
    assert apply_step(random_picture(20, 30, 3), "target_segmentation").shape == (20, 30)
    assert not apply_step(np.full((9, 9), 120, np.uint8), "target_segmentation", 10).any()


@pytest.mark.parametrize("shape", [(60, 80), (60, 80, 3)])
def test_target_masking_keeps_the_picture_under_the_mask(shape: tuple[int, ...]) -> None:
    """Where the mask is set the picture's own levels stay, not the enhanced ones; the rest is black."""
    image = cv2.GaussianBlur(random_picture(*shape), (0, 0), 4)
    image = cv2.normalize(image, None, 1, 255, cv2.NORM_MINMAX)
    mask, masked = segment_target(image, 4), mask_target(image, 4)
    assert masked.shape == shape
    assert 0 < (mask > 0).sum() < mask.size
    assert np.array_equal(masked[mask > 0], image[mask > 0])
    assert not masked[mask == 0].any()


@pytest.mark.parametrize(
    "name",
    ["bitwise_downsampling", "contrast_enhancing", "color_quantization", "target_segmentation"],
)
def test_without_a_value_the_original_s_default_of_4_holds(name: str) -> None:
    """As its command line had it."""
    image = random_picture(30, 40)
    assert np.array_equal(apply_step(image, name), apply_step(image, name, 4))
