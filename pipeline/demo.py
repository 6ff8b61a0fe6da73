"""The door `demo`: the whole way from DICOM files to predictions, on synthetic pictures.

It writes a run file and runs it, so that all it does can be repeated and changed by hand. The
radiographs are phantoms, drawn by us; the other DICOM files are those that pydicom ships for tests.
"""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import yaml

from database.opening import open_with_key
from database.research import run_research_query
from foundation.contracts import Config, Report
from foundation.errors import PipelineError
from foundation.files import write_file
from foundation.progress import Progress, SilentProgress
from imaging.phantoms.writing import write_phantoms
from imaging.samples import bundled_dicom_folder
from pipeline.command_lines import command_line
from pipeline.demo_page import DemoPage, write_demo_page
from pipeline.run import RunConfig, StageReport, run
from pipeline.run_files import read_run_file

SEED = 20
PHANTOM_NOTE = ".phantoms.txt"
PHANTOM_QUERY = "manufacturer LIKE 'dicomill phantom%' AND body_part IS NOT NULL"
"""The condition that keeps the demo's cohort to the phantoms."""

FIRST_QUERY = (
    "SELECT body_part, COUNT(*) AS images, COUNT(DISTINCT patient_key) AS patients\n"
    "FROM image GROUP BY body_part ORDER BY images DESC, body_part"
)
"""The README's first query."""

STAGES: list[dict[str, dict[str, Any]]] = [
    {"ingest": {"paths": ["phantoms", str(bundled_dicom_folder())], "source": "demo"}},
    {"cohort": {"name": "phantoms", "where": PHANTOM_QUERY}},
    {"export": {"cohort": "phantoms", "folder": "export"}},
    {"transform": {"folder": "export", "target": "enhanced", "steps": ["contrast_enhancing:2"]}},
    {"pack": {"folder": "enhanced", "target": "records", "split": "tvt_split", "seed": SEED}},
    {"train": {"records": "records", "artifact": "model", "model": "lenet5", "epochs": 30, "image_size": 64}},
    {"evaluate": {"artifact": "model", "records": "records", "target": "evaluation"}},
    {"predict": {"artifact": "model", "inputs": ["new-phantoms"], "out": "predictions.tsv"}},
]
"""The demo's run file; paths count from the demo's folder."""


class DemoConfig(Config):
    """How large the demo is.

    Attributes:
        folder: everything is written below it.
        patients: phantom patients.
        images_per_patient: pictures of each.
    """

    folder: Path = Path("demo")
    patients: int = 100
    images_per_patient: int = 6


class DemoReport(Report):
    """What the demo made.

    Attributes:
        page: the HTML page about it all.
        accuracy: on the test split of the phantoms.
        stages: each stage's report.
    """

    page: Path
    accuracy: float
    stages: list[StageReport]


def demo(
    config: DemoConfig,
    *,
    database: None = None,
    executor: None = None,
    progress: Progress | None = None,
) -> DemoReport:
    """Make phantoms, run every stage over them and write a page about it.

    Args:
        config: where to, and how large.
        database: not used; the demo has a database of its own.
        executor: not used.
        progress: told each command before it runs, and how far it has come.

    Raises:
        PipelineError: the folder cannot be written to, or holds a demo of another size.
        DicomillError: a stage failed.
    """
    del database, executor
    progress = progress or SilentProgress()
    run_file = _prepare(config, progress)
    plan = read_run_file(run_file)
    outcome = run(RunConfig(file=run_file), progress=progress)
    commands = [
        *(_phantom_command(config, name) for name in _phantom_sets(config)),
        *(command_line(planned, database_url=plan.database_url) for planned in plan.stages),
    ]
    with open_with_key(plan.database_url) as opened:
        result = run_research_query(opened, FIRST_QUERY)
    reports = {stage.name: stage.report for stage in outcome.stages}
    page = write_demo_page(
        DemoPage(
            folder=config.folder, commands=commands, query=FIRST_QUERY, query_result=result, reports=reports
        )
    )
    return DemoReport(page=page, accuracy=reports["evaluate"]["accuracy"], stages=outcome.stages)


def _phantom_sets(config: DemoConfig) -> dict[str, tuple[int, int]]:
    """Return, by folder, how many patients are drawn from which seed."""
    return {"phantoms": (config.patients, SEED), "new-phantoms": (4, SEED + 1)}


def _phantom_command(config: DemoConfig, name: str) -> str:
    patients, seed = _phantom_sets(config)[name]
    words = ["dicomill", "phantoms", str(config.folder / name), "--patients", str(patients)]
    words += ["--images-per-patient", str(config.images_per_patient), "--seed", str(seed)]
    return shlex.join(words)


def _refuse_other_phantoms(config: DemoConfig) -> None:
    """Note how many phantoms there are; refuse a folder with another number of them.

    Their rows and pictures would stay in its database beside the new ones.
    """
    note = config.folder / PHANTOM_NOTE
    wanted = f"{config.patients} patients, {config.images_per_patient} images each\n"
    found = note.read_text(encoding="utf-8") if note.is_file() else wanted
    if found != wanted:
        raise PipelineError(
            f"The demo in {config.folder} was made with other phantoms. Name another folder (--folder), or "
            f"delete this one. Expected: {found.strip()}. Received: {wanted.strip()}."
        )
    write_file(note, wanted)


def _prepare(config: DemoConfig, progress: Progress) -> Path:
    """Write the phantoms that are not there yet, and the run file."""
    try:
        config.folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PipelineError(f"Cannot write to {config.folder}: {error.strerror}.") from error
    sets = _phantom_sets(config)
    _refuse_other_phantoms(config)
    progress.begin("phantoms", len(sets))
    for name, (patients, seed) in sets.items():
        if not (config.folder / name).exists():
            count = config.images_per_patient
            progress.tell(f"$ {_phantom_command(config, name)}")
            write_phantoms(config.folder / name, patients=patients, images_per_patient=count, seed=seed)
        progress.advance()
    progress.end()
    run_file = config.folder / "demo.yaml"
    content = yaml.safe_dump({"database": "sqlite:///demo.db", "stages": STAGES}, sort_keys=False)
    write_file(run_file, "# Written by `dicomill demo`. Run it again with `dicomill run`.\n" + content)
    return run_file
