"""The steps of a recipe: pure functions from one picture to another, in one readable registry.

Each takes a picture (see `preprocessing.step_pictures`) and its parameters by the names that `STEPS`
gives them, and leaves its input untouched. A new step is one function and one entry here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from foundation.errors import ConfigError, PreprocessingError
from foundation.registries import look_up
from preprocessing.collimation import crop_to_collimation
from preprocessing.colour_steps import make_grey, make_rgb
from preprocessing.denoising import average_non_locally, blur_gaussian, take_median
from preprocessing.geometry_steps import letterbox, pad_to_square, resize_picture
from preprocessing.level_steps import (
    clip_percentiles,
    correct_gamma,
    equalise_adaptively,
    equalise_histogram,
    invert_levels,
    reduce_to_8_bits,
    standardise,
)
from preprocessing.original_steps import (
    downsample_bits,
    enhance_contrast,
    mask_target,
    quantize_picture,
    segment_target,
)
from preprocessing.step_parameters import (
    LevelParameter,
    NumberParameter,
    ParameterValue,
    SizeParameter,
    StepParameter,
    WholeParameter,
)
from preprocessing.step_pictures import Picture, check_picture

Values = tuple[ParameterValue, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One entry of `STEPS`.

    Attributes:
        name: what a recipe calls it.
        function: of a picture and the parameters, by their names.
        summary: one line for lists and help.
        parameters: name to kind, in the order in which texts may give them without names.
        is_8_bit: whether it takes pictures of 8 bits only; `docs/recipes.md` says why.
    """

    name: str
    function: Callable[..., Picture]
    summary: str
    parameters: Mapping[str, StepParameter] = field(default_factory=dict)
    is_8_bit: bool = False

    def read(self, given: Sequence[object], named: Mapping[str, object]) -> Values:
        """Return a checked value for each parameter, defaults filled in.

        Args:
            given: the first parameters' values, in order.
            named: further ones by name.

        Raises:
            UnknownNameError: a name that is no parameter.
            ConfigError: too many values, one given twice, or one that its parameter refuses.
        """
        if len(given) > len(self.parameters):
            raise self._refusal(f"Expected {self._expected}. Received: {', '.join(map(repr, given))}.")
        values = dict(zip(self.parameters, given, strict=False))
        for name, value in named.items():
            look_up(self.parameters, name, kind=f"parameter of {self.name} called")
            if name in values:
                raise self._refusal(f'Expected "{name}" once. Received: it twice.')
            values[name] = value
        return tuple(self._read_one(name, values) for name in self.parameters)

    def text(self, values: Values) -> str:
        """Return the canonical text: `name`, `name:value`, or `name:a=1,b=2` with every value."""
        written = [
            parameter.text(value) for parameter, value in zip(self.parameters.values(), values, strict=True)
        ]
        if len(written) > 1:
            written = [f"{name}={text}" for name, text in zip(self.parameters, written, strict=True)]
        return ":".join([self.name, ",".join(written)]) if written else self.name

    def apply(self, image: Picture, values: Values) -> Picture:
        """Run the step on a picture that `check_picture` has accepted.

        Raises:
            PreprocessingError: the picture has 16 bits and the step takes 8, or the result is too large.
        """
        if self.is_8_bit and image.dtype != np.uint8:
            raise PreprocessingError(
                f'The step "{self.name}" takes pictures of 8 bits. Put the step "to_8_bits" before it, '
                f"or export with 8 bits. Received: {image.dtype}."
            )
        return self.function(image, *values)

    def _read_one(self, name: str, values: Mapping[str, object]) -> ParameterValue:
        parameter = self.parameters[name]
        if name not in values:
            return parameter.default
        try:
            return parameter.read(values[name])
        except ConfigError as error:
            told = "" if len(self.parameters) == 1 else f' for "{name}"'
            raise ConfigError(f'The value of step "{self.name}"{told} cannot be used. {error}') from error

    @property
    def _expected(self) -> str:
        """What may stand behind the colon."""
        if not self.parameters:
            return "no value"
        return f"at most {len(self.parameters)} value(s): {', '.join(self.parameters)}"

    def _refusal(self, sentence: str) -> ConfigError:
        return ConfigError(f'The value of step "{self.name}" cannot be used. {sentence}')


_PAD = WholeParameter(minimum=0, maximum=255, default=0)
_SIZE = SizeParameter(default=(224, 224))
_ORIGINAL_LEVEL = LevelParameter(minimum=1, maximum=10, default=4)

STEPS: dict[str, Step] = {
    step.name: step
    for step in (
        Step(
            "bitwise_downsampling",
            downsample_bits,
            "keep the top bits of each sample",
            {"bits": LevelParameter(minimum=1, maximum=8, default=4)},
            is_8_bit=True,
        ),
        Step(
            "clahe",
            equalise_adaptively,
            "equalise the histogram of each tile, its peaks clipped",
            {
                "clip": NumberParameter(minimum=1, maximum=100, default=2),
                "tiles": WholeParameter(minimum=1, maximum=64, default=8),
            },
            is_8_bit=True,
        ),
        Step(
            "color_quantization",
            quantize_picture,
            "reduce the picture to a few colours by k-means",
            {"colours": LevelParameter(minimum=2, maximum=10, default=4)},
            is_8_bit=True,
        ),
        Step(
            "contrast_enhancing",
            enhance_contrast,
            "spread the samples around the mean",
            {"factor": _ORIGINAL_LEVEL},
            is_8_bit=True,
        ),
        Step(
            "crop_to_collimation",
            crop_to_collimation,
            "cut the unexposed borders of a radiograph off where their edges are sure",
        ),
        Step(
            "denoise_gaussian",
            blur_gaussian,
            "blur by a Gaussian",
            {"sigma": NumberParameter(minimum=0.3, maximum=20, default=1)},
        ),
        Step(
            "denoise_median",
            take_median,
            "replace each sample by the median around it",
            {"side": WholeParameter(minimum=3, maximum=5, default=3, spacing=2)},
        ),
        Step(
            "denoise_non_local_means",
            average_non_locally,
            "average each pixel with those whose surroundings look alike",
            {"strength": NumberParameter(minimum=0.5, maximum=100, default=5)},
        ),
        Step(
            "gamma",
            correct_gamma,
            "bend the levels by a power",
            {"exponent": NumberParameter(minimum=0.1, maximum=10, default=0.5)},
        ),
        Step("grayscale", make_grey, "turn colour into luminance"),
        Step("histogram_equalisation", equalise_histogram, "spread the levels by how often they occur"),
        Step("invert", invert_levels, "turn black into white"),
        Step(
            "letterbox",
            letterbox,
            "resize with the aspect kept, and pad to a size",
            {"size": _SIZE, "pad": _PAD},
        ),
        Step("pad_to_square", pad_to_square, "pad the shorter side", {"pad": _PAD}),
        Step(
            "percentile_clip",
            clip_percentiles,
            "clip the levels at two percentiles and spread the rest",
            {
                "low": NumberParameter(minimum=0, maximum=49, default=1),
                "high": NumberParameter(minimum=51, maximum=100, default=99),
            },
        ),
        Step("resize", resize_picture, "resize to HEIGHTxWIDTH, the aspect not kept", {"size": _SIZE}),
        Step("rgb", make_rgb, "turn grey into three equal channels"),
        Step(
            "target_masking",
            mask_target,
            "keep the large dark structures and make the rest black",
            {"factor": _ORIGINAL_LEVEL},
            is_8_bit=True,
        ),
        Step(
            "target_segmentation",
            segment_target,
            "enhance the contrast and mark the large dark structures",
            {"factor": _ORIGINAL_LEVEL},
            is_8_bit=True,
        ),
        Step("to_8_bits", reduce_to_8_bits, "turn 16 bits into 8"),
        Step(
            "z_score",
            standardise,
            "put the mean at mid grey, and so many standard deviations at black and white",
            {"deviations": NumberParameter(minimum=0.1, maximum=20, default=3)},
        ),
    )
}


def apply_step(image: Picture, name: str, *given: object, **named: object) -> Picture:
    """Check picture, name and values, and run one step.

    Args:
        image: uint8 or uint16, height x width or height x width x 3 (RGB).
        name: a key of `STEPS`.
        given: the first parameters' values; defaults for the rest.
        named: parameters by name.

    Raises:
        UnknownNameError: there is no such step or parameter.
        ConfigError: a value that its parameter refuses.
        PreprocessingError: the array is no picture, or of more bits than the step takes.

    Example:
        >>> apply_step(np.array([[7]], np.uint8), "bitwise_downsampling", 99).tolist()
        [[7]]
    """
    step = look_up(STEPS, name, kind="step")
    check_picture(image)
    return step.apply(image, step.read(given, named))
