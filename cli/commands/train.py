"""`dicomill train`: records to an artifact."""

from __future__ import annotations

from pathlib import Path

import click

from cli.configs import make_config
from cli.options import PATH, json_option, overwrite_option, set_option
from cli.printing import print_report
from cli.terminal import watched


@click.command()
@click.argument("records", type=PATH)
@click.argument("artifact", type=PATH)
@click.option("--model", metavar="NAME", help="See `dicomill models list`.  [default: lenet5]")
@click.option("--weights", metavar="NAME|PATH", help="Start from: imagenet, an artifact.  [default: fresh]")
@click.option("--epochs", type=click.IntRange(min=1), help="At most.  [default: 20]")
@click.option("--batch-size", type=click.IntRange(min=1), help="[default: 32]")
@click.option("--learning-rate", type=float, help="[default: the optimizer's]")
@click.option("--optimizer", metavar="NAME", help="[default: adam]")
@click.option("--image-size", type=click.IntRange(min=1), help="Side in pixels.  [default: the model's]")
@click.option("--patience", type=click.IntRange(min=1), help="Epochs without progress.  [default: 5]")
@click.option("--seed", type=int, help="[default: 0]")
@overwrite_option
@set_option
@json_option
def train(
    records: Path,
    artifact: Path,
    *,
    model: str | None,
    weights: str | None,
    epochs: int | None,
    batch_size: int | None,
    learning_rate: float | None,
    optimizer: str | None,
    image_size: int | None,
    patience: int | None,
    seed: int | None,
    overwrite: bool,
    assignments: tuple[str, ...],
    as_json: bool,
) -> None:
    """Train a network on RECORDS and write the ARTIFACT folder.

    Training stops when the validation loss has not fallen for some epochs, and the best epoch's
    weights are kept. The test split is not looked at.

    \b
    Example:
      dicomill train out/records out/model --model lenet5 --epochs 20
    """
    from training.train import TrainConfig
    from training.train import train as door

    config = make_config(
        TrainConfig,
        {
            "records": records,
            "artifact": artifact,
            "model": model,
            "weights": weights,
            "epochs": epochs,
            "batch_size": batch_size,
            "learning_rate": learning_rate,
            "optimizer": optimizer,
            "image_size": image_size,
            "patience": patience,
            "seed": seed,
            "overwrite": overwrite,
        },
        assignments=assignments,
    )
    with watched() as progress:
        report = door(config, progress=progress)
    shape = f"{report.height}x{report.width}x{report.channels}"
    speed = f"{report.seconds:.1f} s ({report.images_per_second:.0f} images/s)"
    best = _told("train", report.train_loss, report.train_accuracy)
    chosen = _told(", validation", report.validation_loss, report.validation_accuracy)
    lines = [
        f"{report.model}, {report.parameters:,} parameters, input {shape}",
        f"{report.trained_epochs} epochs on {report.train_records} records in {speed}",
        f"Best epoch {report.best_epoch}: {best}{chosen}",
        *report.notes,
        f"Artifact in {artifact}",
    ]
    print_report(report, as_json=as_json, lines=lines)


def _told(split: str, loss: float | None, accuracy: float | None) -> str:
    return "" if loss is None or accuracy is None else f"{split} loss {loss:.4f}, accuracy {accuracy:.4f}"
