"""From attenuation to a radiograph: texture, collimation, noise, exposure and the written word."""

from __future__ import annotations

import cv2
import numpy as np

from imaging.phantoms.drawing import Grid

WORD = "SYNTHETIC"

# Drawn here rather than by cv2, whose fonts change between versions.
_LETTERS = {
    "S": (".####.", "#.....", "#.....", ".###..", "....#.", "....#.", "####.."),
    "Y": ("#...#.", "#...#.", ".#.#..", "..#...", "..#...", "..#...", "..#..."),
    "N": ("#...#.", "##..#.", "#.#.#.", "#.#.#.", "#..##.", "#...#.", "#...#."),
    "T": ("#####.", "..#...", "..#...", "..#...", "..#...", "..#...", "..#..."),
    "H": ("#...#.", "#...#.", "#...#.", "#####.", "#...#.", "#...#.", "#...#."),
    "E": ("#####.", "#.....", "#.....", "####..", "#.....", "#.....", "#####."),
    "I": (".###..", "..#...", "..#...", "..#...", "..#...", "..#...", ".###.."),
    "C": (".####.", "#.....", "#.....", "#.....", "#.....", "#.....", ".####."),
}
_GAMMA_LIMITS = (0.45, 2.2)
_MEAN_LIMITS = (0.3, 0.46)


def expose(attenuation: Grid, rng: np.random.Generator) -> Grid:
    """Return a radiograph in 0..1, dense tissue bright, of a body's attenuation.

    The exposure is drawn without regard to the anatomy and set like an automatic one, so that the mean
    brightness says little about the body part.

    Args:
        attenuation: float32, height x width, 0 for air.
        rng: draws texture, noise, collimation, exposure and the corner of the word.
    """
    size = attenuation.shape[0]
    thick = np.maximum(attenuation, 0) * (1 + 0.12 * (_clouds(size, 10, rng) - 0.5))
    thick += 0.05 * (_clouds(size, 40, rng) - 0.5) * (thick > 0.05)
    picture = (1 - np.exp(-np.float32(rng.uniform(1.0, 1.5)) * thick)).astype(np.float32)
    picture += np.float32(rng.uniform(0.0, 0.06))
    picture = picture / picture.max() * np.float32(rng.uniform(0.88, 1.0))
    picture = picture ** _gamma_for(picture, rng.uniform(*_MEAN_LIMITS))
    _add_noise(picture, rng)
    _collimate(picture, rng)
    write_word(picture, rng)
    return np.asarray(np.clip(picture, 0, 1), np.float32)


def write_word(picture: Grid, rng: np.random.Generator) -> None:
    """Write the word SYNTHETIC into one of the four corners, bright on a dark ground."""
    letters = np.concatenate([_letter(letter) for letter in WORD], axis=1)
    size = picture.shape[0]
    scale = max(1, size // 256)
    plate = np.kron(np.pad(letters, 1), np.ones((scale, scale), np.float32))[:size, :size]
    height, width = plate.shape
    margin = min(size // 64, size - width)
    top = margin if rng.random() < 0.5 else size - height - margin
    left = margin if rng.random() < 0.5 else size - width - margin
    area = picture[top : top + height, left : left + width]
    area *= np.float32(0.35)
    np.maximum(area, np.float32(0.85) * plate, out=area)


def _letter(letter: str) -> Grid:
    """Return a letter of the word as 7 x 6 pixels, the last column blank."""
    return np.array([[mark == "#" for mark in row] for row in _LETTERS[letter]], np.float32)


def _gamma_for(picture: Grid, target: float) -> np.float32:
    """Return the exponent, within limits, that brings the mean closest to a target."""
    small = cv2.resize(picture, (48, 48), interpolation=cv2.INTER_AREA)
    low, high = _GAMMA_LIMITS
    for _ in range(12):
        middle = (low + high) / 2
        if float((small**middle).mean()) > target:
            low = middle
        else:
            high = middle
    return np.float32((low + high) / 2)


def _add_noise(picture: Grid, rng: np.random.Generator) -> None:
    """Add quantum noise: stronger where fewer photons came through, slightly blurred."""
    noise = rng.standard_normal(picture.shape, dtype=np.float32)
    grain = cv2.GaussianBlur(noise, (0, 0), 0.7)
    picture += np.float32(rng.uniform(0.015, 0.045)) * grain * (np.float32(0.4) + picture)


def _collimate(picture: Grid, rng: np.random.Generator) -> None:
    """Close the shutters on some of the four sides: mostly black beyond, sometimes a light veil."""
    if rng.random() < 0.35:
        return
    size = picture.shape[0]
    left, top, right, bottom = (rng.uniform(-0.05, 0.09, 4) * size).clip(0).round()
    angle = rng.uniform(-2, 2)
    box = cv2.boxPoints(
        (
            ((size + left - right) / 2, (size + top - bottom) / 2),
            (size - left - right, size - top - bottom),
            angle,
        )
    )
    open_field = np.zeros((size, size), np.uint8)
    cv2.fillPoly(open_field, [np.rint(box * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    light = cv2.GaussianBlur(open_field, (0, 0), 0.8).astype(np.float32) / np.float32(255)
    beyond = np.float32(0.02 if rng.random() < 0.8 else 0.6)
    picture *= light
    picture += (1 - light) * beyond


def _clouds(size: int, cells: int, rng: np.random.Generator) -> Grid:
    """Return smooth noise with about that many cells a side, 0 to 1."""
    coarse = rng.random((cells, cells), dtype=np.float32)
    return np.asarray(cv2.resize(coarse, (size, size), interpolation=cv2.INTER_CUBIC), np.float32)
