"""The steps of a recipe: pure functions from one 8-bit picture to another.

Each takes a uint8 array, height x width (grey) or height x width x 3 (RGB), and a value, and leaves
its input untouched. A new step is one function here and one line in `STEPS`.

The four named after the original keep its formulas, ranges and default exactly; what it lost by
writing JPEG files in between is not copied.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from foundation.errors import PreprocessingError
from foundation.registries import look_up
from preprocessing.quantization import quantize_colours
from preprocessing.step_parameters import (
    LevelParameter,
    NoParameter,
    Size,
    SizeParameter,
    StepParameter,
    StepValue,
)

Picture = NDArray[np.uint8]

_COLOUR_DIMENSIONS = 3
_THRESHOLD_BLOCK = 51
_THRESHOLD_CONSTANT = 2
_SMALLEST_SHARE = 15
_FULL_CONNECTIVITY = 8


@dataclass(frozen=True, slots=True)
class Step:
    """One entry of `STEPS`.

    Attributes:
        name: what a recipe calls it.
        function: of a picture and a checked value.
        parameter: how the value is read, its range and default.
        summary: one line for lists and help.
    """

    name: str
    function: Callable[[Picture, StepValue], Picture]
    parameter: StepParameter
    summary: str

    @property
    def minimum(self) -> int | None:
        """The smallest value, None for a step without one."""
        return self.parameter.minimum

    @property
    def maximum(self) -> int | None:
        """The largest value, None for a step without one."""
        return self.parameter.maximum

    @property
    def default(self) -> StepValue:
        """The value of a call that names none."""
        return self.parameter.default


def downsample_bits(image: Picture, value: StepValue) -> Picture:
    """Keep the top `value` bits of each sample: x - x mod (256 >> value), without re-centring.

    Example:
        >>> downsample_bits(np.array([[3, 130, 255]], np.uint8), 1).tolist()
        [[0, 128, 128]]
    """
    spacing = 256 >> _level(value)
    levels = np.arange(256)
    return (levels - levels % spacing).astype(np.uint8)[image]


def enhance_contrast(image: Picture, value: StepValue) -> Picture:
    """Spread the samples around the mean: clip(trunc(m + value * (x - m)), 0, 255).

    m is the rounded mean luminance; in colour pictures the same m serves all channels.

    Example:
        >>> enhance_contrast(np.array([[90, 100, 110]], np.uint8), 4).tolist()
        [[60, 100, 140]]
    """
    luminance = grey_of(image)
    count = luminance.size
    mean = (2 * int(luminance.sum(dtype=np.int64)) + count) // (2 * count)  # floor(mean + 0.5)
    levels = mean + _level(value) * (np.arange(256) - mean)
    return np.clip(levels, 0, 255).astype(np.uint8)[image]


def quantize_picture(image: Picture, value: StepValue) -> Picture:
    """Reduce the picture to at most `value` colours, found by k-means in colour space.

    A grey picture is clustered as three equal channels and stays grey, since every centre is grey.

    Example:
        >>> quantize_picture(np.array([[0, 1, 200, 202]], np.uint8), 2).tolist()
        [[0, 0, 201, 201]]
    """
    return quantize_colours(image, _level(value))


def segment_target(image: Picture, value: StepValue) -> Picture:
    """Return the mask (0 or 255) of the large dark structures of the contrast-enhanced picture.

    A pixel is set when it lies at least 2 below the mean of the 51 x 51 pixels around it; a connected
    component (diagonals count) stays when its height exceeds a fifteenth of the picture's height or
    its width a fifteenth of the width.

    Returns:
        uint8, height x width, also for a colour picture.

    Example:
        >>> image = np.full((60, 60), 200, np.uint8)
        >>> image[20:30, 20:30], image[50, 50] = 20, 20
        >>> int((segment_target(image, 1) > 0).sum())
        100
    """
    grey = grey_of(enhance_contrast(image, value))
    marked = cv2.adaptiveThreshold(
        grey,
        255,
        cv2.ADAPTIVE_THRESH_MEAN_C,
        cv2.THRESH_BINARY_INV,
        _THRESHOLD_BLOCK,
        _THRESHOLD_CONSTANT,
    )
    _, components, boxes, _ = cv2.connectedComponentsWithStats(marked, connectivity=_FULL_CONNECTIVITY)
    height, width = grey.shape
    kept = (boxes[:, cv2.CC_STAT_HEIGHT] * _SMALLEST_SHARE > height) | (
        boxes[:, cv2.CC_STAT_WIDTH] * _SMALLEST_SHARE > width
    )
    kept[0] = False  # component 0 is the background
    mask: Picture = np.where(kept, 255, 0).astype(np.uint8)[components]
    return mask


def resize_picture(image: Picture, value: StepValue) -> Picture:
    """Resize to height x width, without keeping the aspect: by area when shrinking, else bilinear.

    Example:
        >>> resize_picture(np.array([[0, 100], [100, 200]], np.uint8), (1, 1)).tolist()
        [[100]]
    """
    height, width = _size(value)
    shrinks = height <= image.shape[0] and width <= image.shape[1]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, (width, height), interpolation=method), np.uint8)


def make_grey(image: Picture, _value: StepValue) -> Picture:
    """Turn a colour picture into luminance; a grey one stays as it is.

    Example:
        >>> make_grey(np.array([[[255, 0, 0]]], np.uint8), None).tolist()
        [[76]]
    """
    return grey_of(image)


def invert_picture(image: Picture, _value: StepValue) -> Picture:
    """Turn black into white: 255 - x.

    Example:
        >>> invert_picture(np.array([[0, 255]], np.uint8), None).tolist()
        [[255, 0]]
    """
    return 255 - image


def grey_of(image: Picture) -> Picture:
    """Return the luminance by the integer form of ITU-R BT.601-2; a grey picture is returned itself.

    Example:
        >>> grey_of(np.array([[[0, 255, 0]]], np.uint8)).tolist()
        [[150]]
    """
    if image.ndim != _COLOUR_DIMENSIONS:
        return image
    red, green, blue = (image[..., channel].astype(np.uint32) for channel in range(3))
    # ITU-R BT.601-2 luma, weights .299, .587 and .114 in 65536ths, rounding half up.
    return ((red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16).astype(np.uint8)


STEPS: dict[str, Step] = {
    step.name: step
    for step in (
        Step(
            "bitwise_downsampling",
            downsample_bits,
            LevelParameter(minimum=1, maximum=8, default=4),
            "keep the top VALUE bits of each sample",
        ),
        Step(
            "color_quantization",
            quantize_picture,
            LevelParameter(minimum=2, maximum=10, default=4),
            "reduce to at most VALUE colours by k-means",
        ),
        Step(
            "contrast_enhancing",
            enhance_contrast,
            LevelParameter(minimum=1, maximum=10, default=4),
            "spread the samples VALUE times around their mean",
        ),
        Step("grayscale", make_grey, NoParameter(), "turn colour into luminance"),
        Step("invert", invert_picture, NoParameter(), "turn black into white"),
        Step(
            "resize",
            resize_picture,
            SizeParameter(default=(224, 224)),
            "resize to HEIGHTxWIDTH, or to a square",
        ),
        Step(
            "target_segmentation",
            segment_target,
            LevelParameter(minimum=1, maximum=10, default=4),
            "enhance the contrast VALUE times and mark the large dark structures",
        ),
    )
}


def apply_step(image: Picture, name: str, value: object = None) -> Picture:
    """Check picture, name and value, and run one step.

    Args:
        image: uint8, height x width or height x width x 3 (RGB).
        name: a key of `STEPS`.
        value: what the step takes; None for its default.

    Raises:
        UnknownNameError: there is no such step.
        ConfigError: the value is not of the step's kind.
        PreprocessingError: the array is no 8-bit picture.

    Example:
        >>> apply_step(np.array([[7]], np.uint8), "bitwise_downsampling", 99).tolist()
        [[7]]
    """
    step = look_up(STEPS, name, kind="step")
    check_picture(image)
    return step.function(image, step.parameter.read(value))


def check_picture(image: Picture) -> None:
    """Refuse what is not an 8-bit grey or RGB picture.

    Raises:
        PreprocessingError: wrong type, shape or no pixels.
    """
    shaped = image.ndim == len(("height", "width")) or (
        image.ndim == _COLOUR_DIMENSIONS and image.shape[2] == len("RGB")
    )
    if image.dtype != np.uint8 or not shaped or not image.size:
        raise PreprocessingError(
            "A step takes an 8-bit picture, height x width or height x width x 3. "
            f"Received: {image.dtype} of shape {image.shape}. Render to 8 bits first."
        )


def _level(value: StepValue) -> int:
    """Narrow a checked value to a level."""
    if not isinstance(value, int):
        raise PreprocessingError(f"A step's level is a whole number. Received: {value!r}.")
    return value


def _size(value: StepValue) -> Size:
    """Narrow a checked value to a size."""
    if not isinstance(value, tuple):
        raise PreprocessingError(f"A step's size is (height, width). Received: {value!r}.")
    return value
