"""`dicomill pack`: an image/label folder, an archive of one, or a cohort to TFRecords."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.configs import make_config
from cli.options import (
    PATH,
    json_option,
    optional_database_option,
    overwrite_option,
    read_numbers,
    set_option,
)
from cli.printing import count_lines, print_report, table_lines
from cli.settings import Settings
from cli.step_options import split_steps, steps_option
from cli.terminal import watched

if TYPE_CHECKING:
    from preprocessing.pack import PackReport


@click.command()
@click.argument("places", nargs=-1, required=True, type=PATH, metavar="[FOLDER|ZIP] TARGET")
@click.option("--cohort", metavar="NAME[@VERSION]", help="Pack this cohort, with no folder in between.")
@click.option(
    "--rendering", metavar="TEXT", help="Of a cohort's pictures, as window:40,400.  [default: window]"
)
@steps_option
@click.option(
    "--split",
    type=click.Choice(["None", "tt_split", "tvt_split"]),
    help="No split, train/test, or train/validation/test.  [default: tvt_split]",
)
@click.option("--ratios", metavar="R,R[,R]", help="Shares of the splits.  [default: .8,.1,.1 or .9,.1]")
@click.option("--plan", metavar="NAME", help="Take the splits of this plan of the database.")
@click.option("--splits", "splits_file", type=PATH, help="Take the splits of this table (name, split).")
@click.option("--seed", type=int, help="[default: 0]")
@click.option("--name", metavar="NAME", help="Base name of the record files.  [default: dicom]")
@click.option("--classes", "classes_file", type=PATH, help="Class order: a file of `id:name` or names.")
@click.option("--shards", type=click.IntRange(min=1), help="Files a split.  [default: 1]")
@optional_database_option
@overwrite_option
@set_option
@json_option
@click.pass_obj
def pack(
    settings: Settings,
    places: tuple[Path, ...],
    *,
    cohort: str | None,
    rendering: str | None,
    steps: tuple[str, ...],
    split: str | None,
    ratios: str | None,
    plan: str | None,
    splits_file: Path | None,
    seed: int | None,
    name: str | None,
    classes_file: Path | None,
    shards: int | None,
    database_url: str | None,
    overwrite: bool,
    assignments: tuple[str, ...],
    as_json: bool,
) -> None:
    """Write the pictures and labels of FOLDER to TARGET as TFRecords with splits.

    FOLDER holds images/ and labels/, or a folder a class; a zip or tar of it is read as it lies. With
    --cohort there is no FOLDER: pictures come from the rows, as an export would render them.

    A patient's pictures always stay in one split; the splits have equal shares of the classes as far
    as that allows. Splits that were settled before come from a plan (`dicomill split create`) or from
    a table; the folder's own `splits.csv` counts where nothing else is asked for.

    \b
    Example:
      dicomill pack out/chests out/records --split tvt_split --seed 1
      dicomill pack pictures.zip out/records
      dicomill pack out/chests out/records --plan main --database sqlite:///dicomill.db
      dicomill pack --cohort chests out/records --step letterbox:224
    """
    from database.opening import open_with_key
    from preprocessing.pack import PackConfig
    from preprocessing.pack import pack as door

    folder, target = _folder_and_target(places, cohort)
    config = make_config(
        PackConfig,
        {
            "folder": folder,
            "cohort": cohort,
            "rendering": rendering,
            **split_steps(steps),
            "target": target,
            "split": split,
            "ratios": read_numbers(ratios, float, option="--ratios"),
            "plan": plan,
            "splits_file": splits_file,
            "seed": seed,
            "name": name,
            "classes_file": classes_file,
            "shards": shards,
            "overwrite": overwrite,
        },
        assignments=assignments,
    )
    needs_rows = plan is not None or cohort is not None
    url = database_url or (settings.database if needs_rows else None)
    opened = nullcontext() if url is None else open_with_key(url)
    with opened as database, watched() as progress:
        report = door(config, database=database, progress=progress)
    print_report(report, as_json=as_json, lines=_report_lines(report, target))


def _report_lines(report: PackReport, target: Path) -> list[str]:
    """Return records by class and split, what to know of them, and what was left out."""
    splits = list(report.num_records)
    rows = [[name, *(report.num_labels[part].get(name, 0) for part in splits)] for name in report.classes]
    lines = [
        f"{sum(report.num_records.values())} records in {target}",
        *table_lines(["class", *splits], [*rows, ["all", *report.num_records.values()]]),
        *report.warnings,
    ]
    return [*lines, "Left out:", *count_lines(report.left_out)] if report.left_out else lines


def _folder_and_target(places: tuple[Path, ...], cohort: str | None) -> tuple[Path | None, Path]:
    """Return what the arguments name: a folder and the target, or of a cohort the target alone."""
    if cohort is not None and len(places) == 1:
        return None, places[0]
    if cohort is None and len(places) == 2:
        return places[0], places[1]
    context = click.get_current_context()
    if cohort is None and len(places) == 1:
        raise click.UsageError("Missing argument 'TARGET'.", context)
    wanted = "FOLDER and TARGET" if cohort is None else "TARGET alone beside --cohort"
    raise click.UsageError(f"Expected {wanted}. Received: {', '.join(map(str, places))}.", context)
