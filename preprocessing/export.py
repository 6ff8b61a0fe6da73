"""The door `export`: a cohort to an image/label folder, rendered from the database alone."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import Field, field_validator

from database.cohort_members import cohort_members
from database.cohorts import CohortRecord, get_cohort
from database.products import register_product
from database.session import Database, transaction
from foundation.contracts import Config, Report
from foundation.errors import PreprocessingError
from foundation.execution import map_batches
from foundation.files import check_target, new_folder
from foundation.progress import Progress, SilentProgress
from imaging.rendering import parse_rendering
from preprocessing.folder_writing import FolderPicture, FolderWriter
from preprocessing.folders import FolderState
from preprocessing.left_out import LeftOut, count_reasons, write_left_out
from preprocessing.parallel import executor_for
from preprocessing.rendering_batch import FrameChoice, RenderSettings, batches_of_members, render_batch

_FRAMES_A_BATCH = 16


class ExportConfig(Config):
    """What to export, and how it is rendered.

    Attributes:
        cohort: its name.
        folder: the new folder, made whole or not at all.
        version: of the cohort; the newest when not given.
        rendering: the text form, such as `window:40,400@16` (see `imaging.rendering_texts`).
        frames: which of a multi-frame instance.
        workers: processes; one a core when not given.
        overwrite: replace what stands at the folder's name.
    """

    cohort: str
    folder: Path
    version: int | None = Field(default=None, ge=1)
    rendering: str = "window"
    frames: FrameChoice = "first"
    workers: int | None = Field(default=None, ge=1)
    overwrite: bool = False

    @field_validator("rendering")
    @classmethod
    def _rendering_is_known(cls, text: str) -> str:
        return parse_rendering(text).text


class ExportReport(Report):
    """What was exported.

    Attributes:
        product_uuid: as in the folder's `lineage.json`.
        num_images: pictures written.
        label_counts: pictures by class.
        left_out: number by reason; `left_out.csv` names each.
        seconds: the export took.
    """

    folder: Path
    product_uuid: str
    cohort: str
    version: int
    num_images: int
    label_counts: dict[str, int]
    left_out: dict[str, int]
    seconds: float


def export(
    config: ExportConfig,
    *,
    database: Database | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> ExportReport:
    """Render a cohort's pictures and write them with their frozen labels.

    Args:
        config: what to export.
        database: open; the export is registered there as a product.
        executor: where pictures are rendered; by default a pool of processes of this machine.
        progress: told of each picture.

    Raises:
        QueryError: there is no such cohort.
        TargetExistsError: the folder holds something.
        PreprocessingError: no picture of the cohort can be rendered.
    """
    if database is None:
        raise PreprocessingError("export reads rows: give it an open database.")
    started = time.perf_counter()
    check_target(config.folder, overwrite=config.overwrite)
    with database.session() as session:
        record = get_cohort(session, config.cohort, config.version)
    tally = _Tally()
    with (
        executor_for(executor, workers=config.workers, num_pictures=record.num_members) as workers,
        new_folder(config.folder, overwrite=config.overwrite) as folder,
    ):
        with FolderWriter(folder) as writer:
            results = _render_all(config, record, database, workers)
            tally.write(results, writer, progress or SilentProgress(), record.num_members)
            if not writer.num_pictures:
                raise PreprocessingError(
                    f"No picture of the cohort {record.name} can be rendered: "
                    f"{count_reasons(tally.left_out)}."
                )
            lineage = writer.finish(
                FolderState(rendering=config.rendering, task=record.task, cohort=record.name),
                kind="export",
                parents=(record.cohort_uuid,),
                config=config.model_dump(mode="json", exclude={"folder", "workers", "overwrite"})
                | {"version": record.version, "cohort_fingerprint": record.fingerprint},
            )
        write_left_out(folder, tally.left_out)
    transaction(database, lambda session: register_product(session, lineage))
    return ExportReport(
        folder=config.folder,
        product_uuid=lineage.product_uuid,
        cohort=record.name,
        version=record.version,
        num_images=writer.num_pictures,
        label_counts=dict(sorted(tally.labels.items())),
        left_out=count_reasons(tally.left_out),
        seconds=time.perf_counter() - started,
    )


@dataclass
class _Tally:
    """What has been written and left out so far."""

    labels: Counter[str] = field(default_factory=Counter)
    left_out: list[LeftOut] = field(default_factory=list)

    def write(
        self,
        batches: Iterable[list[FolderPicture | LeftOut]],
        writer: FolderWriter,
        progress: Progress,
        num_members: int,
    ) -> None:
        """Write every picture as it comes, and note what is left out."""
        progress.begin("export", num_members)
        for results in batches:
            for result in results:
                if isinstance(result, LeftOut):
                    self.left_out.append(result)
                else:
                    writer.add(result)
                    self.labels.update(result.labels)
            progress.advance(len(results))
        progress.end()


def _render_all(
    config: ExportConfig, record: CohortRecord, database: Database, workers: Executor
) -> Iterator[list[FolderPicture | LeftOut]]:
    """Yield the rendered pictures of the cohort in the order of its members, few in memory at a time."""
    settings = RenderSettings(database.url_text, config.rendering, config.frames)
    with database.session() as session:
        batches = batches_of_members(cohort_members(session, record.id), _FRAMES_A_BATCH)
        yield from map_batches(workers, render_batch, batches, settings)
