"""`dicomill db`: the database itself."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import click

from cli.cleaning_commands import conflicts, disagreements, reclean, resolve
from cli.options import PATH, database_option, json_option
from cli.printing import print_report, table_lines
from foundation.errors import ConfigError


@click.group()
def db() -> None:
    """Bring the schema up to date, see its state, ask it questions, settle what its rows leave open.

    \b
    Example:
      dicomill db upgrade --database mysql://root@127.0.0.1/dicomill
    """


for command in (conflicts, disagreements, reclean, resolve):
    db.add_command(command)


@db.command()
@database_option
@json_option
def upgrade(*, database_url: str, as_json: bool) -> None:
    """Make the tables, or bring them up to this version.

    \b
    Example:
      dicomill db upgrade
    """
    from database.migrating import upgrade as door

    report = door(database_url)
    applied = ", ".join(report.applied) or "nothing to do"
    print_report(report, as_json=as_json, lines=[f"{report.url} is at {report.after} ({applied})."])


@db.command()
@database_option
@json_option
def status(*, database_url: str, as_json: bool) -> None:
    """Say which version the schema has and which it should have.

    \b
    Example:
      dicomill db status
    """
    from database.migrating import status as door

    report = door(database_url)
    lines = [
        f"{report.url}: {report.dialect_name} {report.server_version}",
        f"at {report.current or 'no revision'}, newest {report.head}",
    ]
    if report.pending:
        lines.append(f"pending: {', '.join(report.pending)}; run `dicomill db upgrade`.")
    print_report(report, as_json=as_json, lines=lines)


@db.command()
@click.argument("product", type=PATH)
@database_option
@json_option
def register(product: Path, *, database_url: str, as_json: bool) -> None:
    """Keep the lineage of PRODUCT, a folder or a predictions file, as rows.

    For products that were made without a database: transformed folders, records, artifacts,
    predictions, reports.

    \b
    Example:
      dicomill db register out/model
    """
    from database.opening import open_with_key
    from database.products import register_product
    from database.session import transaction
    from foundation.lineage import lineage_path, read_lineage

    lineage = read_lineage(product)
    if lineage is None:
        raise ConfigError(
            f"{product} has no lineage: expected {lineage_path(product)}, which dicomill writes with each."
        )
    with open_with_key(database_url) as database:
        is_new = transaction(database, lambda session: register_product(session, lineage))
    state = "registered" if is_new else "was registered before"
    print_report(lineage, as_json=as_json, lines=[f"{lineage.kind} {lineage.product_uuid} {state}."])


@db.command()
@click.argument("sql")
@database_option
@click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True, help="Rows at most.")
@click.option("--seconds", type=click.IntRange(min=1), default=30, show_default=True, help="Time at most.")
@json_option
def query(sql: str, *, database_url: str, limit: int, seconds: int, as_json: bool) -> None:
    """Run one SELECT over the views image, image_pixels and image_label, and print the rows.

    \b
    Example:
      dicomill db query "SELECT body_part, COUNT(*) AS n FROM image GROUP BY body_part"
    """
    from database.opening import open_with_key
    from database.research import run_research_query

    with open_with_key(database_url) as database:
        result = run_research_query(database, sql, seconds=seconds, limit=limit)
    if as_json:
        rows = [dict(zip(result.columns, row, strict=True)) for row in result.rows]
        click.echo(json.dumps(rows, indent=2, default=_as_json))
        return
    for line in table_lines(result.columns, result.rows):
        click.echo(line)


def _as_json(value: object) -> str:
    """Return a value of SQL that JSON has no word for: bytes as base64, the rest as text."""
    return base64.b64encode(value).decode("ascii") if isinstance(value, bytes) else str(value)
