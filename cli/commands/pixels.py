"""`dicomill pixels`: pictures that lie outside the database."""

from __future__ import annotations

import sys

import click

from cli.options import database_option, json_option
from cli.printing import print_report, table_lines
from cli.terminal import watched


@click.group()
def pixels() -> None:
    """Check pictures that lie outside the database, move them, say where they are now.

    \b
    Example:
      dicomill pixels check
    """


@pixels.command()
@click.option("--verify", is_flag=True, help="Read every picture and compare its bytes with its address.")
@click.option("--remove-unreferenced", is_flag=True, help="Remove pictures that no row names.")
@click.option(
    "--minimum-age-hours",
    type=click.FloatRange(min=0),
    default=24,
    show_default=True,
    help="Younger ones stay.",
)
@database_option
@json_option
def check(
    *, verify: bool, remove_unreferenced: bool, minimum_age_hours: float, database_url: str, as_json: bool
) -> None:
    """Say whether every picture is where its row says; exit status 1 when one is missing or damaged.

    A process that was killed while it ingested may leave pictures that no row names: they are counted,
    and go with --remove-unreferenced.

    \b
    Example:
      dicomill pixels check --verify
    """
    from database.opening import open_with_key
    from database.pixel_checks import PixelCheckConfig, check_pixels

    config = PixelCheckConfig(
        verify=verify, remove_unreferenced=remove_unreferenced, minimum_age_hours=minimum_age_hours
    )
    with open_with_key(database_url) as database, watched() as progress:
        report = check_pixels(config, database=database, progress=progress)
    lines = [f"{report.num_in_database} pictures lie in the database."]
    if report.num_nowhere:
        lines.append(f"{report.num_nowhere} rows have neither bytes nor an address.")
    if report.stores:
        headings = ("store", "named", "missing", "other size", "damaged", "unreferenced", "removed")
        rows = [
            (
                one.url,
                one.num_named,
                one.num_missing,
                one.num_of_other_size,
                "not read" if one.num_damaged is None else one.num_damaged,
                one.num_unreferenced,
                one.num_removed,
            )
            for one in report.stores
        ]
        lines += table_lines(headings, rows)
    print_report(report, as_json=as_json, lines=lines)
    if not report.is_sound:
        sys.exit(1)


@pixels.command()
@click.argument("url")
@database_option
@json_option
def move(url: str, *, database_url: str, as_json: bool) -> None:
    """Bring every picture into the store at URL, from the database and from other stores.

    \b
    Example:
      dicomill pixels move /data/pixels
      dicomill pixels move s3://hospital/pixels
    """
    from database.opening import open_with_key
    from database.pixel_moves import move_pixels

    with open_with_key(database_url) as database, watched() as progress:
        report = move_pixels(database, url, progress=progress)
    lines = [f"{report.num_moved} pictures ({report.num_bytes:,} bytes) lie at {report.url} now."]
    if report.num_lost:
        lines.append(
            f"{report.num_lost} could not be had where they lie: see `dicomill pixels check --verify`."
        )
    print_report(report, as_json=as_json, lines=lines)
    if report.num_lost:
        sys.exit(1)


@pixels.command()
@click.argument("before")
@click.argument("after")
@database_option
@json_option
def relocate(before: str, after: str, *, database_url: str, as_json: bool) -> None:
    """Say that the store recorded at BEFORE is at AFTER now, its pictures with it.

    \b
    Example:
      dicomill pixels relocate file:///data/pixels file:///mnt/archive/pixels
    """
    from database.opening import open_with_key
    from database.pixel_moves import relocate_store

    with open_with_key(database_url) as database:
        report = relocate_store(database, before, after)
    lines = [f"{report.num_pictures} pictures are looked for at {report.after} now."]
    print_report(report, as_json=as_json, lines=lines)
