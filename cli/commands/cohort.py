"""`dicomill cohort`: frozen selections."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.configs import make_config
from cli.options import PATH, database_option, json_option, key_file_option, overwrite_option, set_option
from cli.printing import count_lines, print_report, table_lines

if TYPE_CHECKING:
    from database.cohort_steps import SelectionStep
    from preprocessing.cohort import CohortReport

_MOST_CHANGES = 20


@click.group()
def cohort() -> None:
    """Select pictures with SQL, freeze the selection with its labels, tell what is in it.

    \b
    Example:
      dicomill cohort create chests --body-part CHEST --where "age_years >= 18"
      dicomill cohort show chests
    """


@cohort.command()
@click.argument("name")
@click.option("--body-part", "body_parts", multiple=True, metavar="TERM", help="May be given several times.")
@click.option("--where", metavar="SQL", help="A condition on the view `image`.")
@click.option("--sql", "sql_file", type=PATH, metavar="FILE", help="A query that returns a column `id`.")
@click.option("--step", "steps", multiple=True, metavar="NAME:SQL", help="A further condition, counted.")
@click.option("--task", metavar="NAME", help="Which labels to freeze.  [default: body_part]")
@click.option("--label-policy", metavar="POLICY", help="How several readings are resolved.")
@click.option(
    "--unit",
    type=click.Choice(["image", "study", "patient"]),
    help="What has one answer.  [default: image]",
)
@click.option(
    "--one-per", type=click.Choice(["patient", "study", "series"]), help="One picture of each only."
)
@click.option(
    "--pick",
    type=click.Choice(["first", "last", "middle", "random"]),
    help="Which one.  [default: first]",
)
@click.option("--seed", type=int, help="Of --pick random.  [default: 0]")
@click.option(
    "--keep",
    type=click.Choice(["risk", "duplicates"]),
    multiple=True,
    help="What is left out otherwise: risk of burned-in text, repeats of identical pixels.",
)
@database_option
@key_file_option
@set_option
@json_option
def create(
    name: str,
    *,
    body_parts: tuple[str, ...],
    database_url: str,
    key_file: Path | None,
    assignments: tuple[str, ...],
    as_json: bool,
    **options: Any,
) -> None:
    """Freeze a selection under NAME; the same NAME with another result is its next version.

    Simple filters go by --set: modalities, view_positions, sexes, years, min_age, max_age; so do
    multi_label, label_map (`original`, or a file of lines from<TAB>to) and seconds.

    \b
    Example:
      dicomill cohort create chests --body-part CHEST --set modalities=CR --set min_age=18
      dicomill cohort create frontal --where "body_part = 'CHEST'" --step "frontal: view_position = 'PA'"
      dicomill cohort create adults --sql adults.sql --one-per patient --pick random --seed 7
      dicomill cohort create seven --set label_map=original
      dicomill cohort create read --task finding --label-policy multiple --unit study
    """
    from database.opening import open_with_key
    from preprocessing.cohort import CohortConfig
    from preprocessing.cohort import cohort as door

    several = {"steps": options.pop("steps"), "keep": options.pop("keep")}
    config = make_config(
        CohortConfig,
        {
            "name": name,
            "body_parts": body_parts or None,
            **{field: values or None for field, values in several.items()},
            **options,
        },
        assignments=assignments,
    )
    with open_with_key(database_url, key_file=key_file) as database:
        report = door(config, database=database)
    print_report(report, as_json=as_json, lines=_frozen_lines(report))


@cohort.command()
@click.argument("name")
@database_option
@json_option
def refresh(name: str, *, database_url: str, as_json: bool) -> None:
    """Run the selection of NAME again on what is there now; another result is its next version.

    \b
    Example:
      dicomill cohort refresh chests
    """
    from database.opening import open_with_key
    from preprocessing.cohort import refresh as door

    with open_with_key(database_url) as database:
        report = door(name, database=database)
    print_report(report, as_json=as_json, lines=_frozen_lines(report))


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


@cohort.command()
@click.argument("name", metavar="NAME[@VERSION]")
@click.option("--output", type=PATH, help="Also write the table: .txt, .csv, .json or .html.")
@click.option("--sheet", type=PATH, metavar="FILE.png", help="Also write some of the pictures on a sheet.")
@database_option
@overwrite_option
@set_option
@json_option
def show(
    name: str,
    *,
    output: Path | None,
    sheet: Path | None,
    database_url: str,
    overwrite: bool,
    assignments: tuple[str, ...],
    as_json: bool,
) -> None:
    """Show what is in a cohort: labels, body parts, modalities, sex, age, makers, years, what is missing.

    \b
    Example:
      dicomill cohort show chests
      dicomill cohort show chests@1 --output table1.html --sheet chests.png --set pictures=48
    """
    from database.opening import open_with_key
    from preprocessing.cohort_show import CohortShowConfig, cohort_show
    from preprocessing.cohort_table_files import table_text

    config = make_config(
        CohortShowConfig,
        {"cohort": name, "output": output, "sheet": sheet, "overwrite": overwrite},
        assignments=assignments,
    )
    with open_with_key(database_url) as database:
        report = cohort_show(config, database=database)
    lines = table_text(report, ".txt").splitlines()
    lines += [f"{count} drawn pictures not shown: {reason}" for reason, count in report.not_shown.items()]
    written = [path for path in (output, sheet if report.pictures else None) if path is not None]
    print_report(report, as_json=as_json, lines=[*lines, *(f"Written: {path}" for path in written)])


@cohort.command()
@click.argument("name", metavar="NAME[@VERSION]")
@click.option("--plan", metavar="NAME", help="End in the splits of this plan.")
@click.option("--output", type=PATH, help="Also write the flow: .svg or .csv.")
@database_option
@overwrite_option
@set_option
@json_option
def flow(
    name: str,
    *,
    plan: str | None,
    output: Path | None,
    database_url: str,
    overwrite: bool,
    assignments: tuple[str, ...],
    as_json: bool,
) -> None:
    """Show how a cohort came about, from the files received over each step to its splits.

    \b
    Example:
      dicomill cohort flow chests --plan main --output flow.svg
    """
    from database.opening import open_with_key
    from preprocessing.cohort_flow import CohortFlowConfig, cohort_flow

    config = make_config(
        CohortFlowConfig,
        {"cohort": name, "plan": plan, "output": output, "overwrite": overwrite},
        assignments=assignments,
    )
    with open_with_key(database_url) as database:
        report = cohort_flow(config, database=database)
    rows: list[list[Any]] = []
    for box in report.boxes:
        rows.append([box.name, box.num_images, box.num_patients, box.num_studies])
        rows += [[f"  left out: {reason}", count, None, None] for reason, count in box.left_out.items()]
    rows += [[f"  {box.name}", box.num_images, box.num_patients, box.num_studies] for box in report.splits]
    rows += [[f"  {reason}", count, None, None] for reason, count in report.without_split.items()]
    lines = table_lines(["step", "images", "patients", "studies"], rows)
    print_report(report, as_json=as_json, lines=[*lines, *([f"Written: {output}"] if output else [])])


@cohort.command()
@click.argument("before", metavar="A[@VERSION]")
@click.argument("after", metavar="B[@VERSION]")
@click.option("--output", type=PATH, help="Also write a CSV with a row for each picture that differs.")
@database_option
@overwrite_option
@json_option
def diff(
    before: str, after: str, *, output: Path | None, database_url: str, overwrite: bool, as_json: bool
) -> None:
    """Show what two cohorts, or two versions of one, differ in: pictures and labels.

    \b
    Example:
      dicomill cohort diff chests@1 chests@2 --output changes.csv
    """
    from database.opening import open_with_key
    from preprocessing.cohort_diff import CohortDiffConfig, cohort_diff

    config = make_config(
        CohortDiffConfig, {"before": before, "after": after, "output": output, "overwrite": overwrite}
    )
    with open_with_key(database_url) as database:
        report = cohort_diff(config, database=database)
    moves = list(report.relabelled.items())
    lines = [
        f"{report.before} -> {report.after}",
        f"  {report.num_same} images are the same",
        f"  {report.num_added} added, {report.num_removed} removed, {report.num_replaced} in another version",
        f"  {report.num_relabelled} with other labels",
        *count_lines(dict(moves[:_MOST_CHANGES]), indent="    "),
        *([f"    and {len(moves) - _MOST_CHANGES} other changes"] if len(moves) > _MOST_CHANGES else []),
        *(["Images more or fewer by class:"] if report.label_changes else []),
        *(f"  {change:+}  {name}" for name, change in report.label_changes.items()),
    ]
    if report.selections_differ:
        lines.append(f"The selections differ in {', '.join(report.selections_differ)}.")
    print_report(report, as_json=as_json, lines=lines)


def _frozen_lines(report: CohortReport) -> Iterator[str]:
    state = "" if report.is_new else " (unchanged since it was frozen)"
    yield f"Cohort {report.name}, version {report.version}{state}"
    yield f"  {report.num_images} images of {report.num_patients} known patients"
    if report.num_patient_unknown:
        yield f"  {report.num_patient_unknown} of the images are of unknown patients"
    if report.unit != "image":
        yield f"  one answer for each {report.unit}: {report.num_units}"
    yield from table_lines(["step", "images", "patients", "studies"], map(_step_row, report.steps))
    if report.left_out:
        yield "Left out:"
        yield from count_lines(report.left_out)
    if report.disputed_repeats:
        yield (
            f"{report.disputed_repeats} pictures stand for identical ones with other labels. "
            "`dicomill duplicates list --identical` shows them."
        )
    yield f"Labels of {report.task}:"
    yield from count_lines(report.label_counts)


def _step_row(step: SelectionStep) -> list[Any]:
    name = f"{step.name}: {step.asked}" if step.asked else step.name
    short = name if len(name) <= 60 else f"{name[:57]}..."
    return [short, step.count.num_images, step.count.num_patients, step.count.num_studies]
