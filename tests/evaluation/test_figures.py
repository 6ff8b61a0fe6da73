"""Pictures of a report."""

import io
import sys

import numpy as np
from matplotlib.image import imread

from evaluation.figures import draw_confusion_matrix, draw_counts


def test_the_same_counts_give_the_same_bytes() -> None:
    """A report can be compared byte by byte."""
    counts = np.array([[9, 1], [1, 15]])
    first, second = (draw_confusion_matrix(counts, ["no", "yes"], title="test") for _ in range(2))
    assert first == second
    assert b"Software" not in first


def test_a_larger_matrix_gives_a_larger_picture() -> None:
    """Cells keep a readable size whatever the number of classes."""
    small, large = (
        imread(io.BytesIO(draw_confusion_matrix(np.eye(k, dtype=int), list("abcdefghij")[:k], title="t")))
        for k in (2, 10)
    )
    assert large.shape[0] > small.shape[0]
    assert large.shape[1] > small.shape[1]


def test_class_names_are_text_whatever_they_hold() -> None:
    """Dollar signs and blank rows neither fail nor warn."""
    counts = np.array([[0, 0], [2, 1]])
    assert draw_counts(counts, rows=["$x", "$\\frac$"], columns=["a$", "b"], title="$", axes=("c", "r"))


def test_drawing_touches_no_global_state() -> None:
    """matplotlib.pyplot, with its global figures, is never loaded by us."""
    before = "matplotlib.pyplot" in sys.modules
    draw_confusion_matrix(np.eye(2, dtype=int), ["a", "b"], title="t")
    assert ("matplotlib.pyplot" in sys.modules) == before
