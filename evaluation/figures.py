"""Pictures of a report, drawn without matplotlib's global state."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from evaluation.metrics import Counts

_INCHES_A_CELL = 0.7
_DOTS_PER_INCH = 110


def draw_confusion_matrix(confusions: Counts, classes: Sequence[str], *, title: str) -> bytes:
    """Return a confusion matrix as PNG: counts in the cells, shade by share of the true class.

    Args:
        confusions: shape [K, K], rows true and columns predicted.
        classes: K names in index order.
        title: one line above the picture.

    Example:
        >>> draw_confusion_matrix(np.array([[9, 1], [1, 15]]), ["no", "yes"], title="test")[1:4]
        b'PNG'
    """
    return draw_counts(confusions, rows=classes, columns=classes, title=title, axes=("predicted", "true"))


def draw_counts(
    counts: Counts, *, rows: Sequence[str], columns: Sequence[str], title: str, axes: tuple[str, str]
) -> bytes:
    """Return a table of counts as PNG, each row shaded by its own shares.

    Args:
        counts: shape [rows, columns].
        rows: names from top to bottom.
        columns: names from left to right.
        title: one line above the picture.
        axes: what the columns and the rows mean.
    """
    figure = Figure(
        figsize=(2.5 + _INCHES_A_CELL * len(columns), 2.0 + _INCHES_A_CELL * len(rows)),
        dpi=_DOTS_PER_INCH,
        layout="constrained",
    )
    plot = figure.add_subplot()
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    plot.imshow(shares, cmap="Blues", vmin=0.0, vmax=1.0, aspect="auto")
    # A dollar sign in a class name is text, not mathematics.
    plot.set_xticks(range(len(columns)), columns, rotation=45, ha="right", parse_math=False)
    plot.set_yticks(range(len(rows)), rows, parse_math=False)
    plot.set_xlabel(axes[0])
    plot.set_ylabel(axes[1])
    plot.set_title(title, parse_math=False)
    for (row, column), share in np.ndenumerate(shares):
        ink = "white" if share > 0.5 else "black"
        plot.text(column, row, str(counts[row, column]), ha="center", va="center", color=ink)
    stream = io.BytesIO()
    # Without a Software entry the same counts give the same bytes under any matplotlib that draws alike.
    figure.savefig(stream, format="png", metadata={"Software": None})
    return stream.getvalue()
