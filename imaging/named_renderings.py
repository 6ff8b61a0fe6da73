"""The renderings by name: a new one is a line here, and its function beside those it resembles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.published_renderings import chexpert, medicalcv, mimic_cxr_jpg
from imaging.rendering_attributes import RenderingAttributes
from imaging.scalings import Scaling, by_header, by_percentiles, by_range


@dataclass(frozen=True)
class Rendering:
    """A named way from stored values to a picture: by the chain, or as somebody published it.

    Args:
        summary: one sentence for people.
        choose: how the chain's scaling is found.
        published: a recipe that works on stored values and ignores the header's windows.
        bits: of a picture when none are asked for, 8 or 16.
        inverts: MONOCHROME1 is turned, so that bone is white.
    """

    summary: str
    choose: Callable[[NDArray[Any], RenderingAttributes], Scaling] = by_header
    published: Callable[[NDArray[Any], RenderingAttributes], NDArray[np.uint8]] | None = None
    bits: int = 8
    inverts: bool = True


RENDERINGS: dict[str, Rendering] = {
    "chexpert": Rendering(
        "Scaled by the maximum, inverted where needed, histogram equalised (CheXpert).", published=chexpert
    ),
    "dynamic16": Rendering("Minimum to maximum of the frame in 16 bits.", by_range, bits=16),
    "full": Rendering("Minimum to maximum of the frame, VOI ignored.", by_range),
    "medicalcv": Rendering(
        "The original MedicalCV formula: stored values by their maximum, truncated.",
        published=medicalcv,
        inverts=False,
    ),
    "mimic-cxr-jpg": Rendering(
        "Minimum to maximum, inverted where needed, histogram equalised (MIMIC-CXR-JPG).",
        published=mimic_cxr_jpg,
    ),
    "percentile": Rendering("Percentiles 0.5 to 99.5 of the frame.", by_percentiles),
    "window": Rendering("As the header asks: VOI LUT, else the first window.", by_header),
}
