"""Packing: an image/label folder becomes TFRecords with their splits. Door of the room."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from foundation.contracts import Config, Report
from foundation.files import check_target, new_folder, write_file
from foundation.fingerprints import fingerprint
from foundation.lineage import Lineage, write_lineage
from foundation.progress import Progress, SilentProgress
from preprocessing.classes import LABELS_FILE, check_labels, classes_text, order_classes, read_classes_file
from preprocessing.folders import ImageFolder, open_image_folder, refuse_target_over_source
from preprocessing.groups import GroupMember
from preprocessing.left_out import LeftOut, count_reasons, write_left_out
from preprocessing.parallel import executor_for
from preprocessing.record_sets import RECORDS_FILE, Encoding, Kind, RecordSet, Shard, SplitPlan
from preprocessing.record_sources import RecordSource, choose_sources
from preprocessing.record_writing import ShardSettings, write_split
from preprocessing.split_tables import SPLITS_FILE, SplitTable, split_pictures
from preprocessing.splits import NO_SPLIT, SplitScheme, resolve_ratios


class PackConfig(Config):
    """What to pack and how to split it.

    Attributes:
        folder: holds `images/` and `labels/`.
        target: the record set's folder, made whole or not at all.
        split: "None" for one set, "tt_split" (train, test) or "tvt_split" (train, validation, test).
        ratios: one share a split in that order; None for .9/.1 and .8/.1/.1.
        seed: of the assignment and of the order of records.
        name: base name of the files.
        classes_file: the classes in index order; None for those of the labels, sorted by name.
        shards: files a split.
        workers: processes; None for one a core.
        overwrite: replace what stands at the target.

    Raises:
        SplitError: the ratios do not fit the split.
    """

    folder: Path
    target: Path
    split: SplitScheme = "tvt_split"
    ratios: tuple[float, ...] | None = None
    seed: int = 0
    name: str = Field(default="dicom", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    classes_file: Path | None = None
    shards: int = Field(default=1, ge=1, le=99_999)
    workers: int | None = Field(default=None, ge=1)
    overwrite: bool = False

    @model_validator(mode="after")
    def _ratios_fit_the_split(self) -> Self:
        resolve_ratios(self.split, self.ratios)
        return self


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
    database: object | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> PackReport:
    """Write TFRecords of a folder's pictures, split by whole groups and stratified over labels.

    The same folder, config and seed give the same shards, byte for byte.

    Args:
        config: what to pack.
        database: not needed; part of every door.
        executor: where pictures are decoded and encoded; None for our own.
        progress: told of the stages.

    Raises:
        TargetExistsError: the target holds something.
        FolderError: the folder is none, or no picture of it can be used.
        SplitError: the splits cannot be made as asked.
        UnknownNameError: a label names no class.
    """
    progress = progress or SilentProgress()
    check_target(config.target, overwrite=config.overwrite)
    refuse_target_over_source(config.folder, config.target)
    ratios = resolve_ratios(config.split, config.ratios)
    classes = None if config.classes_file is None else read_classes_file(config.classes_file)
    folder = open_image_folder(config.folder)
    if classes is not None:
        check_labels((label for entry in folder.entries for label in entry.labels), classes)
    with executor_for(executor, workers=config.workers, num_pictures=len(folder.entries)) as workers:
        sources, left_out = choose_sources(folder, executor=workers, progress=progress)
        table = split_pictures([_group_member(source) for source in sources], ratios=ratios, seed=config.seed)
        if classes is None:
            classes = order_classes(label for source in sources for label in source.entry.labels)
        packing = _Packing(config, folder, tuple(sources), tuple(left_out), table, classes, ratios)
        with new_folder(config.target, overwrite=config.overwrite) as target:
            record_set = packing.write(target, executor=workers, progress=progress)
    return packing.report(record_set)


@dataclass(frozen=True, slots=True)
class _Packing:
    """One run of the door, all decided, ready to be written."""

    config: PackConfig
    folder: ImageFolder
    sources: tuple[RecordSource, ...]
    left_out: tuple[LeftOut, ...]
    table: SplitTable
    classes: tuple[str, ...]
    ratios: dict[str, float]

    @property
    def by_split(self) -> dict[str, list[RecordSource]]:
        """The pictures of each split."""
        parts: dict[str, list[RecordSource]] = {split: [] for split in self.ratios or (NO_SPLIT,)}
        for source in self.sources:
            parts[self.table.splits[source.entry.name]].append(source)
        return parts

    @property
    def split_plan(self) -> SplitPlan:
        """How the splits were made."""
        return SplitPlan(
            scheme=self.config.split,
            ratios=self.ratios,
            seed=self.config.seed,
            grouped_by="image" if self.table.patients_unknown == len(self.sources) else "patient",
            patients_unknown=self.table.patients_unknown,
        )

    def write(self, target: Path, *, executor: Executor, progress: Progress) -> RecordSet:
        """Write shards, `records.json` and the tables beside them into a new folder."""
        settings = ShardSettings(self.config.name, self.classes, self.config.shards, self.config.seed)
        shards: list[Shard] = []
        progress.begin("Writing records", len(self.sources))
        for split, sources in self.by_split.items():
            shards += write_split(
                target, split, sources, settings=settings, executor=executor, progress=progress
            )
        progress.end()
        lineage = self._lineage(shards)
        record_set = self._record_set(shards, lineage.product_uuid)
        write_file(target / LABELS_FILE, classes_text(self.classes))
        write_file(target / SPLITS_FILE, self.table.text)
        write_left_out(target, self.left_out)
        write_file(target / RECORDS_FILE, record_set.model_dump_json(indent=2) + "\n")
        write_lineage(target, lineage)
        return record_set

    def report(self, record_set: RecordSet) -> PackReport:
        """Return what was done."""
        num_labels = {split: dict.fromkeys(self.classes, 0) for split in record_set.splits}
        groups: dict[str, set[str]] = {split: set() for split in record_set.splits}
        for split, sources in self.by_split.items():
            for source in sources:
                groups[split].add(self.table.groups[source.entry.name])
                for label in source.entry.labels:
                    num_labels[split][label] += 1
        return PackReport(
            target=self.config.target,
            product_uuid=record_set.product_uuid,
            kind=record_set.kind,
            classes=self.classes,
            num_records=record_set.splits,
            num_labels=num_labels,
            num_groups={split: len(keys) for split, keys in groups.items()},
            grouped_by=record_set.split_plan.grouped_by,
            patients_unknown=self.table.patients_unknown,
            left_out=count_reasons(self.left_out),
            warnings=self.table.warnings,
        )

    def _lineage(self, shards: Iterable[Shard]) -> Lineage:
        """Return the lineage of the records: made from the folder, which has its own parents."""
        parent = self.folder.lineage
        return Lineage(
            kind="records",
            parents=() if parent is None else (parent.product_uuid,),
            config=self.config.model_dump(
                mode="json", exclude={"folder", "target", "classes_file", "workers", "overwrite"}
            ),
            fingerprint=fingerprint([list(self.classes), *(shard.model_dump() for shard in shards)]),
        )

    def _record_set(self, shards: Iterable[Shard], product_uuid: str) -> RecordSet:
        """Return what `records.json` says."""
        state = self.folder.state
        pictures = [source.picture for source in self.sources]
        num_labels = {len(source.entry.labels) for source in self.sources}
        return RecordSet(
            product_uuid=product_uuid,
            name=self.config.name,
            task=state.task,
            kind="single_label" if num_labels == {1} else "multi_label",
            classes=self.classes,
            splits={split: len(sources) for split, sources in self.by_split.items()},
            shards=tuple(shards),
            split_plan=self.split_plan,
            rendering=state.rendering,
            recipe=state.recipe,
            encoding=_encoding(picture.format for picture in pictures),
            cohort=state.cohort,
            height=_only(picture.height for picture in pictures),
            width=_only(picture.width for picture in pictures),
            channels=_only(picture.channels for picture in pictures),
        )


def _group_member(source: RecordSource) -> GroupMember:
    """Return what the splits need to know of a picture."""
    return GroupMember(source.entry.name, source.entry.patient_key, source.sha256, source.entry.labels)


def _only(values: Iterable[int]) -> int | None:
    """Return the value that all share, None when they differ."""
    distinct = set(values)
    return distinct.pop() if len(distinct) == 1 else None


def _encoding(formats: Iterable[str]) -> Encoding:
    """Return "jpeg", "png", or "mixed" for both."""
    counts = Counter(formats)
    if len(counts) > 1:
        return "mixed"
    return "jpeg" if counts["JPEG"] else "png"
