"""`dicomill export`: a cohort to an image/label folder."""

from __future__ import annotations

from pathlib import Path

import click

from cli.configs import make_config
from cli.options import (
    PATH,
    database_option,
    json_option,
    key_file_option,
    overwrite_option,
    set_option,
    workers_option,
)
from cli.printing import count_lines, print_report
from cli.rendering_options import rendering_of, rendering_options
from cli.terminal import watched


@click.command()
@click.argument("cohort")
@click.argument("folder", type=PATH)
@rendering_options
@click.option(
    "--frames",
    type=click.Choice(["first", "middle", "all"]),
    help="Of multi-frame instances.  [default: first]",
)
@database_option
@key_file_option
@workers_option
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
    frames: str | None,
    database_url: str,
    key_file: Path | None,
    workers: int | None,
    overwrite: bool,
    assignments: tuple[str, ...],
    as_json: bool,
) -> None:
    """Write COHORT to FOLDER as images/, labels/ and manifest.csv.

    \b
    Example:
      dicomill export chests out/chests --rendering percentile
      dicomill export lungs out/lungs --window lung --bits 16
    """
    from database.opening import open_with_key
    from preprocessing.export import ExportConfig
    from preprocessing.export import export as door

    config = make_config(
        ExportConfig,
        {
            "cohort": cohort,
            "folder": folder,
            "rendering": rendering_of(rendering, window, bits),
            "frames": frames,
            "workers": workers,
            "overwrite": overwrite,
        },
        assignments=assignments,
    )
    with open_with_key(database_url, key_file=key_file) as database, watched() as progress:
        report = door(config, database=database, progress=progress)
    lines = [f"{report.num_images} images in {folder}", *count_lines(report.label_counts)]
    if report.left_out:
        lines += ["Left out:", *count_lines(report.left_out)]
    print_report(report, as_json=as_json, lines=lines)
