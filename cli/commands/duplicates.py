"""`dicomill duplicates`: equal pictures, and pairs that look alike."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from cli.configs import make_config
from cli.options import PATH, database_option, json_option
from cli.printing import print_report, table_lines
from cli.terminal import watched
from foundation.errors import ConfigError

_SHOWN = 16
_BY = click.option("--by", "decided_by", metavar="NAME", required=True, help="Who says so.")
_FILE = click.option(
    "--file",
    "pairs_file",
    type=PATH,
    metavar="FILE",
    help="Pairs, two names a line, instead of FIRST SECOND.",
)


@click.group()
def duplicates() -> None:
    """Find equal pictures and pairs that look alike, and say which of them are one.

    \b
    Example:
      dicomill duplicates find
      dicomill duplicates list
      dicomill duplicates confirm 5f1c0d3a9b7e4421 a04be97714c2d8f0 --by "A. Reader"
    """


@duplicates.command()
@click.option("--distance", type=click.IntRange(0, 10), help="Bits of 64 that may differ.  [default: 4]")
@database_option
@json_option
def find(*, distance: int | None, database_url: str, as_json: bool) -> None:
    """Look for equal pictures, and keep pairs that look alike as candidates.

    The candidates of an earlier call are replaced; what was confirmed or refuted stays.

    \b
    Example:
      dicomill duplicates find --distance 2
    """
    from database.opening import open_with_key
    from ingest.duplicates import DuplicatesConfig
    from ingest.duplicates import duplicates as door

    config = make_config(DuplicatesConfig, {"distance": distance})
    with open_with_key(database_url) as database, watched() as progress:
        report = door(config, database=database, progress=progress)
    flat = f", {report.num_flat} without structure left out" if report.num_flat else ""
    lines = [
        f"{report.num_pictures} pictures compared in {report.seconds:.1f} s{flat}",
        f"Stored several times: {report.num_identical_groups} ({report.num_identical_images} images)",
        f"  across patients: {report.num_across_patients}, labels disagree: {report.num_disagreeing}",
        f"Candidate pairs within {report.distance} of 64 bits: {report.num_candidates}",
        f"  confirmed: {report.num_confirmed}, refuted: {report.num_refuted}",
    ]
    if report.num_hashed:
        lines.append(f"{report.num_hashed} pictures had no perceptual hash yet and have one now")
    if report.num_lost:
        lines.append(f"{report.num_lost} pictures have no perceptual hash: their bytes are lost or damaged")
    if report.artefacts:
        sizes = ", ".join(str(size) for size in report.artefacts[:5])
        lines.append(
            f"Artefacts: {len(report.artefacts)} crowds of more than {report.largest_component} pictures "
            f"that look alike ({sizes}{', ...' if len(report.artefacts) > 5 else ''}). They are no "
            "duplicates and are not kept; a smaller --distance parts them."
        )
    print_report(report, as_json=as_json, lines=lines)


@duplicates.command(name="list")
@click.option("--status", type=click.Choice(["candidate", "confirmed", "refuted"]), help="Only these pairs.")
@click.option("--identical", is_flag=True, help="Equal pictures instead of pairs that look alike.")
@click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True, help="Rows at most.")
@database_option
@json_option
def list_all(*, status: str | None, identical: bool, limit: int, database_url: str, as_json: bool) -> None:
    """List pairs that look alike, or pictures that are equal, with the images that show them.

    \b
    Example:
      dicomill duplicates list --status candidate
      dicomill duplicates list --identical
    """
    from dataclasses import asdict
    from itertools import islice

    from database.identical_pictures import identical_groups
    from database.near_duplicates import list_pairs
    from database.opening import open_with_key

    with open_with_key(database_url) as database, database.session() as session:
        if identical:
            groups = list(islice(identical_groups(session), limit))
            headings = ["picture", "images", "patients", "unknown", "labels disagree on"]
            rows = [
                [
                    group.stored_values_sha256[:_SHOWN],
                    _listed(group.image_ids),
                    group.num_patients,
                    group.num_patient_unknown,
                    ", ".join(group.disagreeing_tasks),
                ]
                for group in groups
            ]
            report = {"groups": [asdict(group) for group in groups]}
        else:
            pairs = list_pairs(session, status=status, limit=limit)  # type: ignore[arg-type]
            headings = ["first", "second", "distance", "status", "by", "images", "and"]
            rows = [
                [
                    pair.first_sha256[:_SHOWN],
                    pair.second_sha256[:_SHOWN],
                    pair.distance,
                    pair.status,
                    pair.decided_by,
                    _listed(pair.first_images),
                    _listed(pair.second_images),
                ]
                for pair in pairs
            ]
            report = {"pairs": [asdict(pair) for pair in pairs]}
    print_report(report, as_json=as_json, lines=table_lines(headings, rows))


@duplicates.command()
@click.argument("first", required=False)
@click.argument("second", required=False)
@_BY
@_FILE
@database_option
@json_option
def confirm(
    first: str | None,
    second: str | None,
    *,
    decided_by: str,
    pairs_file: Path | None,
    database_url: str,
    as_json: bool,
) -> None:
    """Say that FIRST and SECOND are one picture: splits keep them on one side.

    \b
    Example:
      dicomill duplicates confirm 5f1c0d3a9b7e4421 a04be97714c2d8f0 --by "A. Reader"
      dicomill duplicates confirm --file same.tsv --by "A. Reader"
    """
    _decide("confirmed", _named_pairs(first, second, pairs_file), decided_by, database_url, as_json=as_json)


@duplicates.command()
@click.argument("first", required=False)
@click.argument("second", required=False)
@_BY
@_FILE
@database_option
@json_option
def refute(
    first: str | None,
    second: str | None,
    *,
    decided_by: str,
    pairs_file: Path | None,
    database_url: str,
    as_json: bool,
) -> None:
    """Say that FIRST and SECOND are two pictures: they are no candidates any more.

    \b
    Example:
      dicomill duplicates refute 5f1c0d3a9b7e4421 a04be97714c2d8f0 --by "A. Reader"
    """
    _decide("refuted", _named_pairs(first, second, pairs_file), decided_by, database_url, as_json=as_json)


def _decide(
    status: str, pairs: list[tuple[str, str]], decided_by: str, database_url: str, *, as_json: bool
) -> None:
    from database.near_duplicates import decide_pair
    from database.opening import open_with_key
    from database.session import transaction

    with open_with_key(database_url) as database:
        decided = transaction(
            database,
            lambda session: [
                decide_pair(session, *pair, status=status, decided_by=decided_by)  # type: ignore[arg-type]
                for pair in pairs
            ],
        )
    noun = "pair" if len(decided) == 1 else "pairs"
    report = {"status": status, "decided_by": decided_by, "pairs": [list(pair) for pair in decided]}
    print_report(report, as_json=as_json, lines=[f"{len(decided)} {noun} {status}."])


def _named_pairs(first: str | None, second: str | None, pairs_file: Path | None) -> list[tuple[str, str]]:
    if pairs_file is not None and first is None:
        return list(_pairs_in(pairs_file))
    if pairs_file is not None or first is None or second is None:
        raise ConfigError("Name FIRST and SECOND as `duplicates list` shows them, or a --file of such pairs.")
    return [(first, second)]


def _pairs_in(path: Path) -> Iterator[tuple[str, str]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"The file {path} cannot be read as text. Expected two names a line.") from error
    for number, line in enumerate(lines, start=1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if len(words) != 2:
            raise ConfigError(f"Line {number} of {path} holds {len(words)} words. Expected two names a line.")
        yield words[0], words[1]


def _listed(ids: tuple[int, ...]) -> str:
    return " ".join(str(row_id) for row_id in ids[:4]) + (" ..." if len(ids) > 4 else "")
