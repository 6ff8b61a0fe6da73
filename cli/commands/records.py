"""`dicomill records`: looking into record sets."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from cli.options import PATH, json_option
from cli.printing import print_report, table_lines


@click.group()
def records() -> None:
    """Show or verify a record set.

    \b
    Example:
      dicomill records verify out/records
    """


@records.command()
@click.argument("folder", type=PATH)
@click.option("--sheet", type=PATH, metavar="FILE", help="Also draw some pictures of each split as a PNG.")
@click.option("--count", type=click.IntRange(1, 1000), default=12, help="Pictures a split on the sheet.")
@json_option
def show(folder: Path, *, sheet: Path | None, count: int, as_json: bool) -> None:
    """Show the classes, splits and shards of the record set in FOLDER.

    \b
    Example:
      dicomill records show out/records
      dicomill records show out/records --sheet records.png
    """
    from preprocessing.record_sets import open_record_set
    from preprocessing.record_sheets import write_record_sheet

    found = open_record_set(folder)
    rows = [[shard.file, shard.split, shard.num_records, shard.num_bytes] for shard in found.shards]
    classes = f"{len(found.classes)} classes: {', '.join(found.classes)}"
    lines = [
        f"task {found.task or 'unnamed'}, {found.kind}, {classes}",
        *table_lines(["file", "split", "records", "bytes"], rows),
    ]
    if sheet is not None:
        write_record_sheet(found, sheet, count=count)
        lines.append(f"Pictures drawn to {sheet}")
    print_report(found, as_json=as_json, lines=lines)


@records.command()
@click.argument("folder", type=PATH)
@json_option
def verify(folder: Path, *, as_json: bool) -> None:
    """Read every record of FOLDER again and compare sums, counts, classes and patients.

    \b
    Example:
      dicomill records verify out/records
    """
    from preprocessing.record_checks import verify_record_set

    report = verify_record_set(folder)
    num_records = sum(report.num_records.values())
    lines = [*report.problems, f"{len(report.problems)} problems in {num_records} records"]
    print_report(report, as_json=as_json, lines=lines)
    sys.exit(0 if report.is_sound else 1)
