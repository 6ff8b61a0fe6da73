"""Tables over a small dtype."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from imaging import value_tables as module
from imaging.value_tables import every_value, has_table, look_up_frame


@pytest.mark.parametrize("name", ["u1", "i1", "u2", "i2", ">i2"])
def test_a_table_is_looked_up_by_value(name: str) -> None:
    """Signed or not, in either byte order, each value finds its own entry."""
    native = np.dtype(name).newbyteorder("=")
    limits = np.iinfo(native)
    frame = np.array([[limits.min, 0, 1, limits.max]], name)
    table = every_value(native).astype(np.int64)
    assert look_up_frame(frame, (table % 65521).astype(np.uint16)).tolist() == [
        [int(value) % 65521 for value in frame[0]]
    ]


def test_floats_and_wide_integers_have_no_table() -> None:
    """They have too many values."""
    assert [has_table(np.dtype(name)) for name in ("u1", "i2", "u4", "f4", "f2")] == [
        True,
        True,
        *[False] * 3,
    ]


def test_a_table_without_opencvs_help_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where OpenCV has no 16-bit tables, numpy gives the same picture."""
    frame = np.array([[-3, 7]], np.int16)
    table = (every_value(np.dtype(np.int16)) & 255).astype(np.uint8)
    expected = look_up_frame(frame, table)

    def refuse(*_: Any) -> None:
        raise module.cv2.error("no such table")

    monkeypatch.setattr(module.cv2, "LUT", refuse)
    assert np.array_equal(look_up_frame(frame, table), expected)
