"""`dicomill ingest`: files to rows."""

from __future__ import annotations

from pathlib import Path

import click

from cli.configs import make_config
from cli.options import PATH, database_option, json_option, key_file_option, set_option, workers_option
from cli.printing import count_lines, print_report
from cli.settings import Settings
from cli.terminal import watched


@click.command()
@click.argument("paths", nargs=-1, required=True, type=PATH)
@database_option
@key_file_option
@workers_option
@click.option("--source", metavar="NAME", help="A name for where these files come from.  [default: default]")
@click.option("--class-folders", is_flag=True, help="The folder a file lies in is its class.")
@click.option("--task", metavar="NAME", help="What the class folders tell.  [default: body_part]")
@click.option(
    "--profile", type=click.Choice(["strict", "research"]), help="What to keep.  [default: research]"
)
@set_option
@json_option
@click.pass_obj
def ingest(
    settings: Settings,
    paths: tuple[Path, ...],
    *,
    database_url: str,
    key_file: Path | None,
    workers: int | None,
    source: str | None,
    class_folders: bool,
    task: str | None,
    profile: str | None,
    assignments: tuple[str, ...],
    as_json: bool,
) -> None:
    """Read every DICOM file and picture below PATHS into the database.

    Files that are no picture, or broken, are recorded with a reason and the run goes on. Running the
    same command again adds nothing twice. An SQLite database that is not there yet is made, with its
    key beside it.

    \b
    Example:
      dicomill ingest /data/dicom
      dicomill ingest medical-mnist --class-folders --task body_part
    """
    from database.opening import open_with_key
    from ingest.ingest import IngestConfig
    from ingest.ingest import ingest as door
    from ingest.sources import check_sources

    config = make_config(
        IngestConfig,
        {
            "paths": paths,
            "source": source,
            "class_folders": class_folders,
            "task": task,
            "profile": profile or settings.profile,
            "workers": workers,
        },
        assignments=assignments,
    )
    check_sources(config.paths)  # before a database is made for a name that was mistyped
    with open_with_key(database_url, key_file=key_file, create=True) as database, watched() as progress:
        report = door(config, database=database, progress=progress)
    lines = [f"{report.num_files} files in {report.seconds:.1f} s", *count_lines(report.dispositions)]
    if report.reasons:
        lines += ["Reasons:", *count_lines(report.reasons)]
    if report.operator_file:
        lines.append(f"Which files these are stands in {report.operator_file} (readable by you alone).")
    print_report(report, as_json=as_json, lines=lines)
