"""`dicomill models`: the networks that `train` knows, and weights from and for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.configs import make_config
from cli.options import PATH, json_option, overwrite_option, set_option
from cli.printing import print_report, table_lines
from cli.rendering_options import rendering_of, rendering_options

if TYPE_CHECKING:
    from training.networks.showing import ShownModel

_MEBIBYTE = 1 << 20
_GIGA = 1_000_000_000


@click.group()
def models() -> None:
    """Show the networks, and bring weights in and out.

    \b
    Example:
      dicomill models list
    """


@models.command(name="list")
@json_option
def list_all(*, as_json: bool) -> None:
    """List the networks by name.

    \b
    Example:
      dicomill models list
    """
    from training.networks.listing import list_models

    report = list_models()
    rows = [[row.name, f"{row.default_size}x{row.default_size}", row.summary] for row in report.models]
    print_report(report, as_json=as_json, lines=table_lines(["name", "size", "what it is"], rows))


@models.command()
@click.argument("name")
@click.option("--size", type=click.IntRange(min=1), help="Side in pixels.  [default: the network's]")
@click.option("--channels", type=click.IntRange(1, 3), default=3, show_default=True, help="1 or 3.")
@click.option("--classes", type=click.IntRange(min=1), default=2, show_default=True, help="Number of them.")
@click.option(
    "--batch-size", type=click.IntRange(min=1), default=32, show_default=True, help="For the memory."
)
@json_option
def show(*, name: str, size: int | None, channels: int, classes: int, batch_size: int, as_json: bool) -> None:
    """Show the layers of NAME, its weights, operations for one picture and memory for a batch.

    NAME is a network of `dicomill models list`, a .keras file or MODULE:FUNCTION. Operations are those
    of convolutions, dense layers and attention; memory is an estimate for float32 and Adam.

    \b
    Example:
      dicomill models show resnet_v2_50 --size 224 --channels 1 --classes 7
    """
    from training.networks.showing import show_model

    report = show_model(name, size=size, channels=channels, num_classes=classes, batch_size=batch_size)
    print_report(report, as_json=as_json, lines=[*_summary_lines(report), "", *_layer_lines(report)])


@models.command(name="import")
@click.argument("checkpoint", metavar="PATH", type=PATH)
@click.option("--model", required=True, metavar="NAME", help="The network whose weights they are.")
@click.option(
    "--target", type=PATH, metavar="DIR|FILE.keras", help="To write; without it PATH is only checked."
)
@click.option("--classes", metavar="N|FILE", help="Number, or a file of names.  [default: the checkpoint's]")
@click.option("--size", type=click.IntRange(min=1), help="Side in pixels.  [default: the network's]")
@click.option("--channels", type=click.IntRange(1, 3), help="1 or 3.  [default: the checkpoint's]")
@click.option("--head", type=click.Choice(["keep", "replace"]), help="The last layer.  [default: keep]")
@click.option("--treatment", metavar="NAME", help="Of the input.  [default: the network's]")
@click.option("--moving-averages", is_flag=True, default=None, help="Take them in place of the variables.")
@rendering_options
@overwrite_option
@set_option
@json_option
def import_checkpoint(
    *,
    checkpoint: Path,
    classes: str | None,
    rendering: str | None,
    window: str | None,
    bits: str | None,
    assignments: tuple[str, ...],
    as_json: bool,
    **given: Any,
) -> None:
    """Make an artifact of the weights in PATH: of TensorFlow 1, Keras, timm or torchvision.

    PATH is a folder of checkpoints (the latest is taken), a prefix such as model.ckpt-8400, or a file:
    V1 or V2 of TensorFlow 1, .keras, .weights.h5, .safetensors. Every variable must find its place,
    or nothing is written and all that do not are listed. Released ImageNet checkpoints of TF-slim
    want --treatment inception and --size 299.

    \b
    Example:
      dicomill models import tfmodel/ --model resnet_v2_50 --head replace --classes 7 --target out/model
    """
    from training.checkpoints.import_checkpoint import ImportCheckpointConfig
    from training.checkpoints.import_checkpoint import import_checkpoint as door

    config = make_config(
        ImportCheckpointConfig,
        {
            "checkpoint": checkpoint,
            "rendering": rendering_of(rendering, window, bits),
            **_classes(classes),
            **given,
        },
        assignments=assignments,
    )
    report = door(config)
    size = f"{report.height}x{report.width}x{report.channels}"
    lines = [
        f"{report.model}, {report.parameters:,} parameters, input {size}, {len(report.classes)} classes",
        f"{report.num_loaded} of {report.num_variables} variables from the checkpoint",
        *report.notes,
        f"Written to {config.target}" if config.target else "It fits. Nothing was written: give --target.",
    ]
    print_report(report, as_json=as_json, lines=lines)


@models.command(name="export")
@click.argument("model", type=PATH)
@click.argument("target", type=PATH)
@click.option("--names", type=click.Choice(["tf1"]), default="tf1", show_default=True, help="Whose names.")
@overwrite_option
@json_option
def export_checkpoint(*, model: Path, target: Path, names: str, overwrite: bool, as_json: bool) -> None:
    """Write the weights of MODEL as a checkpoint with TensorFlow 1's names into the folder TARGET.

    MODEL is an artifact or a .keras file of dicomill's; its network one of TF-slim's or of the official
    ResNets.

    \b
    Example:
      dicomill models export out/model out/tf1 --names tf1
    """
    from training.checkpoints.export_checkpoint import ExportCheckpointConfig
    from training.checkpoints.export_checkpoint import export_checkpoint as door

    values = {"model": model, "target": target, "names": names, "overwrite": overwrite}
    report = door(make_config(ExportCheckpointConfig, values))
    lines = [f"{report.num_variables} variables of {report.model} in {target / report.prefix}"]
    print_report(report, as_json=as_json, lines=lines)


def _classes(text: str | None) -> dict[str, Any]:
    """Return what `--classes` says: a number, or names from a file."""
    if text is None:
        return {}
    if text.isdecimal():
        return {"num_classes": int(text)}
    from preprocessing.classes import read_classes_file

    return {"classes": read_classes_file(Path(text))}


def _summary_lines(report: ShownModel) -> list[str]:
    size = f"{report.height}x{report.width}x{report.channels}"
    fixed = report.parameters - report.trainable_parameters
    training, inference = report.training_bytes / _MEBIBYTE, report.inference_bytes / _MEBIBYTE
    return [
        f"{report.name}: {report.summary}",
        report.source,
        f"input {size}, treatment {report.treatment}, {report.num_classes} classes",
        f"{report.parameters:,} parameters, {report.trainable_parameters:,} trainable, {fixed:,} not",
        f"{report.flops / _GIGA:.3f} GFLOP a picture ({report.multiply_adds / _GIGA:.3f} G multiply-adds)",
        f"batch of {report.batch_size}: training about {training:,.0f} MiB, prediction {inference:,.0f} MiB",
        f"last feature map: {report.feature_map}, {_told(report.feature_map_shape)}",
    ]


def _layer_lines(report: ShownModel) -> list[str]:
    rows = [[row.name, row.kind, _told(row.shape), row.parameters] for row in report.layers]
    return table_lines(["layer", "kind", "gives", "parameters"], rows)


def _told(shape: tuple[int | None, ...]) -> str:
    return "x".join("?" if side is None else str(side) for side in shape)
