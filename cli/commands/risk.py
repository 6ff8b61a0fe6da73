"""`dicomill risk`: text that may be burned into pixels."""

from __future__ import annotations

import click

from cli.configs import make_config
from cli.options import database_option, json_option, key_file_option, workers_option
from cli.printing import count_lines, print_report, table_lines
from cli.terminal import watched
from foundation.errors import ConfigError


@click.group()
def risk() -> None:
    """Count pictures that may show a patient's name, clear them in bulk, or search them for text.

    \b
    Example:
      dicomill risk list
      dicomill risk clear --where "modality = 'XA'" --by "R. Officer" --reason "200 of 3,100 looked at"
    """


@risk.command(name="list")
@database_option
@json_option
def list_all(*, database_url: str, as_json: bool) -> None:
    """Count current pictures by modality and class, and list the decisions that cleared some.

    \b
    Example:
      dicomill risk list
    """
    from database.opening import open_with_key
    from ingest.risk import RiskListConfig, risk_list

    with open_with_key(database_url) as database:
        report = risk_list(RiskListConfig(), database=database)
    counts = [[one.modality, one.risk, one.num_images, one.num_searched] for one in report.counts]
    lines = table_lines(["modality", "burned_in_risk", "images", "searched"], counts)
    if report.clearings:
        rows = [
            [
                one.id,
                one.num_in_force,
                one.num_with_text,
                one.cleared_by,
                one.cleared_at,
                one.undone_by or "",
                one.where,
                one.reason,
            ]
            for one in report.clearings
        ]
        headings = ["id", "in force", "with text", "by", "at", "undone by", "where", "reason"]
        lines += ["", "Cleared:", *table_lines(headings, rows)]
    print_report(report, as_json=as_json, lines=lines)


@risk.command()
@click.option("--where", required=True, metavar="SQL", help="A condition on the view `image`.")
@click.option("--by", "cleared_by", required=True, metavar="NAME", help="Who decides.")
@click.option("--reason", required=True, metavar="TEXT", help="Why they show no text of a patient.")
@click.option("--dry-run", is_flag=True, help="Count only.")
@database_option
@key_file_option
@json_option
def clear(
    *,
    where: str,
    cleared_by: str,
    reason: str,
    dry_run: bool,
    database_url: str,
    key_file: str | None,
    as_json: bool,
) -> None:
    """Clear the pictures at risk that a condition names: the view `image` then says `cleared`.

    Pictures that come later are not covered. `dicomill risk undo` takes it back.

    \b
    Example:
      dicomill risk clear --where "modality = 'US'" --by "R. Officer" --reason "all masked"
    """
    from database.opening import open_with_key
    from ingest.risk import RiskClearConfig, risk_clear

    values = {"where": where, "cleared_by": cleared_by, "reason": reason, "dry_run": dry_run}
    config = make_config(RiskClearConfig, values)
    with open_with_key(database_url, key_file=key_file) as database:
        report = risk_clear(config, database=database)
    if report.clearing is None and not dry_run:
        lines = ["Nothing at risk fits the condition; nothing was recorded."]
    else:
        done = "Would clear" if dry_run else f"Clearing {report.clearing}:"
        lines = [f"{done} {report.num_images} images. They were:", *count_lines(report.classes)]
    print_report(report, as_json=as_json, lines=lines)


@risk.command()
@click.argument("clearing", type=int)
@click.option("--by", "undone_by", required=True, metavar="NAME", help="Who takes it back.")
@database_option
@key_file_option
@json_option
def undo(clearing: int, *, undone_by: str, database_url: str, key_file: str | None, as_json: bool) -> None:
    """Take CLEARING back (its number in `risk list`): its pictures are at risk again.

    \b
    Example:
      dicomill risk undo 3 --by "R. Officer"
    """
    from database.opening import open_with_key
    from ingest.risk import RiskUndoConfig, risk_undo

    config = make_config(RiskUndoConfig, {"clearing": clearing, "undone_by": undone_by})
    with open_with_key(database_url, key_file=key_file) as database:
        report = risk_undo(config, database=database)
    lines = [f"Clearing {report.clearing} was taken back; {report.num_images} images are at risk again."]
    print_report(report, as_json=as_json, lines=lines)


@risk.command()
@click.option("--ocr", is_flag=True, help="Search with Tesseract, the one way there is.")
@click.option("--where", metavar="SQL", help="A condition on the view `image`.  [default: those at risk]")
@click.option("--again", is_flag=True, help="Also pictures that were searched before.")
@click.option("--frames", type=click.IntRange(min=1), help="Frames of one instance, at most.  [default: 8]")
@workers_option
@database_option
@key_file_option
@json_option
def check(
    *,
    ocr: bool,
    where: str | None,
    again: bool,
    frames: int | None,
    workers: int | None,
    database_url: str,
    key_file: str | None,
    as_json: bool,
) -> None:
    """Search rendered pictures for text; the rows keep whether some was found, never what it says.

    \b
    Example:
      dicomill risk check --ocr
      dicomill risk check --ocr --where "modality = 'CR'"
    """
    from database.opening import open_with_key
    from preprocessing.risk_check import RiskCheckConfig, risk_check

    if not ocr:
        raise ConfigError(
            "Say how to search: `dicomill risk check --ocr` runs Tesseract on rendered pictures."
        )
    config = make_config(
        RiskCheckConfig, {"where": where, "again": again, "frames": frames, "workers": workers}
    )
    with open_with_key(database_url, key_file=key_file) as database, watched() as progress:
        report = risk_check(config, database=database, progress=progress)
    lines = [
        f"{report.num_images} images searched in {report.seconds:.1f} s",
        *count_lines({"text found": report.num_with_text, "no text found": report.num_without_text}),
    ]
    if report.reasons:
        lines += ["Not searched:", *count_lines(report.reasons)]
    print_report(report, as_json=as_json, lines=lines)
