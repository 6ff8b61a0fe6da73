"""MedicalCV's `fetch_image.py --query CHEST --directory DIR [--metadata]`, over `cohort` and `export`.

Its folders, its rendering and its labels ("Chest" for CHEST). Unlike there every picture of the body
part comes, not the first 60, rescaled and multi-frame ones as well, `--metadata` has an effect, and names
hold pseudonyms. A class of the original that is no body part (MUSCULOSKELETAL) stands for all that it holds.
"""

from __future__ import annotations

import tempfile
from concurrent.futures import Executor
from pathlib import Path

from pydantic import Field

from database.cohort_selections import Kept
from database.session import Database
from foundation.contracts import Config
from foundation.files import check_target
from foundation.progress import Progress
from imaging.body_parts import ORIGINAL_CLASSES
from preprocessing.cohort import CohortConfig, cohort
from preprocessing.export import ExportConfig, ExportReport, export

RENDERING = "medicalcv"
"""Negative values to 0, then by the largest value: what the original did to pixels."""


class FetchImageConfig(Config):
    """What was asked of `fetch_image.py`.

    Attributes:
        query: a body part, or one of the original's classes.
        directory: gets `images/` and `labels/`.
        metadata: write the kept attributes, too.
        keep: what is left out otherwise: `risk` of burned-in text, `duplicates` of identical pixels.
        workers: processes; one a core when not given.
        overwrite: replace what stands at the directory's name.
    """

    query: str = Field(min_length=1, max_length=48)
    directory: Path
    metadata: bool = False
    keep: tuple[Kept, ...] = ()
    workers: int | None = Field(default=None, ge=1)
    overwrite: bool = False


class FetchImageReport(ExportReport):
    """What was fetched.

    Attributes:
        not_selected: pictures of the body part by why they were not taken, with the switch that takes them.
    """

    not_selected: dict[str, int]


def fetch_image(
    config: FetchImageConfig,
    *,
    database: Database | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> FetchImageReport:
    """Write the pictures of one body part with their labels.

    They are a cohort named `fetch-<body part>`, so the export can be made again.

    Args:
        config: what was asked.
        database: open.
        executor: where pictures are rendered.
        progress: told of each picture.

    Raises:
        EmptyCohortError: no picture is of that body part; the message lists those that there are.
        TargetExistsError: the directory holds something.
    """
    check_target(config.directory, overwrite=config.overwrite)
    body_part = config.query.strip().upper()
    name = f"fetch-{body_part.lower()}"
    with tempfile.TemporaryDirectory() as place:
        label_map = Path(place) / "labels.tsv"
        body_parts = _body_parts(body_part)
        lines = "".join(f"{one}\t{body_part.capitalize()}\n" for one in body_parts)
        label_map.write_text(lines, encoding="utf-8")
        selection = CohortConfig(name=name, body_parts=body_parts, label_map=str(label_map), keep=config.keep)
        frozen = cohort(selection, database=database)
    wanted = ExportConfig(
        cohort=name,
        version=frozen.version,
        folder=config.directory,
        rendering=RENDERING,
        metadata=config.metadata,
        workers=config.workers,
        overwrite=config.overwrite,
    )
    exported = export(wanted, database=database, executor=executor, progress=progress)
    return FetchImageReport(**dict(exported), not_selected=frozen.left_out)


def _body_parts(query: str) -> tuple[str, ...]:
    """Return the query, and all body parts of a class of the original's that is none itself.

    Example:
        >>> _body_parts("CHEST"), "KNEE" in _body_parts("MUSCULOSKELETAL")
        (('CHEST',), True)
    """
    if query in ORIGINAL_CLASSES:
        return (query,)
    return (query, *(part for part, name in ORIGINAL_CLASSES.items() if name.upper() == query))
