"""Input treatments: the layers inside a model that take 0..255 to what it computes with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from foundation.registries import look_up

Tensor = Any

# Mean of ImageNet's training pictures, R, G, B, as VGG's authors published it.
RGB_MEANS = (123.68, 116.78, 103.94)
# The same with more digits in keras.applications' Caffe weights; here still in the order R, G, B.
CAFFE_MEANS = (123.68, 116.779, 103.939)
# Mean and standard deviation of ImageNet on a scale of 0..1, as torchvision publishes them.
IMAGENET_MEANS = (0.485, 0.456, 0.406)
IMAGENET_DEVIATIONS = (0.229, 0.224, 0.225)
# Weights of red, green and blue in a grey picture. Source: ITU-R BT.601-7, section 2.5.1.
LUMA = (0.299, 0.587, 0.114)

OWN = "own"
LAYER_NAME = "input_treatment"


@dataclass(frozen=True)
class Treatment:
    """A treatment as x * scale + offset on each channel.

    Attributes:
        means: subtracted first, on the scale 0..255; R, G, B.
        deviations: divided by then; R, G, B.
        reverse: the network takes B, G, R.
        summary: one line for lists.
    """

    means: tuple[float, ...]
    deviations: tuple[float, ...]
    summary: str
    reverse: bool = False

    def factors(self, channels: int) -> tuple[list[float], list[float]]:
        """Return scale and offset for each channel; a grey channel is the luma of three.

        Example:
            >>> TREATMENTS["inception"].factors(1)
            ([0.00784313725490196], [-1.0])
        """
        means, deviations = list(self.means), list(self.deviations)
        if channels == 1:
            means, deviations = [_luma(means)], [_luma(deviations)]
        scale = [1 / deviation for deviation in deviations]
        offset = [-mean / deviation for mean, deviation in zip(means, deviations, strict=True)]
        return (scale[::-1], offset[::-1]) if self.reverse else (scale, offset)


def _luma(values: list[float]) -> float:
    """Return the grey of a colour; a colour without hue is its own grey."""
    if len(set(values)) == 1:
        return values[0]
    return sum(weight * value for weight, value in zip(LUMA, values, strict=True))


TREATMENTS: dict[str, Treatment] = {
    "caffe": Treatment(
        CAFFE_MEANS, (1.0, 1.0, 1.0), "B, G, R minus ImageNet's means, on the scale 0..255", reverse=True
    ),
    "imagenet": Treatment(
        tuple(255 * mean for mean in IMAGENET_MEANS),
        tuple(255 * deviation for deviation in IMAGENET_DEVIATIONS),
        "minus ImageNet's means, over its standard deviations (torchvision)",
    ),
    "inception": Treatment((127.5, 127.5, 127.5), (127.5, 127.5, 127.5), "-1..1"),
    "native": Treatment(RGB_MEANS, (1.0, 1.0, 1.0), "R, G, B minus ImageNet's means, on the scale 0..255"),
    "none": Treatment((0.0, 0.0, 0.0), (1.0, 1.0, 1.0), "0..255 as it comes"),
    "unit": Treatment((0.0, 0.0, 0.0), (255.0, 255.0, 255.0), "0..1"),
    "vgg": Treatment(RGB_MEANS, (1.0, 1.0, 1.0), "R, G, B minus ImageNet's means, on the scale 0..255"),
}


def treat(pictures: Tensor, name: str) -> Tensor:
    """Put a treatment on a model's input; its last layer is called `input_treatment`.

    Args:
        pictures: [batch, height, width, channels] of 0..255, R, G, B or grey.
        name: a key of TREATMENTS.

    Raises:
        UnknownNameError: no such treatment.
    """
    from keras import layers  # noqa: PLC0415 - treatments are listed without Keras

    treatment = look_up(TREATMENTS, name, kind="input treatment")
    channels = pictures.shape[-1]
    scale, offset = treatment.factors(channels)
    if treatment.reverse and channels > 1:
        channel = [pictures[..., index : index + 1] for index in range(channels)]
        pictures = layers.Concatenate(name="input_bgr")(channel[::-1])
    if len(set(scale)) == 1:
        # One number where one says it all, as Keras' own models write it.
        return layers.Rescaling(scale[0], _shortest(offset), name=LAYER_NAME)(pictures)
    return layers.Rescaling(scale, offset, name=LAYER_NAME)(pictures)


def _shortest(values: list[float]) -> float | list[float]:
    return values[0] if len(set(values)) == 1 else values
