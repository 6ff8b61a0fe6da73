"""`dicomill pack`: an image/label folder to TFRecords."""

from __future__ import annotations

from pathlib import Path

import click

from cli.configs import make_config
from cli.options import PATH, json_option, overwrite_option, set_option
from cli.printing import count_lines, print_report, table_lines
from cli.terminal import watched
from foundation.errors import ConfigError


@click.command()
@click.argument("folder", type=PATH)
@click.argument("target", type=PATH)
@click.option(
    "--split",
    type=click.Choice(["None", "tt_split", "tvt_split"]),
    help="No split, train/test, or train/validation/test.  [default: tvt_split]",
)
@click.option("--ratios", metavar="R,R[,R]", help="Shares of the splits.  [default: .8,.1,.1 or .9,.1]")
@click.option("--seed", type=int, help="[default: 0]")
@click.option("--name", metavar="NAME", help="Base name of the record files.  [default: dicom]")
@click.option("--classes", "classes_file", type=PATH, help="Class order: a file of `id:name` or names.")
@click.option("--shards", type=click.IntRange(min=1), help="Files a split.  [default: 1]")
@overwrite_option
@set_option
@json_option
def pack(
    folder: Path,
    target: Path,
    *,
    split: str | None,
    ratios: str | None,
    seed: int | None,
    name: str | None,
    classes_file: Path | None,
    shards: int | None,
    overwrite: bool,
    assignments: tuple[str, ...],
    as_json: bool,
) -> None:
    """Write the pictures and labels of FOLDER to TARGET as TFRecords with splits.

    A patient's pictures always stay in one split; the splits have equal shares of the classes as far
    as that allows.

    \b
    Example:
      dicomill pack out/chests out/records --split tvt_split --seed 1
    """
    from preprocessing.pack import PackConfig
    from preprocessing.pack import pack as door

    config = make_config(
        PackConfig,
        {
            "folder": folder,
            "target": target,
            "split": split,
            "ratios": _read_ratios(ratios),
            "seed": seed,
            "name": name,
            "classes_file": classes_file,
            "shards": shards,
            "overwrite": overwrite,
        },
        assignments=assignments,
    )
    with watched() as progress:
        report = door(config, progress=progress)
    splits = list(report.num_records)
    rows = [[name, *(report.num_labels[part].get(name, 0) for part in splits)] for name in report.classes]
    lines = [
        f"{sum(report.num_records.values())} records in {target}",
        *table_lines(["class", *splits], [*rows, ["all", *report.num_records.values()]]),
        *report.warnings,
    ]
    if report.left_out:
        lines += ["Left out:", *count_lines(report.left_out)]
    print_report(report, as_json=as_json, lines=lines)


def _read_ratios(text: str | None) -> tuple[float, ...] | None:
    if text is None:
        return None
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError as error:
        raise ConfigError(f'--ratios expects numbers such as .8,.1,.1. Received: "{text}".') from error
