"""Packing: a folder, an archive of one or a cohort becomes TFRecords with their splits. Door of the room."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from database.cohort_pictures import studies_of
from database.products import register_product
from database.session import Database, transaction
from foundation.contracts import Config, Report
from foundation.errors import ConfigError, PreprocessingError, SplitError
from foundation.files import check_target, new_folder
from foundation.progress import Progress, SilentProgress
from preprocessing.classes import check_labels, order_classes, read_classes_file
from preprocessing.cohort_sources import source_of_cohort
from preprocessing.division import DivisionSettings, divide
from preprocessing.folders import ImageFolder, open_packed_folder, refuse_target_over_source
from preprocessing.frame_choices import FrameChoice
from preprocessing.groups import GroupMember
from preprocessing.lazy_sequences import choose
from preprocessing.left_out import count_reasons
from preprocessing.packing import Packing
from preprocessing.parallel import executor_for
from preprocessing.record_formats import WantedEncoding
from preprocessing.record_pictures import PictureSettings
from preprocessing.record_sets import Kind, RecordSet
from preprocessing.record_sources import PackSource, RecordSource, choose_sources, source_of_folder
from preprocessing.record_spools import spool_folder
from preprocessing.split_files import SPLITS_FILE
from preprocessing.splits import SplitScheme, resolve_ratios
from preprocessing.treatments import Treatment, check_bits, read_treatment

_OF_A_COHORT = ("version", "rendering", "steps", "recipe_file", "frames")
"""Fields that are asked of a cohort only."""


class PackConfig(Config):
    """What to pack and how to split it.

    Attributes:
        folder: holds `images/` and `labels/`, or a folder of pictures a class; or a zip or tar of it,
            which is not unpacked.
        cohort: its name, instead of a folder: pictures come straight from the rows.
        version: of the cohort; the newest when not given.
        rendering: of a cohort's pictures, as `export` takes it; `window` when not given.
        steps: the recipe after it.
        recipe_file: a JSON file with the steps, instead of them.
        frames: of a cohort's multi-frame instances, as `export` takes it; the first when not given.
        target: the record set's folder, made whole or not at all.
        split: "None" for one set, "tt_split" (train, test) or "tvt_split" (train, validation, test).
        ratios: one share a split in that order; None for .9/.1 and .8/.1/.1.
        seed: of the assignment and of the order of records.
        name: base name of the files.
        plan: the plan of the database that says which split each picture is in; not with ratios.
        splits_file: a table (name, split) that says so; the folder's own `splits.csv` where there is one
            and neither plan nor ratios are given.
        fold: of a plan or table of folds, the one that is the test set; the next one validates.
        repeat: which repeat of the folds.
        class_cap: pictures of one class at most in training; rarer classes keep all theirs.
        classes_file: the classes in index order; None for those of the labels, sorted by name.
        shards: files a split, at least.
        shard_bytes: more of them where one is expected to grow larger; None for no bound.
        encoding: of the pictures: `auto` is bare samples while all fit `raw_budget`, else `keep`.
        raw_budget: bytes of bare samples that `auto` may write.
        jpeg_quality: of pictures that become a JPEG, which loses something.
        workers: processes; None for one a core.
        overwrite: replace what stands at the target.

    Raises:
        SplitError: the ratios do not fit the split.
        ConfigError: there is neither a folder nor a cohort, or what belongs to one is asked of the other.
    """

    folder: Path | None = None
    cohort: str | None = None
    version: int | None = Field(default=None, ge=1)
    rendering: str | None = None
    steps: tuple[str, ...] = ()
    recipe_file: Path | None = None
    frames: str | None = None
    target: Path
    split: SplitScheme = "tvt_split"
    ratios: tuple[float, ...] | None = None
    seed: int = 0
    name: str = Field(default="dicom", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    plan: str | None = None
    splits_file: Path | None = None
    fold: int | None = Field(default=None, ge=1)
    repeat: int = Field(default=1, ge=1)
    class_cap: int | None = Field(default=None, ge=1)
    classes_file: Path | None = None
    shards: int = Field(default=1, ge=1, le=99_999)
    shard_bytes: int | None = Field(default=None, ge=1)
    encoding: WantedEncoding = "auto"
    raw_budget: int = Field(default=2 << 30, ge=0)
    jpeg_quality: int = Field(default=95, ge=1, le=100)
    workers: int | None = Field(default=None, ge=1)
    overwrite: bool = False

    @model_validator(mode="after")
    def _ratios_fit_the_split(self) -> Self:
        resolve_ratios(self.split, self.ratios)
        sources = [self.ratios is not None, self.plan is not None, self.splits_file is not None]
        if sum(sources) > 1:
            raise SplitError("Give ratios, or a plan, or a table of splits: one of them.")
        return self

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.folder is None) == (self.cohort is None):
            raise ConfigError("Give a folder (or an archive of one) or a cohort: one of them.")
        asked = [name for name in _OF_A_COHORT if getattr(self, name)]
        if self.folder is not None and asked:
            raise ConfigError(
                f'"{asked[0]}" belongs to a cohort: the pictures of a folder are rendered already. Send them '
                "through steps with `dicomill transform`, or pack the cohort."
            )
        if self.steps and self.recipe_file is not None:
            raise ConfigError("There are both steps and a recipe file. Give one of them.")
        FrameChoice.parse(self.frames or "first")
        check_bits(Treatment.parse(self.rendering or "window", self.steps))
        return self

    def read_treatment(self) -> Treatment:
        """Return rendering and recipe of a cohort's pictures.

        Raises:
            ConfigError: the recipe file is none, or does not fit the rendering.
        """
        treatment = read_treatment(self.rendering or "window", self.steps, self.recipe_file)
        check_bits(treatment)
        return treatment


class PackReport(Report):
    """What was packed.

    Attributes:
        target: the record set's folder.
        product_uuid: as in its `lineage.json`.
        kind: "single_label" or "multi_label".
        classes: in index order.
        num_records: by split.
        num_labels: by split and class; a class without records counts 0.
        num_groups: by split; patients, or pictures where the patient is unknown.
        grouped_by: "patient", or "image" when no picture has a patient.
        patients_unknown: pictures without a known patient.
        left_out: number by reason; `left_out.csv` names each.
        warnings: what a reader of the splits must know.
    """

    target: Path
    product_uuid: str
    kind: Kind
    classes: tuple[str, ...]
    num_records: dict[str, int]
    num_labels: dict[str, dict[str, int]]
    num_groups: dict[str, int]
    grouped_by: str
    patients_unknown: int
    left_out: dict[str, int]
    warnings: tuple[str, ...]


def pack(
    config: PackConfig,
    *,
    database: Database | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> PackReport:
    """Write TFRecords of pictures, split by whole groups and stratified over labels.

    The same folder, config and seed give the same shards, byte for byte; so do a cohort and an export of it.

    Args:
        config: what to pack.
        database: open; needed for a plan and for a cohort. The records are registered there as a product.
        executor: where pictures are decoded and encoded; None for our own.
        progress: told of the stages.

    Raises:
        TargetExistsError: the target holds something.
        FolderError: the folder is none, or no picture of it can be used.
        QueryError: there is no such cohort.
        SplitError: the splits cannot be made as asked.
        UnknownNameError: a label names no class.
    """
    progress = progress or SilentProgress()
    check_target(config.target, overwrite=config.overwrite)
    if config.folder is not None:
        refuse_target_over_source(config.folder, config.target)
    classes = None if config.classes_file is None else read_classes_file(config.classes_file)
    with spool_folder(config.target) as spool:
        source = _open_source(config, database, spool)
        if classes is not None:
            check_labels((label for entry in source.entries for label in entry.labels), classes)
        with executor_for(executor, workers=config.workers, num_pictures=len(source.entries)) as workers:
            packing = _decide(
                config,
                source,
                classes,
                database=database,
                spool=spool,
                executor=workers,
                progress=progress,
            )
            with new_folder(config.target, overwrite=config.overwrite) as target:
                record_set, lineage = packing.write(target, executor=workers, progress=progress)
    if database is not None:
        transaction(database, lambda session: register_product(session, lineage))
    return _report(packing, record_set)


def _open_source(config: PackConfig, database: Database | None, spool: Path) -> PackSource:
    """Return what there is to pack."""
    if config.folder is not None:
        folder = open_packed_folder(config.folder)
        return source_of_folder(folder, splits_file=_own_splits(folder, spool))
    if config.cohort is None or database is None:
        raise PreprocessingError("A cohort lives in a database. Name it: --database URL.")
    frames = FrameChoice.parse(config.frames or "first")
    return source_of_cohort(
        database, config.cohort, config.version, treatment=config.read_treatment(), frames=frames
    )


def _own_splits(folder: ImageFolder, spool: Path) -> Path | None:
    """Return the `splits.csv` that lies in a folder; that of an archive is laid into the spool."""
    if (folder.path / SPLITS_FILE).is_file():
        return folder.path / SPLITS_FILE
    if folder.tree is None or not folder.tree.has(SPLITS_FILE):
        return None
    (spool / SPLITS_FILE).write_bytes(folder.tree.read(SPLITS_FILE))
    return spool / SPLITS_FILE


def _decide(
    config: PackConfig,
    source: PackSource,
    classes: tuple[str, ...] | None,
    *,
    database: Database | None,
    spool: Path,
    executor: Executor,
    progress: Progress,
) -> Packing:
    """Look at every picture and give each its split."""
    pictures = PictureSettings(
        jpeg_quality=config.jpeg_quality,
        rendering=source.rendering,
        spool=spool,
        tells_sizes=config.shard_bytes is not None,
    )
    sources, left_out = choose_sources(
        source,
        encoding=config.encoding,
        raw_budget=config.raw_budget,
        settings=pictures,
        executor=executor,
        progress=progress,
    )
    ratios = resolve_ratios(config.split, config.ratios)
    settings = _division_settings(config, source, ratios)
    division = divide(_group_members(sources, database), settings, database)
    stays = (number for number, one in enumerate(sources) if one.entry.name in division.table.splits)
    kept = choose(sources, stays)
    if classes is None:
        classes = order_classes(label for one in kept for label in one.entry.labels)
    return Packing(config, source, kept, (*left_out, *division.left_out), division, classes, pictures)


def _division_settings(config: PackConfig, source: PackSource, ratios: dict[str, float]) -> DivisionSettings:
    """Return how the pictures get their splits."""
    is_free = config.plan is None and not config.model_fields_set & {"split", "ratios", "splits_file"}
    return DivisionSettings(
        ratios=ratios,
        seed=config.seed,
        plan=config.plan,
        splits_file=source.splits_file if is_free and source.splits_file else config.splits_file,
        fold=config.fold,
        repeat_number=config.repeat,
        class_cap=config.class_cap,
    )


def _group_members(sources: Sequence[RecordSource], database: Database | None) -> list[GroupMember]:
    """Return what the splits need to know of pictures; of unknown patients, their studies too."""
    studies: dict[str, str] = {}
    if database is not None:
        entries = (one.entry for one in sources)
        unknown = [one.instance for one in entries if one.patient_key is None and one.instance is not None]
        with database.session() as session:
            studies = studies_of(session, unknown)
    return [
        GroupMember(
            source.entry.name,
            source.entry.patient_key,
            source.sha256,
            source.entry.labels,
            None if source.entry.patient_key is not None else studies.get(source.entry.instance or ""),
        )
        for source in sources
    ]


def _report(packing: Packing, record_set: RecordSet) -> PackReport:
    """Return what was done."""
    num_labels = {split: dict.fromkeys(packing.classes, 0) for split in record_set.splits}
    groups: dict[str, set[str]] = {split: set() for split in record_set.splits}
    for split, sources in packing.by_split.items():
        for source in sources:
            groups[split].add(packing.table.groups[source.entry.name])
            for label in source.entry.labels:
                num_labels[split][label] += 1
    return PackReport(
        target=packing.config.target,
        product_uuid=record_set.product_uuid,
        kind=record_set.kind,
        classes=packing.classes,
        num_records=record_set.splits,
        num_labels=num_labels,
        num_groups={split: len(keys) for split, keys in groups.items()},
        grouped_by=record_set.split_plan.grouped_by,
        patients_unknown=packing.table.patients_unknown,
        left_out=count_reasons(packing.left_out),
        warnings=(*packing.source.warnings, *packing.table.warnings),
    )
