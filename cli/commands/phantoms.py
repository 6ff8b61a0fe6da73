"""`dicomill phantoms`: synthetic radiographs as real DICOM files."""

from __future__ import annotations

from pathlib import Path

import click

from cli.options import PATH, json_option
from cli.printing import print_report


@click.command()
@click.argument("folder", type=PATH)
@click.option(
    "--patients", type=click.IntRange(min=1), default=60, show_default=True, help="Invented patients."
)
@click.option(
    "--images-per-patient", type=click.IntRange(min=1), default=4, show_default=True, help="Of each."
)
@click.option("--size", type=click.IntRange(64, 4096), default=256, show_default=True, help="Side in pixels.")
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed, the same bytes.")
@click.option("--clean", is_flag=True, help="Leave out dirty headers and broken files.")
@json_option
def phantoms(
    folder: Path,
    *,
    patients: int,
    images_per_patient: int,
    size: int,
    seed: int,
    clean: bool,
    as_json: bool,
) -> None:
    """Write synthetic radiographs into FOLDER as DICOM files, for trying things out.

    The pictures are drawn, not taken: they say SYNTHETIC in the picture and in the header. Headers
    are as messy as real ones unless --clean is given.

    \b
    Example:
      dicomill phantoms demo/dicom --patients 60 --seed 1
    """
    from imaging.phantoms.writing import write_phantoms

    report = write_phantoms(
        folder,
        patients=patients,
        images_per_patient=images_per_patient,
        size=size,
        seed=seed,
        dirty=not clean,
    )
    print_report(report, as_json=as_json, lines=[f"Wrote {report.files} synthetic DICOM files."])
