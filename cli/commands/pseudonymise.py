"""`dicomill pseudonymise`: a table of another system to one that joins the rows of images."""

from __future__ import annotations

from pathlib import Path

import click

from cli.configs import make_config
from cli.options import (
    PATH,
    database_option,
    json_option,
    key_file_option,
    overwrite_option,
    set_option,
)
from cli.printing import print_report
from cli.terminal import watched


@click.command()
@click.argument("table", type=PATH)
@click.option("--output", type=PATH, required=True, help="The new table; .tsv for tabs, .gz for gzip.")
@click.option("--patient", metavar="COLUMN", multiple=True, help="Patient ids; several may be given.")
@click.option("--issuer-column", metavar="COLUMN", help="Who issued the patient ids.")
@click.option(
    "--source",
    metavar="NAME",
    help="As ingest was given it: the issuer where none is told.  [default: default]",
)
@click.option("--accession", metavar="COLUMN", help="Accession numbers.")
@click.option("--uid", metavar="COLUMN", multiple=True, help="DICOM UIDs; several may be given.")
@click.option("--date", metavar="COLUMN", multiple=True, help="Dates to shift; several may be given.")
@click.option(
    "--date-format",
    metavar="FORM",
    multiple=True,
    help="How dates are written, if not ISO or DICOM: %d.%m.%Y",
)
@click.option("--keep", metavar="COLUMN", multiple=True, help="Kept as it is; several may be given.")
@database_option
@key_file_option
@overwrite_option
@set_option
@json_option
def pseudonymise(
    table: Path,
    *,
    output: Path,
    patient: tuple[str, ...],
    issuer_column: str | None,
    source: str | None,
    accession: str | None,
    uid: tuple[str, ...],
    date: tuple[str, ...],
    date_format: tuple[str, ...],
    keep: tuple[str, ...],
    database_url: str,
    key_file: Path | None,
    overwrite: bool,
    assignments: tuple[str, ...],
    as_json: bool,
) -> None:
    """Write TABLE (CSV or TSV of a RIS or EHR) with our keys and shifted dates instead of identifiers.

    Only the columns that are named come out. The result joins the view image on patient_key,
    accession_key or study_instance_uid, and its dates lie on the same shifted calendar. Further:
    --set birth_date=COLUMN (age at the date), times=keep, encoding=cp1252, separator=";",
    drop=[COLUMN].

    \b
    Example:
      dicomill pseudonymise ris.csv --patient PatID --accession AccNo --date Exam --output ris_keys.csv
    """
    from database.opening import open_with_key
    from ingest.pseudonymise import PseudonymiseConfig
    from ingest.pseudonymise import pseudonymise as door

    config = make_config(
        PseudonymiseConfig,
        {
            "table": table,
            "output": output,
            "patient": patient,
            "issuer_column": issuer_column,
            "source": source,
            "accession": accession,
            "uid": uid,
            "date": date,
            "date_format": date_format,
            "keep": keep,
            "overwrite": overwrite,
        },
        assignments=assignments,
    )
    with open_with_key(database_url, key_file=key_file) as database, watched() as progress:
        report = door(config, database=database, progress=progress)
    lines = [
        f"{report.num_written:,} of {report.num_rows:,} rows in {output} (read as {report.encoding})",
        f"{report.num_columns_left_out} columns stayed behind",
        f"Columns: {', '.join(report.columns)}",
    ]
    if report.num_rows_of_known_patients is not None:
        lines.append(f"{report.num_rows_of_known_patients:,} rows are of patients that the database knows.")
    for name, note in report.rows.items():
        shown = ", ".join(str(number) for number in note.first_rows[:5])
        lines.append(f"  {note.count:,}  {name} (row {shown}{', ...' if note.count > 5 else ''})")
    for warning in report.warnings:
        click.echo(f"dicomill: {warning}", err=True)
    print_report(report, as_json=as_json, lines=lines)
