"""The door `export`: a cohort to an image/label folder, rendered from the database alone."""

from __future__ import annotations

import time
import unicodedata
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self

from pydantic import Field, field_validator, model_validator

from database.cohort_pictures import cohort_pictures, count_withdrawn
from database.cohorts import CohortRecord, find_cohort
from database.kept_attributes import kept_attributes
from database.products import register_product
from database.session import Database, transaction
from foundation.contracts import Config, Report
from foundation.errors import ConfigError, PreprocessingError
from foundation.files import check_target
from foundation.fingerprints import fingerprint
from foundation.lineage import Lineage
from foundation.progress import Progress, SilentProgress
from foundation.resumption import UnfinishedFolder, resumable_folder
from foundation.versions import installed_versions
from preprocessing.export_plans import ExportPlan, plan_export, wanted_frames
from preprocessing.export_runs import ExportRun
from preprocessing.export_tables import ExportTables, LabelsTable, check_table_classes
from preprocessing.folder_writing import FolderLayout, FolderWriter, class_folder
from preprocessing.folders import FolderState
from preprocessing.frame_choices import FrameChoice
from preprocessing.left_out import count_reasons, write_left_out
from preprocessing.parallel import executor_for
from preprocessing.picture_formats import PictureFormat
from preprocessing.rendering_batch import RenderSettings
from preprocessing.treatments import Treatment, check_bits, read_treatment

_NOT_CONTENT = {"folder", "workers", "overwrite", "recipe_file"}
"""Fields that do not decide what an export holds."""


class ExportConfig(Config):
    """What to export, and how its pictures are made.

    Attributes:
        cohort: its name; `NAME@VERSION` for one of its versions.
        folder: the new folder, made whole or not at all.
        version: of the cohort; the newest when not given.
        rendering: the text form, such as `window:40,400@16` (see `imaging.rendering_texts`).
        steps: `name`, `name:value` or `name:a=1,b=2` each, in order, after the rendering.
        recipe_file: a JSON file with the steps, instead of them.
        format: `png`, or `jpg` with its quality behind a colon (`jpg:90`; 95 without).
        frames: which of a multi-frame instance: `first`, `middle`, `all` or `every:N`.
        sample: so many pictures, drawn by `seed`; all without it.
        seed: of the sample.
        metadata: write the kept attributes of each picture to `metadata.jsonl`.
        layout: `pairs` (`images/` and `labels/`) or `folders` (one folder a class).
        labels_table: also write all labels as one table, `tsv` or `json`.
        workers: processes; one a core when not given.
        overwrite: replace what stands at the folder's name.

    Raises:
        ConfigError: a name or value that is not known, or some that do not go together.
    """

    cohort: str
    folder: Path
    version: int | None = Field(default=None, ge=1)
    rendering: str = "window"
    steps: tuple[str, ...] = ()
    recipe_file: Path | None = None
    format: str = "png"
    frames: str = "first"
    sample: int | None = Field(default=None, ge=1)
    seed: int = 0
    metadata: bool = False
    layout: FolderLayout = "pairs"
    labels_table: LabelsTable | None = None
    workers: int | None = Field(default=None, ge=1)
    overwrite: bool = False

    @field_validator("format")
    @classmethod
    def _format_is_known(cls, text: str) -> str:
        return PictureFormat.parse(text).text

    @field_validator("frames")
    @classmethod
    def _frames_are_known(cls, text: str) -> str:
        return FrameChoice.parse(text).text

    @model_validator(mode="before")
    @classmethod
    def _rendering_is_known(cls, given: Any) -> Any:
        if isinstance(given, dict) and isinstance(given.get("rendering"), str):
            return {**given, "rendering": Treatment.parse(given["rendering"]).rendering}
        return given

    @model_validator(mode="after")
    def _parts_go_together(self) -> Self:
        if self.steps and self.recipe_file is not None:
            raise ConfigError("There are both steps and a recipe file. Give one of them.")
        check_bits(Treatment.parse(self.rendering, self.steps), self.format)
        return self

    def read_treatment(self) -> Treatment:
        """Return rendering and recipe, the latter from the steps or from the file.

        Raises:
            ConfigError: the file is no recipe, or does not fit bits or format.
        """
        treatment = read_treatment(self.rendering, self.steps, self.recipe_file)
        check_bits(treatment, self.format)
        return treatment


class ExportReport(Report):
    """What was exported.

    Attributes:
        product_uuid: as in the folder's `lineage.json`.
        num_images: pictures written.
        num_resumed: how many of these an interrupted run of the same command had finished.
        num_available: pictures that a sample was drawn from.
        num_withdrawn: members that left the cohort because their patient withdrew.
        recipe: the steps after the rendering, with their values written out.
        label_counts: pictures by class.
        left_out: number by reason; `left_out.csv` names each.
        seconds: the export took.
    """

    folder: Path
    product_uuid: str
    cohort: str
    version: int
    num_images: int
    num_resumed: int
    num_available: int
    num_withdrawn: int
    rendering: str
    recipe: tuple[str, ...]
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

    The same version of a cohort gives the same pictures, whatever came into the database since. A run that
    is interrupted or killed leaves its finished pictures under a hidden name beside the folder, and the
    same command goes on with them.

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
    work = _prepare(config, database)
    with (
        executor_for(executor, workers=config.workers, num_pictures=work.plan.num_pictures) as workers,
        resumable_folder(config.folder, key=work.key, overwrite=config.overwrite) as unfinished,
    ):
        run, lineage = work.write(unfinished, workers, progress or SilentProgress())
    transaction(database, lambda session: register_product(session, lineage))
    return ExportReport(
        folder=config.folder,
        product_uuid=lineage.product_uuid,
        cohort=work.record.name,
        version=work.record.version,
        num_images=run.writer.num_pictures,
        num_resumed=run.num_resumed,
        num_available=work.plan.num_available,
        num_withdrawn=work.num_withdrawn,
        rendering=work.treatment.rendering,
        recipe=work.treatment.recipe.texts,
        label_counts=dict(sorted(run.labels.items())),
        left_out=count_reasons(run.left_out),
        seconds=time.perf_counter() - started,
    )


@dataclass(frozen=True)
class _Work:
    """All that is decided before the first picture is made."""

    config: ExportConfig
    database: Database
    record: CohortRecord
    treatment: Treatment
    plan: ExportPlan
    num_withdrawn: int

    @property
    def told_config(self) -> dict[str, Any]:
        """What decides the content, for lineage and key."""
        return self.config.model_dump(mode="json", exclude=_NOT_CONTENT) | {
            "steps": list(self.treatment.recipe.texts),
            "cohort": self.record.name,
            "version": self.record.version,
            "cohort_fingerprint": self.record.fingerprint,
            "num_withdrawn": self.num_withdrawn,
        }

    @property
    def key(self) -> str:
        """Equal for runs that write the same; rows are held against each picture besides."""
        return fingerprint([self.record.cohort_uuid, self.told_config, installed_versions()])

    def write(
        self, unfinished: UnfinishedFolder, executor: Executor, progress: Progress
    ) -> tuple[ExportRun, Lineage]:
        """Fill the folder; return the run and the folder's lineage."""
        config, folder = self.config, unfinished.folder
        progress.begin("export", self.plan.num_pictures)
        with (
            self.database.session() as session,
            FolderWriter(folder, layout=config.layout) as writer,
            ExportTables(folder, labels_table=config.labels_table, has_metadata=config.metadata) as tables,
        ):
            attributes_of = partial(kept_attributes, session) if config.metadata else None
            run = ExportRun(unfinished, writer, tables, attributes_of, progress)
            members = cohort_pictures(session, self.record.id)
            wanted = wanted_frames(members, self.plan, task=self.record.task)
            run.write(wanted, self.render_settings, executor)
            progress.end()
            if not writer.num_pictures:
                reasons = ", ".join(f"{name} {count}" for name, count in count_reasons(run.left_out).items())
                raise PreprocessingError(
                    f"No picture of the cohort {self.record.name} can be exported. Left out: {reasons}."
                )
            lineage = writer.finish(
                self.state, kind="export", parents=(self.record.cohort_uuid,), config=self.told_config
            )
        write_left_out(folder, run.left_out)
        return run, lineage

    @property
    def state(self) -> FolderState:
        """How far the pictures come."""
        return FolderState(
            rendering=self.treatment.rendering,
            recipe=self.treatment.recipe.texts,
            task=self.record.task,
            cohort=self.record.name,
        )

    @property
    def render_settings(self) -> RenderSettings:
        """What the workers are told."""
        return RenderSettings(
            self.database.url_text,
            self.treatment.rendering,
            steps=self.treatment.recipe.texts,
            format=self.config.format,
            layout=self.config.layout,
        )


def _prepare(config: ExportConfig, database: Database) -> _Work:
    """Find the cohort, and refuse what could only fail later."""
    treatment = config.read_treatment()
    with database.session() as session:
        record = find_cohort(session, config.cohort, config.version)
        num_withdrawn = count_withdrawn(session, record.id)
        plan = plan_export(
            cohort_pictures(session, record.id),
            frames=FrameChoice.parse(config.frames),
            sample=config.sample,
            seed=config.seed,
        )
    if not plan.num_pictures:
        raise PreprocessingError(
            f"The cohort {record.name} (version {record.version}) holds no picture any more: {num_withdrawn} "
            "left with patients who withdrew. Freeze it anew with `dicomill cohort create`."
        )
    check_table_classes(plan.classes, config.labels_table)
    if config.layout == "folders":
        _check_class_folders(plan.classes)
    return _Work(config, database, record, treatment, plan, num_withdrawn)


def _check_class_folders(classes: tuple[str, ...]) -> None:
    """Refuse classes that would share a folder."""
    places: dict[str, str] = {}
    for name in classes:
        # Some file systems tell neither capitals from small letters nor two ways to write an accent.
        place = unicodedata.normalize("NFC", class_folder(name)).casefold()
        other = places.setdefault(place, name)
        if other != name:
            raise ConfigError(
                f'The classes "{other}" and "{name}" would share the folder {class_folder(name)}. Export '
                "them as images/ and labels/, or freeze the cohort with a label map that renames one."
            )
