"""Texture, exposure and the written word."""

from __future__ import annotations

import numpy as np
import pytest

from imaging.phantoms.exposure import WORD, expose, write_word


@pytest.mark.parametrize("size", [64, 100, 256, 600])
@pytest.mark.parametrize("seed", range(4))
def test_the_word_stands_whole_in_one_corner(size: int, seed: int) -> None:
    """Its marks are bright, lie in one quarter of the height, and number what nine letters need."""
    picture = np.zeros((size, size), np.float32)
    write_word(picture, np.random.default_rng(seed))
    rows, columns = np.nonzero(picture > 0.5)
    assert rows.max() < size / 4 or rows.min() > size * 3 / 4
    assert 0 <= columns.min() < columns.max() < size
    marks = 129 * max(1, size // 256) ** 2
    assert len(rows) == pytest.approx(marks, rel=0.1)
    assert len(WORD) == 9


def test_exposure_evens_out_the_mean_brightness() -> None:
    """A thin and a thick body of the same outline come out about equally bright."""
    body = np.zeros((128, 128), np.float32)
    body[20:108, 20:108] = 1
    means = [expose(body * factor, np.random.default_rng(3)).mean() for factor in (0.4, 2.5)]
    assert means[0] == pytest.approx(means[1], abs=0.08)


def test_a_radiograph_lies_between_0_and_1_and_repeats() -> None:
    """The same state of the generator gives the same picture; another does not."""
    body = np.linspace(0, 2, 64 * 64, dtype=np.float32).reshape(64, 64)
    first, again, other = (expose(body.copy(), np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first.dtype == np.float32
    assert 0 <= first.min() < first.max() <= 1
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
