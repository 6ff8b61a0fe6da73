"""The training log and its curves, as files."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from foundation.files import write_file

LOG_FILE = "training_log.csv"
CURVES_FILE = "curves.png"


@dataclass(frozen=True)
class EpochFigures:
    """What one epoch came to.

    Attributes:
        epoch: counted from 1.
        train_loss: mean over the records, without weight decay, while the weights moved.
        train_accuracy: share of right answers, likewise.
        validation_loss: at the epoch's end; None without a validation split.
        validation_accuracy: likewise.
    """

    epoch: int
    train_loss: float
    train_accuracy: float
    validation_loss: float | None = None
    validation_accuracy: float | None = None


def write_log(folder: Path, figures: Sequence[EpochFigures]) -> None:
    """Write `training_log.csv`: a header and a line an epoch, empty cells where nothing was measured."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(EpochFigures)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(figure) for figure in figures)
    write_file(folder / LOG_FILE, text.getvalue())


def write_curves(folder: Path, figures: Sequence[EpochFigures], *, best_epoch: int) -> None:
    """Write `curves.png`: loss and accuracy over the epochs, the kept epoch marked."""
    figure = Figure(figsize=(9, 3.5), layout="constrained")
    FigureCanvasAgg(figure)
    loss_axes, accuracy_axes = figure.subplots(1, 2)
    _draw(loss_axes, figures, "loss", best_epoch)
    _draw(accuracy_axes, figures, "accuracy", best_epoch)
    content = io.BytesIO()
    # No version of the drawing library in the file: the same training gives the same bytes.
    figure.savefig(content, format="png", dpi=110, metadata={"Software": None})
    write_file(folder / CURVES_FILE, content.getvalue())


def _draw(axes: Axes, figures: Sequence[EpochFigures], quantity: str, best_epoch: int) -> None:
    """Draw one quantity of the train and, where measured, the validation split."""
    epochs = [figure.epoch for figure in figures]
    for split in ("train", "validation"):
        values = [getattr(figure, f"{split}_{quantity}") for figure in figures]
        if None not in values:
            axes.plot(epochs, values, marker="o", markersize=3, label=split)
    axes.axvline(best_epoch, color="grey", linewidth=0.8, linestyle=":", label="kept epoch")
    axes.set_xlabel("epoch")
    axes.set_ylabel(quantity)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend()
