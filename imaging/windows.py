"""Windows: the three functions of PS3.3 C.11.2.1.2 and C.11.2.1.3, and which windows are legal."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from foundation.contracts import Config

VoiLutFunction = Literal["LINEAR", "LINEAR_EXACT", "SIGMOID"]


class Window(Config):
    """A window.

    Args:
        center, width: in modality values.

    Example:
        >>> Window(center=40, width=400).is_legal("LINEAR")
        True
    """

    center: float
    width: float

    def is_legal(self, function: VoiLutFunction) -> bool:
        """Say whether the width is one that the function allows: at least 1 for LINEAR, else above 0."""
        return self.width >= 1 if function == "LINEAR" else self.width > 0


# Hounsfield units, as radiology textbooks and viewers give them.
WINDOW_PRESETS: dict[str, Window] = {
    "bone": Window(center=400, width=1800),
    "brain": Window(center=40, width=80),
    "lung": Window(center=-600, width=1500),
    "soft_tissue": Window(center=40, width=400),
}


def apply_window(
    modality_values: NDArray[np.float64], window: Window, function: VoiLutFunction, *, largest: float
) -> NDArray[np.float64]:
    """Return display values from 0 to `largest`, not rounded.

    Args:
        modality_values: any shape.
        window: a legal one.
        function: which of the three.
        largest: the display value of white, 255 or 65535.

    Example:
        >>> apply_window(np.array([0.0, 50.0, 100.0]), Window(center=50, width=100),
        ...              "LINEAR_EXACT", largest=255).tolist()
        [0.0, 127.5, 255.0]
    """
    if function == "SIGMOID":
        # C.11.2.1.3.1: 1 / (1 + exp(-4 (x - c) / w)); beyond 700 exp would overflow, and the value is 0
        exponent = np.clip(-4.0 * (modality_values - window.center) / window.width, -700.0, 700.0)
        return largest / (1.0 + np.exp(exponent))
    low = window.center - window.width / 2.0
    # C.11.2.1.2.1: c - 0.5 - (w - 1) / 2 is the same low end, but LINEAR ends one whole step earlier.
    width = window.width - 1.0 if function == "LINEAR" else window.width
    if width == 0.0:
        return np.where(modality_values <= low, 0.0, largest)
    # Multiplied first and divided once, so that a half of a grey level is a half.
    scaled = (modality_values - low) * largest / width
    return np.where(modality_values <= low, 0.0, np.where(modality_values > low + width, largest, scaled))
