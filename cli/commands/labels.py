"""`dicomill labels`: readings for what is stored."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.configs import make_config
from cli.options import PATH, database_option, json_option, key_file_option, set_option
from cli.printing import count_lines, print_report, problem_lines, table_lines
from cli.terminal import watched

if TYPE_CHECKING:
    from ingest.labels import LabelsReport

_NAMED_BY = ("sop_instance_uid", "file_name", "study_instance_uid", "accession_number", "patient_id")


@click.group()
def labels() -> None:
    """Add readings to pictures, studies and patients that are stored, and list them.

    \b
    Example:
      dicomill labels add reports.csv --by accession_number --task finding --column 2-5
    """


@labels.command()
@click.argument("table", required=False, type=PATH)
@click.option("--by", type=click.Choice(_NAMED_BY), help="What the table names its subjects with.")
@click.option("--task", metavar="NAME", help="What the labels answer.")
@click.option(
    "--column", "columns", multiple=True, metavar="COLUMN", help="Holds labels: name, number, span."
)
@click.option("--subject-column", metavar="COLUMN", help="Names the subject.  [default: found by its name]")
@click.option("--reader", metavar="NAME", help="Who read.  [default: table, or constant]")
@click.option("--constant", metavar="CLASS", help="Without a table: this class for every chosen picture.")
@click.option("--where", metavar="SQL", help="With --constant: a condition on the view `image`.")
@click.option("--folder", type=PATH, help="With --constant: the files below it.")
@click.option("--source", metavar="NAME", help="Only files of this source; the issuer of patients' numbers.")
@database_option
@key_file_option
@set_option
@json_option
def add(
    table: Path | None,
    *,
    by: str | None,
    task: str | None,
    columns: tuple[str, ...],
    subject_column: str | None,
    reader: str | None,
    constant: str | None,
    where: str | None,
    folder: Path | None,
    source: str | None,
    database_url: str,
    key_file: Path | None,
    assignments: tuple[str, ...],
    as_json: bool,
) -> None:
    """Append the readings of TABLE (CSV, TSV, JSON), or one class for many pictures.

    Names and numbers of the table are hashed with the database's key on the way in. A correction is a
    new reading, a repeat adds nothing, so the same command can be run again.

    \b
    Example:
      dicomill labels add reader1.csv --by file_name --task finding --column 2-15 --reader ana
      dicomill labels add --constant CHEST --task body_part --where "modality = 'CR'"
    """
    from database.opening import open_with_key
    from ingest.labels import LabelsConfig
    from ingest.labels import labels as door

    told: dict[str, Any] = {"path": table, "columns": columns, "subject_column": subject_column}
    config = make_config(
        LabelsConfig,
        {
            "labels": None if table is None else {name: value for name, value in told.items() if value},
            "by": by,
            "task": task,
            "reader": reader,
            "constant": constant,
            "where": where,
            "folder": folder,
            "source": source,
        },
        assignments=assignments,
    )
    with open_with_key(database_url, key_file=key_file) as database, watched() as progress:
        report = door(config, database=database, progress=progress)
    print_report(report, as_json=as_json, lines=_lines(report))


def _lines(report: LabelsReport) -> list[str]:
    told = f"{report.num_subjects} subjects (level {report.level}, task {report.task})"
    lines = [
        f"{report.num_rows_used} of {report.num_rows} rows label {told}",
        f"  {report.num_added} readings added, {report.num_readings - report.num_added} repeated",
    ]
    if report.num_corrections:
        lines.append(f"  {report.num_corrections} of them correct what their reader had said")
    if report.num_contradicted:
        lines.append(f"  {report.num_contradicted} subjects that another reader reads otherwise")
    lines += ["Read as present:", *count_lines(report.labels)]
    return [*lines, *problem_lines(report.reasons, report.rows_file)]


@labels.command(name="list")
@click.option("--task", metavar="NAME", help="Only this task.")
@database_option
@json_option
def list_all(*, task: str | None, database_url: str, as_json: bool) -> None:
    """List how many readings each class of each task has, each reader's newest counted.

    \b
    Example:
      dicomill labels list
      dicomill labels list --task finding
    """
    from database.opening import open_with_key
    from ingest.label_counts import list_labels

    with open_with_key(database_url) as database:
        report = list_labels(database, task=task)
    rows = [
        [row.task, row.class_name, row.level, *row.values.values(), ", ".join(row.readers)]
        for row in report.classes
    ]
    headings = ["task", "class", "level", *report.value_names, "readers"]
    print_report(report, as_json=as_json, lines=table_lines(headings, rows))


@labels.command()
@click.argument("task")
@click.option("--label-policy", metavar="POLICY", help="How readings are resolved.  [default: single]")
@click.option("--multi-label", is_flag=True, help="A picture may have several classes.")
@database_option
@json_option
def show(task: str, *, label_policy: str | None, multi_label: bool, database_url: str, as_json: bool) -> None:
    """Show what the readings of TASK come to over all current pictures.

    \b
    Example:
      dicomill labels show finding --multi-label --label-policy "source_order:ana,ben"
    """
    from database.opening import open_with_key
    from ingest.label_counts import show_labels

    policy = label_policy or ("multiple" if multi_label else "single")
    with open_with_key(database_url) as database:
        report = show_labels(database, task, policy, multi_label=multi_label)
    rows = [[name, *values.values()] for name, values in report.classes.items()]
    others = [f"{report.num_disagree} on which readers disagree", f"{report.num_unlabelled} unlabelled"]
    if report.num_several:
        others.append(f"{report.num_several} with several classes of one reader (--multi-label)")
    lines = [
        ", ".join([f"{report.num_labelled} pictures labelled", *others]),
        *table_lines(["class", *report.value_names], rows),
    ]
    print_report(report, as_json=as_json, lines=lines)
