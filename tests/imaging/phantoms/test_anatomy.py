"""The registry of body parts, and the drawing of each."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from foundation.errors import ConfigError, UnknownNameError
from imaging.body_parts import clean_body_part
from imaging.phantoms.anatomy import ANATOMY, draw_phantom

VIEWS = [(body_part, view) for body_part, entry in ANATOMY.items() for view in entry.views]


@pytest.mark.parametrize(("body_part", "view"), VIEWS)
@pytest.mark.parametrize("size", [64, 150])
def test_every_view_draws_a_picture_that_repeats(body_part: str, view: str, size: int) -> None:
    """The contract of the registry: shape, type, range, contrast, and the same for the same seed."""
    first, again, other = (
        draw_phantom(body_part, rng=np.random.default_rng(seed), size=size, view_position=view)
        for seed in (5, 5, 6)
    )
    assert first.shape == (size, size)
    assert first.dtype == np.float32
    assert 0 <= first.min() < first.max() <= 1
    assert first.std() > 0.1
    assert np.array_equal(first, again)
    assert np.abs(first - other).mean() > 0.02


def test_the_registry_holds_the_body_parts_in_alphabetical_order() -> None:
    """At least eight, each under its own name and with at least one view."""
    assert {"SKULL", "CSPINE", "CHEST", "BREAST", "ABDOMEN", "HAND", "KNEE", "PELVIS"} <= set(ANATOMY)
    assert list(ANATOMY) == sorted(ANATOMY)
    assert all(entry.body_part == name and entry.views for name, entry in ANATOMY.items())


def test_every_spelling_means_its_body_part() -> None:
    """What the generator writes in place of a term is what the cleaning takes for that term."""
    for body_part, entry in ANATOMY.items():
        for spelling in (body_part, *entry.spellings):
            assert clean_body_part(spelling).value == body_part, spelling


def drawn(count: int, offset: int) -> tuple[np.ndarray, np.ndarray]:
    """Return small pictures and their body parts, `count` of each."""
    pictures = [
        cv2.resize(draw_phantom(name, rng=np.random.default_rng([number, offset]), size=96), (24, 24))
        for name in ANATOMY
        for number in range(count)
    ]
    return np.array(pictures), np.repeat(list(ANATOMY), count)


def test_body_parts_differ_by_shape_and_not_by_brightness() -> None:
    """A vote of correlations tells them apart; the mean brightness does little better than chance."""
    known, known_names = drawn(12, 0)
    asked, asked_names = drawn(6, 1)
    flat, flat_asked = (group.reshape(len(group), -1) for group in (known, asked))
    flat, flat_asked = (
        (group - group.mean(1, keepdims=True)) / group.std(1, keepdims=True) for group in (flat, flat_asked)
    )
    by_shape = known_names[(flat_asked @ flat.T).argmax(axis=1)]
    means, means_asked = known.mean((1, 2)), asked.mean((1, 2))
    by_mean = known_names[np.abs(means_asked[:, None] - means).argmin(axis=1)]
    assert (by_shape == asked_names).mean() > 0.85
    assert (by_mean == asked_names).mean() < 0.4


def test_paired_parts_come_from_both_sides() -> None:
    """Left as drawn, right mirrored; unpaired ones are never mirrored on their own."""
    pictures = [
        draw_phantom("HAND", rng=np.random.default_rng(2), view_position="PA", mirrored=mirrored)
        for mirrored in (False, True)
    ]
    assert np.abs(pictures[0] - pictures[1]).mean() > 0.02
    assert not ANATOMY["CHEST"].paired


def test_what_cannot_be_drawn_is_named() -> None:
    """Unknown part, unknown view, a size out of range."""
    rng = np.random.default_rng(0)
    with pytest.raises(UnknownNameError, match=r'no phantom body part "TAIL".*Known: ABDOMEN'):
        draw_phantom("TAIL", rng=rng)
    with pytest.raises(UnknownNameError, match='view of CHEST "CC"'):
        draw_phantom("CHEST", rng=rng, view_position="CC")
    with pytest.raises(ConfigError, match="Received: 8"):
        draw_phantom("CHEST", rng=rng, size=8)
