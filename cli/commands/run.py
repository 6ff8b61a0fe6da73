"""`dicomill run`: the stages of a run file."""

from __future__ import annotations

from pathlib import Path

import click

from cli.options import PATH, json_option
from cli.printing import print_report
from cli.terminal import watched


@click.command()
@click.argument("file", type=PATH)
@click.option("--again", is_flag=True, help="Run every stage, also those that are unchanged.")
@json_option
def run(file: Path, *, again: bool, as_json: bool) -> None:
    """Run the stages that FILE (YAML) names, in order, skipping what is unchanged.

    \b
    FILE looks like this; relative paths count from its own folder:
      database: sqlite:///study.db
      stages:
        - ingest: {paths: [dicom]}
        - cohort: {name: parts, task: body_part}
        - export: {cohort: parts, folder: out/export}
        - pack: {folder: out/export, target: out/records}
        - train: {records: out/records, artifact: out/model, model: lenet5}
    \b
    Example:
      dicomill run study.yaml
    """
    from pipeline.run import RunConfig
    from pipeline.run import run as door

    with watched() as progress:
        report = door(RunConfig(file=file, again=again), progress=progress)
    print_report(report, as_json=as_json, lines=[])
