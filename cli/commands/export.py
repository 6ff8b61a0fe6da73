"""`dicomill export`: a cohort to an image/label folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.configs import make_config
from cli.options import (
    PATH,
    asked_workers,
    database_option,
    json_option,
    key_file_option,
    overwrite_option,
    set_option,
)
from cli.printing import count_lines, print_report
from cli.rendering_options import rendering_of, rendering_options
from cli.step_options import split_steps, steps_option
from cli.terminal import watched

if TYPE_CHECKING:
    from preprocessing.export import ExportReport


@click.command()
@click.argument("cohort", metavar="COHORT[@VERSION]")
@click.argument("folder", type=PATH)
@rendering_options
@steps_option
@click.option("--format", "picture_format", metavar="NAME", help="png, jpg or jpg:QUALITY.  [default: png]")
@click.option("--frames", metavar="WHICH", help="first, middle, all or every:N.  [default: first]")
@click.option("--sample", type=click.IntRange(min=1), metavar="N", help="How many pictures.  [default: all]")
@click.option("--seed", type=int, help="Of the sample.  [default: 0]")
@click.option("--metadata", is_flag=True, default=None, help="Write the kept attributes to metadata.jsonl.")
@click.option(
    "--layout",
    type=click.Choice(["pairs", "folders"]),
    help="images/ and labels/, or one folder a class.  [default: pairs]",
)
@database_option
@key_file_option
@overwrite_option
@set_option
@json_option
def export(
    cohort: str,
    folder: Path,
    *,
    rendering: str | None,
    window: str | None,
    bits: str | None,
    steps: tuple[str, ...],
    picture_format: str | None,
    frames: str | None,
    sample: int | None,
    seed: int | None,
    metadata: bool | None,
    layout: str | None,
    database_url: str,
    key_file: Path | None,
    overwrite: bool,
    assignments: tuple[str, ...],
    as_json: bool,
) -> None:
    """Write COHORT to FOLDER as images/, labels/ and manifest.csv.

    After an interruption the same command goes on where it stopped. --set labels_table=tsv (or json) also
    writes all labels as one table, COHORT@1 (or --set version=1) is an older version of the cohort, --set
    workers=8 is how many processes work.

    docs/export.md says what is in the folder, and what a replay gives.

    \b
    Example:
      dicomill export chests out/chests --rendering percentile
      dicomill export lungs out/lungs --window lung --bits 16
      dicomill export chests out/small --step letterbox:224 --format jpg:90 --sample 500 --seed 1
      dicomill export parts out/classes --layout folders
    """
    from database.opening import open_with_key
    from preprocessing.export import ExportConfig
    from preprocessing.export import export as door

    values = {
        "cohort": cohort,
        "folder": folder,
        "rendering": rendering_of(rendering, window, bits),
        **split_steps(steps),
        "format": picture_format,
        "frames": frames,
        "sample": sample,
        "seed": seed,
        "metadata": metadata,
        "layout": layout,
        "workers": asked_workers(),
        "overwrite": overwrite,
    }
    config = make_config(ExportConfig, values, assignments=assignments)
    with open_with_key(database_url, key_file=key_file) as database, watched() as progress:
        report = door(config, database=database, progress=progress)
    print_report(report, as_json=as_json, lines=_lines(report))


def _lines(report: ExportReport) -> Iterator[str]:
    """Yield what a person wants to know."""
    resumed = f", {report.num_resumed} of them by an interrupted run" if report.num_resumed else ""
    yield f"{report.num_images} images in {report.folder}{resumed}"
    yield from count_lines(report.label_counts)
    if report.num_withdrawn:
        yield f"{report.num_withdrawn} members of the cohort left with patients who withdrew"
    if report.left_out:
        yield "Left out:"
        yield from count_lines(report.left_out)
