"""`dicomill ingest`: files to rows."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.configs import make_config
from cli.options import PATH, database_option, json_option, key_file_option, set_option, workers_option
from cli.printing import count_lines, print_report, problem_lines
from cli.settings import Settings
from cli.terminal import watched

if TYPE_CHECKING:
    from ingest.ingest import IngestConfig
    from ingest.picture_tables import TableReport
    from ingest.survey import SurveyReport


@click.command()
@click.argument("paths", nargs=-1, required=True, type=PATH)
@database_option
@key_file_option
@workers_option
@click.option("--source", metavar="NAME", help="A name for where these files come from.  [default: default]")
@click.option("--class-folders", is_flag=True, help="The folder a file lies in is its class.")
@click.option("--labels", type=PATH, help="A label table (CSV, TSV, JSON) of these pictures.")
@click.option("--task", metavar="NAME", help="What class folders (default body_part) or labels answer.")
@click.option(
    "--profile",
    type=click.Choice(["strict", "research", "identified"]),
    help="What to keep.  [default: research]",
)
@click.option("--option", "options", multiple=True, metavar="NAME", help="A PS3.15 option, as retain-uids.")
@click.option("--pixels", metavar="URL", help="Put pictures there (a folder, s3://...), not in the database.")
@click.option(
    "--scheduler", metavar="URL", help="Let the workers of a Dask scheduler do it (tcp://HOST:PORT)."
)
@click.option("--watch", is_flag=True, help="PATHS is a spool folder: go on with what arrives until Ctrl-C.")
@click.option("--dry-run", is_flag=True, help="Read headers only, say what would happen, write nothing.")
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
    labels: Path | None,
    task: str | None,
    profile: str | None,
    options: tuple[str, ...],
    pixels: str | None,
    scheduler: str | None,
    watch: bool,
    dry_run: bool,
    assignments: tuple[str, ...],
    as_json: bool,
) -> None:
    """Read every DICOM file and picture below PATHS into the database.

    PATHS are folders, files, archives (zip, tar, tar.gz, tar.zst, ...; nothing is unpacked to disk),
    patterns in quotes ('data/**/*.dcm'), @FILE for a list of paths, and - for such a list on stdin.

    Files that are no picture, or broken, are recorded with a reason and the run goes on. Running the
    same command again adds nothing twice, and goes on where one that was stopped (Ctrl-C) or killed
    left off. An SQLite database that is not there yet is made, with its key beside it.

    How many processes there are follows from cores and free memory; --workers and --set memory=4GB
    say otherwise.

    \b
    Example:
      dicomill ingest /data/dicom
      dicomill ingest /data/dicom study.tar.gz @files.txt --dry-run
      dicomill ingest /data/incoming --watch --set done_folder=/data/done
      dicomill ingest medical-mnist --class-folders --task body_part
      dicomill ingest images_001.zip images_002.zip --labels Data_Entry_2017.csv
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
            "labels": _label_table(labels, task),
            "task": task,
            "profile": profile or settings.profile,
            "options": options or settings.options,
            "allow_list": settings.allow_list,
            "workers": workers,
            "memory": settings.memory,
            "pixels": pixels,
            "scheduler": scheduler or settings.scheduler,
            "watch": watch,
        },
        assignments=assignments,
    )
    check_sources(config.paths)  # before a database is made for a name that was mistyped
    if dry_run:
        survey_report = _survey(config, database_url, key_file)
        print_report(survey_report, as_json=as_json, lines=_survey_lines(survey_report))
        return
    with open_with_key(database_url, key_file=key_file, create=True) as database, watched() as progress:
        report = door(config, database=database, progress=progress)
    lines = [f"{report.num_files} files in {report.seconds:.1f} s", *count_lines(report.dispositions)]
    if report.reasons:
        lines += ["Reasons:", *count_lines(report.reasons)]
    if report.operator_file:
        lines.append(f"Which files these are stands in {report.operator_file} (readable by you alone).")
    if report.labels:
        lines += _table_lines(report.labels)
    print_report(report, as_json=as_json, lines=lines)


def _survey(config: IngestConfig, database_url: str, key_file: Path | None) -> SurveyReport:
    """Look ahead; a database that is not there yet is not made for it."""
    from database.opening import open_with_key
    from database.urls import file_of, parse_url
    from ingest.survey import survey

    path = file_of(parse_url(database_url))
    is_there = path is None or path.exists()
    opened = open_with_key(database_url, key_file=key_file) if is_there else nullcontext()
    with opened as database, watched() as progress:
        return survey(config, database=database, progress=progress)


def _survey_lines(report: SurveyReport) -> list[str]:
    """Return what would happen, and what there is."""
    beside = "" if report.compares_with_database else " (there is no database, or no key, to compare with)"
    looked = f"{report.num_files} files looked at in {report.seconds:.1f} s; nothing was written."
    lines = [f"{looked} They would be{beside}:", *count_lines(report.dispositions)]
    if report.reasons:
        lines += ["Reasons:", *count_lines(report.reasons)]
    lines.append(
        f"{report.num_instances} different instances of {report.num_patients} patients, "
        f"{report.num_studies} studies, {report.num_series} series; {report.num_frames} frames, "
        f"{report.num_bytes / 1e6:,.1f} MB"
    )
    for name, counts in (
        ("Modalities", report.modalities),
        ("Body parts", report.body_parts),
        ("Burned-in risk", report.burned_in_risks),
    ):
        lines += [f"{name}:", *count_lines(counts)]
    return lines if report.labels is None else lines + _table_lines(report.labels)


def _label_table(path: Path | None, task: str | None) -> dict[str, Any] | None:
    if path is None:
        return None
    return {name: value for name, value in {"path": path, "task": task}.items() if value}


def _table_lines(report: TableReport) -> list[str]:
    """Return how a label table and the files found each other."""
    person = ", ".join(f"{name} from {column}" for name, column in report.person_columns.items())
    met = (
        f"Label table (form {report.form}, task {report.task}): {report.num_rows_with_file} of "
        f"{report.num_rows} rows have their file; {report.num_files_without_row} files have no row"
    )
    hint = (
        "  No row found its file. A name fits where a file's path ends with it: take off what is not on disk "
        "(--set labels.path_prefix=FOLDER/), or name another column (--set labels.subject_column=NAME)."
    )
    return [
        met,
        *([hint] if report.num_files_without_row and not report.num_rows_with_file else []),
        f"  {report.num_patients} patients; {person or 'no column of the person'}",
        *count_lines(report.labels),
        *problem_lines(report.reasons, report.rows_file),
    ]
