"""`dicomill cohort`: frozen selections."""

from __future__ import annotations

from pathlib import Path

import click

from cli.configs import make_config
from cli.options import PATH, database_option, json_option, key_file_option, set_option
from cli.printing import count_lines, print_report, table_lines


@click.group()
def cohort() -> None:
    """Select pictures with SQL and freeze the selection with its labels.

    \b
    Example:
      dicomill cohort create chests --body-part CHEST --where "age_years >= 18"
    """


@cohort.command()
@click.argument("name")
@click.option("--body-part", "body_parts", multiple=True, metavar="TERM", help="May be given several times.")
@click.option("--where", metavar="SQL", help="A condition on the view `image`.")
@click.option("--sql", "sql_file", type=PATH, metavar="FILE", help="A query that returns a column `id`.")
@click.option("--task", metavar="NAME", help="Which labels to freeze.  [default: body_part]")
@click.option("--multi-label", is_flag=True, help="A picture may have several classes.")
@database_option
@key_file_option
@set_option
@json_option
def create(
    name: str,
    *,
    body_parts: tuple[str, ...],
    where: str | None,
    sql_file: Path | None,
    task: str | None,
    multi_label: bool,
    database_url: str,
    key_file: Path | None,
    assignments: tuple[str, ...],
    as_json: bool,
) -> None:
    """Freeze a selection under NAME; the same NAME with another result is its next version.

    \b
    Example:
      dicomill cohort create chests --body-part CHEST --where "view_position = 'PA'"
      dicomill cohort create adults --sql adults.sql
    """
    from database.opening import open_with_key
    from preprocessing.cohort import CohortConfig
    from preprocessing.cohort import cohort as door

    config = make_config(
        CohortConfig,
        {
            "name": name,
            "body_parts": body_parts,
            "where": where,
            "sql_file": sql_file,
            "task": task,
            "multi_label": multi_label,
        },
        assignments=assignments,
    )
    with open_with_key(database_url, key_file=key_file) as database:
        report = door(config, database=database)
    state = "" if report.is_new else " (unchanged since it was frozen)"
    unknown = report.num_patient_unknown
    lines = [
        f"Cohort {report.name}, version {report.version}{state}",
        f"  {report.num_images} images of {report.num_patients} known patients",
        *([f"  {unknown} of the images are of unknown patients"] if unknown else []),
        *(f"  {step}: {count}" for step, count in report.step_counts.items()),
        f"Labels of {report.task}:",
        *count_lines(report.label_counts),
    ]
    print_report(report, as_json=as_json, lines=lines)


@cohort.command(name="list")
@database_option
@json_option
def list_all(*, database_url: str, as_json: bool) -> None:
    """List the cohorts of a database.

    \b
    Example:
      dicomill cohort list
    """
    from database.opening import open_with_key
    from preprocessing.cohort import list_cohort_reports

    with open_with_key(database_url) as database:
        report = list_cohort_reports(database)
    rows = [[row.name, row.version, row.task, row.num_images, row.created_at] for row in report.cohorts]
    print_report(
        report, as_json=as_json, lines=table_lines(["name", "version", "task", "images", "created"], rows)
    )
