"""Steps between grey and colour."""

from __future__ import annotations

from typing import cast

import numpy as np

from preprocessing.step_pictures import Picture, grey_of


def make_grey(image: Picture) -> Picture:
    """Turn a colour picture into its luminance (ITU-R BT.601-2); a grey one stays as it is.

    Example:
        >>> make_grey(np.array([[[255, 0, 0]]], np.uint8)).tolist()
        [[76]]
    """
    return grey_of(image)


def make_rgb(image: Picture) -> Picture:
    """Turn a grey picture into three equal channels; a colour one stays as it is.

    Example:
        >>> make_rgb(np.array([[7]], np.uint8)).tolist()
        [[[7, 7, 7]]]
    """
    return (
        image if image.ndim == len("RGB") else cast("Picture", np.repeat(image[..., np.newaxis], 3, axis=2))
    )
