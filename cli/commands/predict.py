"""`dicomill predict`: pictures to predictions."""

from __future__ import annotations

from pathlib import Path

import click

from cli.configs import make_config
from cli.options import (
    PATH,
    json_option,
    key_file_option,
    optional_database_option,
    overwrite_option,
    set_option,
)
from cli.printing import count_lines, print_report
from cli.terminal import watched


@click.command()
@click.argument("artifact", type=PATH)
@click.argument("inputs", nargs=-1, required=True, type=PATH)
@click.option("--out", required=True, type=PATH, metavar="FILE", help="Where the predictions go.")
@click.option("--format", "file_format", type=click.Choice(["tsv", "csv", "jsonl"]), help="[default: tsv]")
@click.option("--split", metavar="NAME", help="Of a record set; all its splits when not given.")
@click.option("--batch-size", type=click.IntRange(min=1), help="[default: 32]")
@optional_database_option
@key_file_option
@overwrite_option
@set_option
@json_option
def predict(
    artifact: Path,
    inputs: tuple[Path, ...],
    *,
    out: Path,
    file_format: str | None,
    split: str | None,
    batch_size: int | None,
    database_url: str | None,
    key_file: Path | None,
    overwrite: bool,
    assignments: tuple[str, ...],
    as_json: bool,
) -> None:
    """Predict INPUTS with ARTIFACT: pictures, DICOM files, folders of them, lists, record sets.

    A .txt file is a list, one path a line. What the artifact was trained with (rendering, steps,
    size) is applied as far as an input still needs it. An input that cannot be read gets a row with
    its reason in FILE.rejected.tsv.

    \b
    Example:
      dicomill predict out/model new-files/ --out predictions.tsv
    """
    from database.opening import open_if_given
    from inference.predict import PredictConfig
    from inference.predict import predict as door

    config = make_config(
        PredictConfig,
        {
            "artifact": artifact,
            "inputs": inputs,
            "out": out,
            "format": file_format,
            "split": split,
            "batch_size": batch_size,
            "overwrite": overwrite,
        },
        assignments=assignments,
    )
    with open_if_given(database_url, key_file=key_file) as database, watched() as progress:
        report = door(config, database=database, progress=progress)
    lines = [f"{report.num_predicted} predictions in {out}"]
    if report.reasons:
        lines += ["Not predicted:", *count_lines(report.reasons)]
    print_report(report, as_json=as_json, lines=lines)
