"""The fingerprint of pixels."""

from __future__ import annotations

import numpy as np

from imaging.pixel_hashes import hash_pixels


def test_shape_dtype_and_values_count_but_not_the_byte_order() -> None:
    """Equal values of equal dtype and shape are equal, all else differs."""
    values = np.arange(6, dtype="<u2").reshape(2, 3)
    assert hash_pixels(values) == hash_pixels(values.astype(">u2"))
    others = [values.T, values.reshape(1, 6), values.astype(np.int16), values + 1]
    assert len({hash_pixels(other) for other in [values, *others]}) == 5
