"""`dicomill transform`: one image/label folder to another."""

from __future__ import annotations

from pathlib import Path

import click

from cli.configs import make_config
from cli.options import PATH, json_option, overwrite_option, set_option, workers_option
from cli.printing import print_report
from cli.terminal import watched


@click.command()
@click.argument("folder", type=PATH)
@click.argument("target", type=PATH)
@click.option(
    "--step",
    "steps",
    multiple=True,
    required=True,
    metavar="NAME[:VALUE]",
    help="A preprocessing step; give it several times for several, in order.",
)
@workers_option
@overwrite_option
@set_option
@json_option
def transform(
    folder: Path,
    target: Path,
    *,
    steps: tuple[str, ...],
    workers: int | None,
    overwrite: bool,
    assignments: tuple[str, ...],
    as_json: bool,
) -> None:
    """Apply preprocessing steps to every picture of FOLDER and write TARGET, without loss.

    Steps: bitwise_downsampling (1-8), contrast_enhancing (1-10), color_quantization (2-10),
    target_segmentation (1-10), each 4 when no value is given; resize:64x64, grayscale, invert.

    \b
    Example:
      dicomill transform out/chests out/enhanced --step contrast_enhancing:4
    """
    from preprocessing.transform import TransformConfig
    from preprocessing.transform import transform as door

    config = make_config(
        TransformConfig,
        {"folder": folder, "target": target, "steps": steps, "workers": workers, "overwrite": overwrite},
        assignments=assignments,
    )
    with watched() as progress:
        report = door(config, progress=progress)
    print_report(report, as_json=as_json, lines=[f"{report.num_pictures} images in {target}"])
