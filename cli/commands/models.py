"""`dicomill models`: the networks that `train` knows."""

from __future__ import annotations

import click

from cli.options import json_option
from cli.printing import print_report, table_lines


@click.group()
def models() -> None:
    """Show the networks.

    \b
    Example:
      dicomill models list
    """


@models.command(name="list")
@json_option
def list_all(*, as_json: bool) -> None:
    """List the networks by name.

    \b
    Example:
      dicomill models list
    """
    from training.networks.listing import list_models

    report = list_models()
    rows = [[row.name, f"{row.default_size}x{row.default_size}", row.summary] for row in report.models]
    print_report(report, as_json=as_json, lines=table_lines(["name", "size", "what it is"], rows))
