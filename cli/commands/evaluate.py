"""`dicomill evaluate`: an artifact against the labels of a split."""

from __future__ import annotations

from pathlib import Path

import click

from cli.configs import make_config
from cli.options import PATH, json_option, optional_database_option, overwrite_option, set_option
from cli.printing import print_report
from cli.terminal import watched


@click.command()
@click.argument("artifact", type=PATH)
@click.argument("records", type=PATH)
@click.argument("target", type=PATH)
@click.option("--split", metavar="NAME", help="train, validation or test.  [default: test]")
@click.option("--batch-size", type=click.IntRange(min=1), help="[default: 64]")
@optional_database_option
@overwrite_option
@set_option
@json_option
def evaluate(
    artifact: Path,
    records: Path,
    target: Path,
    *,
    split: str | None,
    batch_size: int | None,
    database_url: str | None,
    overwrite: bool,
    assignments: tuple[str, ...],
    as_json: bool,
) -> None:
    """Measure ARTIFACT on a split of RECORDS and write metrics, cases and figures to TARGET.

    \b
    Example:
      dicomill evaluate out/model out/records out/evaluation
    """
    from database.opening import open_if_given
    from evaluation.evaluate import EvaluateConfig
    from evaluation.evaluate import evaluate as door

    config = make_config(
        EvaluateConfig,
        {
            "artifact": artifact,
            "records": records,
            "target": target,
            "split": split,
            "batch_size": batch_size,
            "overwrite": overwrite,
        },
        assignments=assignments,
    )
    with open_if_given(database_url) as database, watched() as progress:
        report = door(config, database=database, progress=progress)
    interval = f"95 % interval {report.accuracy_low:.4f} to {report.accuracy_high:.4f}, per image"
    name = report.accuracy_kind.replace("_", " ")
    means = {
        "precision": report.macro_precision,
        "recall": report.macro_recall,
        "F1": report.macro_f1,
        "ROC-AUC": report.macro_roc_auc,
    }
    lines = [
        f"{name} {report.accuracy:.4f} ({interval}) on {report.num_labelled} records of {report.split}",
        *(f"macro {mean} {value:.4f}" for mean, value in means.items() if value is not None),
        *report.notes,
        f"Report in {target}",
    ]
    print_report(report, as_json=as_json, lines=lines)
