"""One recipe, two ways: through `transform` and at prediction, bit by bit the same."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from imaging.settings import ReadSettings
from inference.inputs import open_inputs
from inference.missing_steps import Treatment
from inference.reading import ReadingSettings, read_tasks
from preprocessing.recipe import Recipe
from preprocessing.steps import STEPS
from preprocessing.transform import TransformConfig, transform

SETTINGS = ReadingSettings(ReadSettings(key=bytes(32)), "window")
CHAIN = ("crop_to_collimation", "percentile_clip", "clahe", "letterbox:48x40", "color_quantization:5")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Grey and colour, PNG and JPEG, with a border to crop."""
    folder = tmp_path / "bare"
    (folder / "images").mkdir(parents=True)
    (folder / "labels").mkdir()
    for number, (ending, shape) in enumerate(
        [(".png", (70, 90)), (".jpg", (64, 64)), (".png", (50, 81, 3)), (".jpg", (90, 60, 3))]
    ):
        noise = np.random.default_rng(number).normal(size=shape)
        picture = cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 6), None, 60, 230, cv2.NORM_MINMAX)
        picture[:9] = 0
        cv2.imwrite(str(folder / "images" / f"p{number}{ending}"), picture.astype(np.uint8))
    return folder


def pictures(folder: Path, wanted: Recipe) -> list[np.ndarray]:
    """Return the pictures of a folder as a model would be given them."""
    (part,) = open_inputs((folder,), Treatment(None, wanted), split=None, list_files=False)
    rows = read_tasks(list(part.tasks()), SETTINGS)
    assert [row.reason_code for row in rows] == [None] * 4
    return [np.asarray(row.picture) for row in rows]


@pytest.mark.parametrize("steps", [(name,) for name in STEPS] + [CHAIN], ids=[*STEPS, "chain"])
def test_bare_pictures_get_at_prediction_what_transform_gives_them(
    steps: tuple[str, ...], folder: Path, tmp_path: Path
) -> None:
    """Whole, or the rest of it: the folder says how far its pictures have come."""
    wanted = Recipe.parse(steps)
    at_prediction = pictures(folder, wanted)
    transform(TransformConfig(folder=folder, target=tmp_path / "whole", steps=steps))
    halves = [at_prediction, pictures(tmp_path / "whole", wanted)]
    if len(steps) > 1:
        transform(TransformConfig(folder=folder, target=tmp_path / "half", steps=steps[:3]))
        halves.append(pictures(tmp_path / "half", wanted))
    for one, *others in zip(*halves, strict=True):
        for other in others:
            assert np.array_equal(one, other)
            assert one.dtype == other.dtype
