"""`dicomill patients`: who is one and the same, and how many there are."""

from __future__ import annotations

from pathlib import Path

import click

from cli.configs import make_config
from cli.options import PATH, database_option, json_option, key_file_option, set_option
from cli.printing import print_report


@click.group()
def patients() -> None:
    """Follow the hospital's merge lists; count patients.

    \b
    Example:
      dicomill patients merge merged.csv --old OldID --new NewID
    """


@patients.command()
@click.argument("table", type=PATH)
@click.option("--old", metavar="COLUMN", help="Ids that are no longer used.  [default: old]")
@click.option("--new", metavar="COLUMN", help="Ids that took their place.  [default: new]")
@click.option("--old-issuer", metavar="COLUMN", help="Who issued the old ids.")
@click.option("--new-issuer", metavar="COLUMN", help="Who issued the new ids.")
@click.option(
    "--source",
    metavar="NAME",
    help="As ingest was given it: the issuer where none is told.  [default: default]",
)
@click.option("--keys", is_flag=True, help="The columns hold patient keys of ours rather than ids.")
@click.option("--undo", is_flag=True, help="Take the rows back: each old patient stands alone again.")
@database_option
@key_file_option
@set_option
@json_option
def merge(
    table: Path,
    *,
    old: str | None,
    new: str | None,
    old_issuer: str | None,
    new_issuer: str | None,
    source: str | None,
    keys: bool,
    undo: bool,
    database_url: str,
    key_file: Path | None,
    assignments: tuple[str, ...],
    as_json: bool,
) -> None:
    """Make each old patient of TABLE (CSV or TSV) one with the new one.

    Views, labels, cohorts and splits then know both under one key, with dates on one calendar, files
    that come later included. All rows are merged or none; the same list again changes nothing.

    \b
    Example:
      dicomill patients merge merged.csv --old OldID --new NewID
      dicomill patients merge merged.csv --old OldID --new NewID --undo
    """
    from database.opening import open_with_key
    from ingest.merge import MergeConfig
    from ingest.merge import merge as door

    config = make_config(
        MergeConfig,
        {
            "table": table,
            "old": old,
            "new": new,
            "old_issuer": old_issuer,
            "new_issuer": new_issuer,
            "source": source,
            "keys": keys,
            "undo": undo,
        },
        assignments=assignments,
    )
    with open_with_key(database_url, key_file=key_file) as database:
        report = door(config, database=database)
    if undo:
        lines = [f"{report.num_parted} patients parted, {report.num_otherwise} rows did not hold."]
    else:
        merged = f"{report.num_merged} patients merged, {report.num_moved} moved to another one"
        lines = [f"{merged}, {report.num_unchanged} rows were known."]
    for name, note in report.rows.items():
        shown = ", ".join(str(number) for number in note.first_rows[:5])
        lines.append(f"  {note.count}  {name} (row {shown}{', ...' if note.count > 5 else ''})")
    print_report(report, as_json=as_json, lines=lines)


@patients.command(name="list")
@database_option
@json_option
def list_patients(*, database_url: str, as_json: bool) -> None:
    """Say how many patients there are, merged ones counted once. No key is shown.

    \b
    Example:
      dicomill patients list
    """
    from database.opening import open_with_key
    from database.patients import count_patients

    with open_with_key(database_url) as database, database.session() as session:
        report = count_patients(session)
    known = report.num_images - report.num_images_patient_unknown
    lines = [
        f"{report.num_patients} patients with {known} pictures, at most {report.largest_num_images} of one",
        f"{report.num_images_patient_unknown} pictures whose patient nobody knows",
        f"{report.num_merged_keys} keys merged into others",
        f"{report.num_keys_without_pictures} keys without pictures",
    ]
    print_report(report, as_json=as_json, lines=lines)
