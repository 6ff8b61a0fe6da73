"""`dicomill db reclean`, `disagreements`, `conflicts` and `resolve`: what rows hold, looked at again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.configs import make_config
from cli.options import PATH, database_option, json_option, key_file_option, set_option
from cli.printing import print_report, table_lines
from cli.terminal import watched

if TYPE_CHECKING:
    from ingest.reclean import RecleanReport


@click.command()
@click.option(
    "--site-table",
    "site_tables",
    multiple=True,
    type=PATH,
    metavar="FILE",
    help="May be given several times.",
)
@click.option("--dry-run", is_flag=True, help="Count what would change, and change nothing.")
@database_option
@key_file_option
@set_option
@json_option
def reclean(
    site_tables: tuple[Path, ...],
    *,
    dry_run: bool,
    database_url: str,
    key_file: Path | None,
    assignments: tuple[str, ...],
    as_json: bool,
) -> None:
    """Clean modality, view, body part and laterality again, without files or PACS.

    The present vocabulary and the site tables are held against the keyed hashes of the header's texts.
    Without --site-table, what a table gave before is taken back. A run that was cut short is run again.

    \b
    Example:
      dicomill db reclean --site-table ward7.tsv --dry-run
      dicomill db reclean --site-table ward7.tsv
    """
    from database.opening import open_with_key
    from ingest.reclean import RecleanConfig
    from ingest.reclean import reclean as door

    config = make_config(
        RecleanConfig,
        {"site_tables": site_tables, "dry_run": dry_run or None},
        assignments=assignments,
    )
    with open_with_key(database_url, key_file=key_file) as database, watched() as progress:
        report = door(config, database=database, progress=progress)
    print_report(report, as_json=as_json, lines=_reclean_lines(report))


def _reclean_lines(report: RecleanReport) -> list[str]:
    would = "would change" if report.is_dry_run else "changed"
    lines = [f"{report.num_changed} of {report.num_instances} rows {would} in {report.seconds:.1f} s"]
    rows = [
        [one.column, one.before or "unknown", one.after or "unknown", one.num_instances]
        for one in report.changes
    ]
    if rows:
        lines += table_lines(["column", "before", "after", "rows"], rows)
    for name, counts in (
        ("kept as read (the text is longer than a known phrase)", report.kept_as_read),
        ("still unknown, though the header has texts", report.still_unknown),
    ):
        if counts:
            told = ", ".join(f"{column} {count}" for column, count in counts.items())
            lines.append(f"{name}: {told}")
    if report.without_sources:
        lines.append(
            f"{report.without_sources} rows were stored before texts were hashed: ingest their files again."
        )
    return lines


@click.command()
@click.option(
    "--column",
    "columns",
    multiple=True,
    type=click.Choice(["modality", "view_position", "body_part", "image_laterality"]),
    help="Only this one; may be given several times.",
)
@click.option("--limit", type=click.IntRange(min=1), help="Kinds at most.  [default: 50]")
@click.option("--examples", type=click.IntRange(min=0), help="Ids to name with each.  [default: 3]")
@database_option
@json_option
def disagreements(
    columns: tuple[str, ...], *, limit: int | None, examples: int | None, database_url: str, as_json: bool
) -> None:
    """List where what a header says at one place contradicts another.

    \b
    Example:
      dicomill db disagreements --column body_part
    """
    from database.opening import open_with_key
    from ingest.disagreements import DisagreementsConfig
    from ingest.disagreements import disagreements as door

    config = make_config(DisagreementsConfig, {"columns": columns, "limit": limit, "examples": examples})
    with open_with_key(database_url) as database, watched() as progress:
        report = door(config, database=database, progress=progress)
    lines = [
        f"{report.num_contradicting} of {report.num_instances} images have sources that contradict each other"
    ]
    rows = [
        [
            *(one.column, one.value, one.value_source, one.other, one.other_source, one.num_instances),
            " ".join(str(row_id) for row_id in one.examples),
        ]
        for one in report.disagreements
    ]
    if rows:
        headings = ["column", "value", "told by", "other", "told by", "images", "ids"]
        lines += table_lines(headings, rows)
    if report.num_kinds > len(rows):
        lines.append(f"{report.num_kinds - len(rows)} more kinds; see them with --limit.")
    print_report(report, as_json=as_json, lines=lines)


@click.command()
@click.option(
    "--limit", type=click.IntRange(min=1), default=100, show_default=True, help="Instances at most."
)
@database_option
@json_option
def conflicts(*, limit: int, database_url: str, as_json: bool) -> None:
    """List instances whose UID came with different pictures.

    \b
    Example:
      dicomill db conflicts
    """
    from database.conflicts import count_conflicts, list_conflicts
    from database.opening import open_with_key

    with open_with_key(database_url) as database, database.session() as session:
        found, total = list_conflicts(session, limit=limit), count_conflicts(session)
    rows = [
        {
            "sop_instance_uid": conflict.sop_instance_uid,
            "version": one.version,
            "status": one.status,
            "instance_id": one.instance_id,
            "body_part": one.body_part,
            "modality": one.modality,
            "height": one.height,
            "width": one.width,
            "pixels_sha256": one.stored_values_sha256,
            "num_sources": one.num_sources,
            "created_at": one.created_at.isoformat(),
        }
        for conflict in found
        for one in conflict.versions
    ]
    lines = [f"{total} instances in conflict"]
    if rows:
        shown = ["sop_instance_uid", "version", "status", "instance_id", "body_part", "num_sources"]
        table = [
            [row[name] for name in shown]
            + [f"{row['height']} x {row['width']}", str(row["pixels_sha256"])[:12]]
            for row in rows
        ]
        lines += table_lines([*shown, "size", "pixels"], table)
        lines.append("Keep one with `dicomill db resolve UID --keep VERSION`.")
    print_report({"num_conflicts": total, "versions": rows}, as_json=as_json, lines=lines)


@click.command()
@click.argument("sop_instance_uid", metavar="UID")
@click.option(
    "--keep", type=click.IntRange(min=1), required=True, metavar="VERSION", help="The one that counts."
)
@database_option
@json_option
def resolve(sop_instance_uid: str, *, keep: int, database_url: str, as_json: bool) -> None:
    """Make VERSION of the instance UID the one that counts; the others are superseded.

    What class folders told of the former picture is taken back. Ingest the files of the kept version
    again to bring what theirs tell.

    \b
    Example:
      dicomill db resolve 2.25.81243... --keep 2
    """
    from database.opening import open_with_key
    from ingest.resolve import ResolveConfig
    from ingest.resolve import resolve as door

    config = make_config(ResolveConfig, {"sop_instance_uid": sop_instance_uid, "keep": keep})
    with open_with_key(database_url) as database:
        report = door(config, database=database)
    lines = [f"Version {report.version} counts now; {report.num_superseded} others are superseded."]
    if report.num_readings_withdrawn:
        lines.append(f"{report.num_readings_withdrawn} readings of class folders were taken back.")
    if report.num_readings_kept:
        lines.append(f"{report.num_readings_kept} readings by others stay: have them looked at again.")
    if report.num_sources_forgotten:
        lines.append("Ingest the files of this version again to bring what their class folders tell.")
    print_report(report, as_json=as_json, lines=lines)
