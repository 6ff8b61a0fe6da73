"""`dicomill show`: pictures to look at, with the essential header beside them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.configs import make_config
from cli.options import PATH, json_option, key_file_option, overwrite_option, set_option
from cli.printing import print_report
from cli.rendering_options import rendering_of, rendering_options
from cli.terminal import watched

if TYPE_CHECKING:
    from preprocessing.show import ShownPicture, ShowReport


@click.command()
@click.argument("inputs", nargs=-1, required=True, metavar="FILE|FOLDER|ID...")
@click.option("--out", type=PATH, help="The picture to write.  [default: show.png]")
@rendering_options
@click.option("--frame", type=click.IntRange(min=1), help="Of multi-frame instances.  [default: 1]")
@click.option(
    "--database",
    "database_url",
    metavar="URL",
    envvar="DICOMILL_DATABASE_URL",
    default=None,
    help="Then whole numbers are ids of its view `image`.",
)
@key_file_option
@overwrite_option
@set_option
@json_option
def show(
    inputs: tuple[str, ...],
    *,
    out: Path | None,
    rendering: str | None,
    window: str | None,
    bits: str | None,
    frame: int | None,
    database_url: str | None,
    key_file: Path | None,
    overwrite: bool,
    assignments: tuple[str, ...],
    as_json: bool,
) -> None:
    """Write one picture, or several on a sheet, and print what their headers say.

    Names and ids of patients are never shown; with a database pseudonyms are.

    \b
    Example:
      dicomill show chest.dcm --out chest.png
      dicomill show /data/ct --window lung --out sheet.png
      dicomill show 17 18 19 --database sqlite:///dicomill.db
    """
    from database.opening import open_if_given
    from preprocessing.show import ShowConfig
    from preprocessing.show import show as door

    config = make_config(
        ShowConfig,
        {
            "inputs": inputs,
            "out": out,
            "rendering": rendering_of(rendering, window, bits),
            "frame": frame,
            "overwrite": overwrite,
        },
        assignments=assignments,
    )
    with open_if_given(database_url, key_file=key_file) as database, watched() as progress:
        report = door(config, database=database, progress=progress)
    print_report(report, as_json=as_json, lines=_lines(report))
    sys.exit(0 if report.pictures else 1)


def _lines(report: ShowReport) -> Iterator[str]:
    for shown in report.pictures:
        yield f"{shown.number}  {shown.name}"
        yield from (f"   {word:<15} {text}" for word, text in _facts(shown) if text)
    for refused in report.not_shown:
        yield f"-  {refused.name}: {refused.reason_code}. {refused.detail}"
    if report.num_left_out:
        yield f"{report.num_left_out} more were left out; --set limit=N shows more."
    if report.out is not None:
        yield (
            f"{len(report.pictures)} pictures in {report.out}"
            if len(report.pictures) > 1
            else str(report.out)
        )


def _facts(shown: ShownPicture) -> Iterator[tuple[str, str | None]]:
    record = shown.record
    yield "instance", shown.sop_instance_uid
    yield "patient", shown.patient_key
    yield "modality", shown.modality
    if shown.body_part:
        confidence = "" if shown.body_part_confidence is None else f", {shown.body_part_confidence:g}"
        yield "body part", f"{shown.body_part} ({shown.body_part_rule}{confidence})"
    yield "view", " ".join(word for word in (shown.view_position, shown.image_laterality) if word)
    yield "size", f"{shown.width} x {shown.height}, frame {record.frame_number} of {shown.number_of_frames}"
    signed = "signed" if shown.pixel_representation else "unsigned"
    yield "values", f"{shown.bits_stored} bits, {signed}, {shown.photometric_interpretation}"
    yield "transfer syntax", shown.transfer_syntax
    yield "decoder", shown.decoder
    yield "windows", "; ".join(f"{center:g},{width:g}" for center, width in shown.windows)
    yield "VOI LUT", "yes" if shown.has_voi_lut else None
    yield "rendering", f"{record.rendering}: {record.voi} ({record.why}), {record.polarity}"
    yield "burned-in risk", shown.burned_in_risk
