"""`dicomill privacy`: what a database keeps of whom."""

from __future__ import annotations

from pathlib import Path

import click

from cli.configs import make_config
from cli.options import PATH, database_option, json_option, key_file_option, overwrite_option
from cli.printing import print_report


@click.group()
def privacy() -> None:
    """Report what a database keeps, for the privacy officer.

    \b
    Example:
      dicomill privacy report --output privacy.html
    """


@privacy.command()
@click.option("--output", type=PATH, metavar="FILE", help="A file that ends in .html or .md.")
@overwrite_option
@database_option
@key_file_option
@json_option
def report(
    *, output: Path | None, overwrite: bool, database_url: str, key_file: Path | None, as_json: bool
) -> None:
    """Say what is kept and removed, of how many, by which runs, with which risks; as Markdown, or to a file.

    \b
    Example:
      dicomill privacy report
      dicomill privacy report --output privacy.html
    """
    from database.opening import open_with_key
    from pipeline.privacy_page import privacy_page
    from pipeline.privacy_report import PrivacyReportConfig, privacy_report

    config = make_config(PrivacyReportConfig, {"output": output, "overwrite": overwrite})
    with open_with_key(database_url, key_file=key_file) as database:
        figures = privacy_report(config, database=database)
    if figures.output is not None:
        lines = [f"Wrote {figures.output}."]
    else:
        lines = [] if as_json else [privacy_page(figures, markdown=True)]
    print_report(figures, as_json=as_json, lines=lines)
