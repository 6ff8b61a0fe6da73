"""`dicomill render`: proving that pictures are what the database says."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from cli.configs import make_config
from cli.options import PATH, database_option, json_option, key_file_option, set_option, workers_option
from cli.printing import print_report
from cli.terminal import watched


@click.group()
def render() -> None:
    """Make pictures of an export again and compare them.

    \b
    Example:
      dicomill render verify out/export
    """


@render.command()
@click.argument("folder", type=PATH)
@click.option("--sample", type=click.IntRange(min=1), metavar="N", help="How many pictures.  [default: all]")
@click.option("--seed", type=int, help="Of the sample.  [default: 0]")
@database_option
@key_file_option
@workers_option
@set_option
@json_option
def verify(
    folder: Path,
    *,
    sample: int | None,
    seed: int | None,
    database_url: str,
    key_file: Path | None,
    workers: int | None,
    assignments: tuple[str, ...],
    as_json: bool,
) -> None:
    """Render the pictures of the export in FOLDER again from the database alone and compare every pixel.

    \b
    Example:
      dicomill render verify out/export --sample 100 --seed 1
    """
    from database.opening import open_with_key
    from preprocessing.render_verify import RenderVerifyConfig, render_verify

    config = make_config(
        RenderVerifyConfig,
        {"folder": folder, "sample": sample, "seed": seed, "workers": workers},
        assignments=assignments,
    )
    with open_with_key(database_url, key_file=key_file) as database, watched() as progress:
        report = render_verify(config, database=database, progress=progress)
    found = f"{len(report.differences)} of {report.num_verified} pictures differ"
    lines = [
        *(f"{one.name}: {one.reason}" for one in report.differences),
        f"{found}; the export holds {report.num_pictures}",
    ]
    print_report(report, as_json=as_json, lines=lines)
    sys.exit(0 if report.is_sound else 1)
