"""`dicomill split`: who goes to training, validation and test."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.configs import make_config
from cli.options import (
    PATH,
    database_option,
    json_option,
    optional_database_option,
    read_numbers,
    set_option,
)
from cli.printing import count_lines, print_report, table_lines
from cli.settings import Settings
from foundation.errors import ConfigError

if TYPE_CHECKING:
    from preprocessing.split import SplitCounts


@click.group()
def split() -> None:
    """Divide pictures into splits that no patient, study or picture crosses, and that never move.

    \b
    Example:
      dicomill split create main --cohort chests
    """


@split.command()
@click.argument("plan", required=False)
@click.option("--cohort", metavar="NAME[@VERSION]", help="Divide this cohort's pictures.")
@click.option("--folder", type=PATH, help="Divide this image/label folder instead; writes its splits.csv.")
@click.option("--split", "scheme", type=click.Choice(["tt_split", "tvt_split"]), help="[default: tvt_split]")
@click.option("--ratios", metavar="R,R[,R]", help="Shares of the splits.  [default: .8,.1,.1 or .9,.1]")
@click.option("--counts", metavar="N[,N]", help="Pictures of validation and test; train has the rest.")
@click.option("--folds", type=click.IntRange(min=2), help="Equal folds instead of splits.")
@click.option("--repeats", type=click.IntRange(min=1), help="Divisions into folds.  [default: 1]")
@click.option("--assign", multiple=True, metavar="SPLIT:SQL", help="Pictures of a split, by a condition.")
@click.option("--list", "lists", multiple=True, metavar="SPLIT:FILE", help="Pictures of a split, by name.")
@click.option("--together", multiple=True, metavar="COLUMN", help="Keep the values of a column whole.")
@click.option("--seed", type=int, help="[default: 0]")
@optional_database_option
@set_option
@json_option
@click.pass_obj
def create(
    settings: Settings,
    plan: str | None,
    *,
    cohort: str | None,
    folder: Path | None,
    scheme: str | None,
    ratios: str | None,
    counts: str | None,
    folds: int | None,
    repeats: int | None,
    assign: tuple[str, ...],
    lists: tuple[str, ...],
    together: tuple[str, ...],
    seed: int | None,
    database_url: str | None,
    assignments: tuple[str, ...],
    as_json: bool,
) -> None:
    """Give every picture of a cohort its split under the name PLAN, or go on with that plan.

    Pictures that share a patient, a study or their pixels stay together. A plan is never drawn anew:
    new pictures of a known patient follow the patient, and nobody moves.

    \b
    Example:
      dicomill split create main --cohort chests --ratios .7,.1,.2
      dicomill split create later --cohort chests --assign "test: study_year >= 2019"
      dicomill split create folds --cohort chests --folds 5 --repeats 3
      dicomill split create --folder out/chests
    """
    from database.opening import open_with_key
    from preprocessing.split import SplitConfig
    from preprocessing.split import split as door

    config = make_config(
        SplitConfig,
        {
            "plan": plan,
            "cohort": cohort,
            "folder": folder,
            "split": scheme,
            "ratios": read_numbers(ratios, float, option="--ratios"),
            "counts": read_numbers(counts, int, option="--counts"),
            "folds": folds,
            "repeats": repeats,
            "assign": dict(_parts(assign, option="--assign")) or None,
            "lists": {name: _read_names(Path(path)) for name, path in _parts(lists, option="--list")} or None,
            "together": together or None,
            "seed": seed,
        },
        assignments=assignments,
    )
    opened = nullcontext() if folder is not None else open_with_key(database_url or settings.database)
    with opened as database:
        report = door(config, database=database)
    title = f"Plan {report.plan}" if report.plan else str(report.splits_file)
    lines = [f"{title} ({'begun' if report.is_new else 'gone on with'})"]
    for number, counted in enumerate(report.repeats, start=1):
        lines += [f"Repeat {number}:"] if len(report.repeats) > 1 else []
        lines += _count_lines(counted)
    print_report(report, as_json=as_json, lines=lines)


@split.command()
@click.argument("plan", required=False)
@database_option
@json_option
def show(plan: str | None, *, database_url: str, as_json: bool) -> None:
    """Show how PLAN divides and what it has settled; all plans when none is named.

    \b
    Example:
      dicomill split show main
    """
    from database.opening import open_with_key
    from preprocessing.split_showing import show_plans

    with open_with_key(database_url) as database:
        report = show_plans(database, plan)
    lines = []
    for one in report.plans:
        lines.append(f"Plan {one.name}, {one.num_nodes} patients, studies and pictures settled")
        lines += [f"  {name}: {value}" for name, value in one.scheme.items() if value]
        rows = [[name, *counts.values()] for name, counts in one.settled.items()]
        lines += table_lines(["split", *next(iter(one.settled.values()), {})], rows) if rows else []
    print_report(report, as_json=as_json, lines=lines or ["There is no split plan."])


@split.command()
@click.argument("folder", required=False, type=PATH)
@click.option("--plan", metavar="NAME", help="Audit this plan for a cohort instead of a folder.")
@click.option("--cohort", metavar="NAME[@VERSION]", help="The cohort.")
@click.option("--splits", "splits_file", type=PATH, help="The folder's table of splits.")
@optional_database_option
@set_option
@json_option
@click.pass_obj
def audit(
    settings: Settings,
    folder: Path | None,
    *,
    plan: str | None,
    cohort: str | None,
    splits_file: Path | None,
    database_url: str | None,
    assignments: tuple[str, ...],
    as_json: bool,
) -> None:
    """Look for patients, studies and pictures that lie in two splits; exit status 1 when there are any.

    FOLDER is a record set, or an image/label folder with its splits.csv.

    \b
    Example:
      dicomill split audit out/records
      dicomill split audit --plan main --cohort chests
    """
    from database.opening import open_with_key
    from preprocessing.split_audit import SplitAuditConfig, audit_splits

    config = make_config(
        SplitAuditConfig,
        {"folder": folder, "plan": plan, "cohort": cohort, "splits_file": splits_file},
        assignments=assignments,
    )
    url = database_url or (settings.database if plan is not None else None)
    opened = nullcontext() if url is None else open_with_key(url)
    with opened as database:
        report = audit_splits(config, database=database)
    rows = [
        [leak.kind, leak.key, *(leak.num_images.get(name, 0) for name in report.num_images)]
        for leak in report.leaks
    ]
    lines = [
        "Pictures by split:",
        *count_lines(report.num_images),
        *([f"{report.without_split} pictures have no split."] if report.without_split else []),
        *(
            [f"{report.patients_unknown} pictures are of unknown patients."]
            if report.patients_unknown
            else []
        ),
        *(
            table_lines(["in two splits", "key", *report.num_images], rows)
            if rows
            else ["Nothing lies in two splits."]
        ),
    ]
    print_report(report, as_json=as_json, lines=lines)
    sys.exit(0 if report.is_clean else 1)


def _count_lines(counted: SplitCounts) -> list[str]:
    splits = list(counted.num_images)
    labels = sorted({label for own in counted.num_labels.values() for label in own})
    rows = [[label, *(counted.num_labels[name].get(label, 0) for name in splits)] for label in labels]
    rows += [["images", *counted.num_images.values()], ["groups", *counted.num_groups.values()]]
    left_out = ["Left out:", *count_lines(counted.left_out)] if counted.left_out else []
    return [*table_lines(["label", *splits], rows), *left_out, *counted.warnings]


def _parts(texts: Sequence[str], *, option: str) -> list[tuple[str, str]]:
    parts = []
    for text in texts:
        name, colon, rest = text.partition(":")
        if not colon or not rest.strip():
            raise ConfigError(
                f'{option} expects SPLIT:{"SQL" if option == "--assign" else "FILE"}. Received: "{text}".'
            )
        parts.append((name.strip(), rest.strip()))
    return parts


def _read_names(path: Path) -> tuple[str, ...]:
    """Return the names in a file, one a line."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"Cannot read the list {path}: expected UTF-8 text, one name a line.") from error
    return tuple(dict.fromkeys(line.strip() for line in lines if line.strip()))
