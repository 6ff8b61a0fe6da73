"""`dicomill transform`: one image/label folder to another."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.configs import make_config
from cli.options import PATH, json_option, overwrite_option, set_option, workers_option
from cli.printing import count_lines, print_report
from cli.terminal import watched

if TYPE_CHECKING:
    from preprocessing.transform import TransformReport


@click.command()
@click.argument("folder", type=PATH)
@click.argument("target", type=PATH)
@click.option(
    "--step",
    "steps",
    multiple=True,
    metavar="NAME[:VALUE]",
    help="A preprocessing step; give it several times for several, in order.",
)
@click.option("--recipe", "recipe_file", type=PATH, help="A JSON file with the steps, instead of --step.")
@click.option("--write-recipe", type=PATH, help="Write the steps, with their fingerprint, as such a file.")
@click.option("--sheet", type=PATH, help="Write a PNG of a few pictures before and after.")
@workers_option
@overwrite_option
@set_option
@json_option
def transform(
    folder: Path,
    target: Path,
    *,
    steps: tuple[str, ...],
    recipe_file: Path | None,
    write_recipe: Path | None,
    sheet: Path | None,
    workers: int | None,
    overwrite: bool,
    assignments: tuple[str, ...],
    as_json: bool,
) -> None:
    """Apply preprocessing steps to every picture of FOLDER and write TARGET, without loss.

    After an interruption the same command goes on where it stopped.

    The original's steps, each 4 without a value: bitwise_downsampling (1-8), contrast_enhancing (1-10),
    color_quantization (2-10), target_segmentation (1-10; target_masking keeps the picture's levels).

    \b
    Sizes:   resize:64x64, letterbox:224, pad_to_square, crop_to_collimation
    Levels:  clahe:clip=2,tiles=8, histogram_equalisation, gamma:0.5, invert, z_score:3,
             percentile_clip:low=1,high=99, to_8_bits
    Noise:   denoise_median:3, denoise_gaussian:1, denoise_non_local_means:5
    Colour:  grayscale, rgb

    docs/recipes.md says what each does, and when.

    \b
    Example:
      dicomill transform out/chests out/enhanced --step contrast_enhancing:4
      dicomill transform out/chests out/small --step letterbox:224 --write-recipe small.json
      dicomill transform out/hands out/small-hands --recipe small.json --sheet before-after.png
    """
    from preprocessing.transform import TransformConfig
    from preprocessing.transform import transform as door

    values = {
        "folder": folder,
        "target": target,
        "steps": steps,
        "recipe_file": recipe_file,
        "write_recipe": write_recipe,
        "sheet": sheet,
        "workers": workers,
        "overwrite": overwrite,
    }
    config = make_config(TransformConfig, values, assignments=assignments)
    with watched() as progress:
        report = door(config, progress=progress)
    print_report(report, as_json=as_json, lines=_lines(report))


def _lines(report: TransformReport) -> Iterator[str]:
    """Yield what a person wants to know."""
    resumed = f", {report.num_resumed} of them by an interrupted run" if report.num_resumed else ""
    yield f"{report.num_pictures} images in {report.target}{resumed}"
    if report.left_out:
        yield "left out (left_out.csv names each):"
        yield from count_lines(report.left_out)
    for number, name in enumerate(report.sheet_names, start=1):
        yield f"  {number} on the sheet: {name}"
