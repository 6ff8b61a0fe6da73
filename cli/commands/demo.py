"""`dicomill demo`: the whole way on synthetic pictures."""

from __future__ import annotations

from pathlib import Path

import click

from cli.options import PATH, json_option
from cli.printing import print_report
from cli.terminal import watched


@click.command()
@click.option(
    "--folder", type=PATH, default=Path("demo"), show_default=True, help="Everything goes below it."
)
@click.option(
    "--patients", type=click.IntRange(min=20), default=100, show_default=True, help="Invented patients."
)
@click.option(
    "--images-per-patient", type=click.IntRange(min=1), default=6, show_default=True, help="Of each."
)
@json_option
def demo(*, folder: Path, patients: int, images_per_patient: int, as_json: bool) -> None:
    """Go the whole way once: DICOM files, SQL, records, training, evaluation, predictions, a page.

    The radiographs are phantoms: drawn, not taken. Each command is printed, so that you can repeat it
    by hand, and all of it stands in demo.yaml, which `dicomill run` takes.

    \b
    Example:
      dicomill demo --folder demo
    """
    from pipeline.demo import DemoConfig
    from pipeline.demo import demo as door

    config = DemoConfig(folder=folder, patients=patients, images_per_patient=images_per_patient)
    with watched() as progress:
        report = door(config, progress=progress)
    print_report(
        report,
        as_json=as_json,
        lines=[
            f"Test accuracy on synthetic phantoms: {report.accuracy:.3f}",
            f"Open {report.page} in a browser.",
        ],
    )
