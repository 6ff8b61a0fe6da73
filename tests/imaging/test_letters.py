"""Letters of our own."""

from __future__ import annotations

import string

import numpy as np

from imaging.letters import ADVANCE, LINE_HEIGHT, write_line


def test_every_letter_and_figure_has_a_shape_of_its_own() -> None:
    """Capitals, figures and the marks that captions use."""
    drawn = {
        letter: write_line(letter, width=5).tobytes() for letter in string.ascii_uppercase + "0123456789"
    }
    assert len(set(drawn.values())) == 36
    assert write_line("?", width=5).tobytes() not in drawn.values()
    assert np.array_equal(write_line("a", width=5), write_line("A", width=5))


def test_what_has_no_shape_is_a_question_mark() -> None:
    """Whatever text comes, it is drawn."""
    assert np.array_equal(write_line("\N{SNOWMAN}", width=5), write_line("?", width=5))


def test_a_line_is_cut_to_its_width() -> None:
    """Whole letters only."""
    line = write_line("ABCDEF", width=2 * ADVANCE + 3)
    assert line.shape == (LINE_HEIGHT, 15)
    assert not line[:, 12:].any()
    assert line[:, 6:11].any()
