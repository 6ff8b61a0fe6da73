"""`dicomill compat`: the commands that dicomill replaces, by their old names and flags."""

from __future__ import annotations

from pathlib import Path

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
from cli.terminal import watched


@click.group()
def compat() -> None:
    """Old commands by their own names and flags.

    \b
    Example:
      dicomill compat fetch-image --query CHEST --directory fetched
    """


@compat.command()
@click.option("-q", "--query", required=True, metavar="BODYPART", help="Pictures of this body part.")
@click.option("-d", "--directory", required=True, type=PATH, help="Gets images/ and labels/.")
@click.option(
    "-m",
    "--metadata",
    is_flag=False,
    flag_value="true",
    default="false",
    type=click.BOOL,
    help="Write the kept attributes to metadata.jsonl, too; `--metadata False` does not.",
)
@click.option(
    "--keep",
    type=click.Choice(["risk", "duplicates"]),
    multiple=True,
    help="What is left out otherwise: risk of burned-in text, repeats of identical pixels.",
)
@database_option
@key_file_option
@overwrite_option
@set_option
@json_option
def fetch_image(
    *,
    query: str,
    directory: Path,
    metadata: bool,
    keep: tuple[str, ...],
    database_url: str,
    key_file: Path | None,
    overwrite: bool,
    assignments: tuple[str, ...],
    as_json: bool,
) -> None:
    """MedicalCV's fetch_image.py: pictures of one body part, rendered as there, with labels such as Chest.

    \b
    Example:
      dicomill compat fetch-image --query CHEST --directory fetched --metadata
      dicomill compat fetch-image -q MUSCULOSKELETAL -d fetched --metadata False
    """
    from compat.fetch_image import FetchImageConfig
    from compat.fetch_image import fetch_image as door
    from database.opening import open_with_key

    values = {
        "query": query,
        "directory": directory,
        "metadata": metadata,
        "keep": keep or None,
        "workers": asked_workers(),
        "overwrite": overwrite,
    }
    config = make_config(FetchImageConfig, values, assignments=assignments)
    with open_with_key(database_url, key_file=key_file) as database, watched() as progress:
        report = door(config, database=database, progress=progress)
    lines = [f"{report.num_images} images in {directory}", *count_lines(report.label_counts)]
    if report.left_out or report.not_selected:
        lines += ["Left out:", *count_lines(report.not_selected), *count_lines(report.left_out)]
    print_report(report, as_json=as_json, lines=lines)
