"""`dicomill withdraw`: patients leave."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.configs import make_config
from cli.options import PATH, database_option, json_option, key_file_option
from cli.printing import count_lines, print_report, table_lines
from cli.terminal import watched
from foundation.errors import ConfigError

if TYPE_CHECKING:
    from ingest.withdraw import WithdrawReport

_NOT_ROWS_OF_THEIRS = {"pixels_shared", "cohorts"}


@click.command()
@click.argument("patients", nargs=-1)
@click.option("--from-file", type=PATH, metavar="FILE", help="A file with one more id or key a line.")
@click.option("--issuer", metavar="TEXT", help="Issuer of the ids (0010,0021), where the files name one.")
@click.option("--source", metavar="NAME", help="The source that the ids are of.  [default: all are tried]")
@click.option("--dry-run", is_flag=True, help="Say what would be deleted; change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--no-compact", is_flag=True, help="Do not write an SQLite file anew afterwards.")
@database_option
@key_file_option
@json_option
def withdraw(
    patients: tuple[str, ...],
    *,
    from_file: Path | None,
    issuer: str | None,
    source: str | None,
    dry_run: bool,
    yes: bool,
    no_compact: bool,
    database_url: str,
    key_file: Path | None,
    as_json: bool,
) -> None:
    """Delete PATIENTS with pictures, rows and readings, and never store a file of theirs again.

    PATIENTS are original patient ids, which are hashed and forgotten, or patient keys of the database;
    - reads ids from standard input. Patients that a merge list joined go together. What was made from
    their pictures (exports, records, models, ...) is not touched but listed.

    \b
    Example:
      dicomill withdraw 4711 --source main --dry-run
      dicomill withdraw --from-file withdrawn.txt --yes
    """
    from database.opening import open_with_key
    from ingest.withdraw import WithdrawConfig
    from ingest.withdraw import withdraw as door

    if as_json and not (yes or dry_run):
        raise ConfigError("--json asks nobody: add --yes, or --dry-run to see what would be deleted.")
    values = {
        "patients": _with_stdin(patients),
        "from_file": from_file,
        "issuer": issuer,
        "source": source,
        "dry_run": True,
        "compact": not no_compact,
    }
    config = make_config(WithdrawConfig, values)
    with open_with_key(database_url, key_file=key_file) as database, watched() as progress:
        if dry_run or not yes:
            report = door(config, database=database)
        if not dry_run:
            if not yes:
                click.echo("\n".join(_lines(report)))
                click.confirm("Delete all of this?", abort=True)
            report = door(config.model_copy(update={"dry_run": False}), database=database, progress=progress)
    print_report(report, as_json=as_json, lines=_lines(report))


def _with_stdin(patients: tuple[str, ...]) -> tuple[str, ...]:
    if "-" not in patients:
        return patients
    named = tuple(sys.stdin.read().splitlines())
    return (*(patient for patient in patients if patient != "-"), *named)


def _patients(number: int) -> str:
    return "1 patient" if number == 1 else f"{number} patients"


def _lines(report: WithdrawReport) -> list[str]:
    done = "Would delete" if report.dry_run else "Deleted"
    rows = {name: number for name, number in report.counts.items() if name not in _NOT_ROWS_OF_THEIRS}
    lines = [f"{done} {_patients(report.num_patients)}:", *count_lines(rows)]
    if report.counts.get("pixels_shared"):
        lines.append(f"{report.counts['pixels_shared']} pictures stay: other instances show them, too.")
    if report.num_unknown:
        lines.append(
            f"{report.num_unknown} of the ids are of nobody here; their files are refused nevertheless."
        )
    if not report.dry_run:
        lines.append(f"{report.num_blocked} patient keys are blocked from now on.")
    if report.cohorts:
        lines += ["They were in the cohorts:", *(f"  {name}" for name in report.cohorts)]
    if report.products:
        products = [[one.kind, one.product_uuid, one.created_at, one.holds] for one in report.products]
        lines += [
            "These products still hold something of them; delete or make them again:",
            *table_lines(["kind", "product_uuid", "made at", "holds"], products),
            "A manifest names them by patient key:",
            *(f"  {key}" for key in report.patient_keys),
        ]
    else:
        lines.append("No product that this database knows was made from their pictures.")
    return [*lines, *([report.erasure] if report.erasure else [])]
