"""One record set, all decided: its shards, `records.json`, and the tables and lineage beside them."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from foundation.files import write_file
from foundation.fingerprints import sha256_of_file
from foundation.lineage import Lineage, write_lineage
from foundation.progress import Progress
from preprocessing.classes import LABELS_FILE, classes_text
from preprocessing.division import Division
from preprocessing.lazy_sequences import Choice
from preprocessing.left_out import LeftOut, write_left_out
from preprocessing.record_formats import RecordFormat, WantedEncoding, choose_format
from preprocessing.record_pictures import ExaminedPicture, PictureSettings
from preprocessing.record_sets import (
    RECORDS_FILE,
    Encoding,
    RecordSet,
    Shard,
    SplitPlan,
    fingerprint_of_shards,
)
from preprocessing.record_sources import PackSource, RecordSource
from preprocessing.record_writing import ShardSettings, write_split
from preprocessing.split_files import SPLITS_FILE
from preprocessing.split_tables import SplitTable

if TYPE_CHECKING:
    from preprocessing.pack import PackConfig

NOT_CONTENT = {"folder", "target", "classes_file", "splits_file", "recipe_file", "workers", "overwrite"}
"""Fields of the config that are paths or do not decide what the records hold."""


@dataclass(frozen=True, slots=True)
class Packing:
    """One run of the door, all decided, ready to be written.

    Attributes:
        config: what was asked for.
        source: what is packed.
        sources: the pictures that stay.
        left_out: the others.
        division: their splits.
        classes: in index order.
        pictures: what all pictures share.
    """

    config: PackConfig
    source: PackSource
    sources: Sequence[RecordSource]
    left_out: tuple[LeftOut, ...]
    division: Division
    classes: tuple[str, ...]
    pictures: PictureSettings

    @property
    def table(self) -> SplitTable:
        """The group and split of each picture."""
        return self.division.table

    @property
    def by_split(self) -> dict[str, Sequence[RecordSource]]:
        """The pictures of each split."""
        parts = {split: array("q") for split in self.division.splits}
        for number, source in enumerate(self.sources):
            parts[self.table.splits[source.entry.name]].append(number)
        return {split: Choice(self.sources, numbers) for split, numbers in parts.items()}

    @property
    def encoding(self) -> WantedEncoding:
        """How the pictures are encoded, `auto` being settled."""
        if self.config.encoding != "auto":
            return self.config.encoding
        needed = sum(source.picture.raw_bytes for source in self.sources)
        return "raw" if needed <= self.config.raw_budget else "keep"

    @property
    def split_plan(self) -> SplitPlan:
        """How the splits were made."""
        return SplitPlan(
            scheme=self.config.split if self.division.origin == "drawn" else "given",
            origin=self.division.origin,
            plan=self.config.plan,
            fold=self.config.fold,
            repeat=self.config.repeat if self.config.fold else None,
            class_cap=self.config.class_cap,
            ratios=self.division.ratios,
            seed=self.config.seed,
            grouped_by="image" if self.table.patients_unknown == len(self.sources) else "patient",
            patients_unknown=self.table.patients_unknown,
        )

    def write(self, target: Path, *, executor: Executor, progress: Progress) -> tuple[RecordSet, Lineage]:
        """Write shards, `records.json` and the tables beside them into a new folder."""
        settings = ShardSettings(
            self.config.name,
            self.classes,
            self.config.shards,
            self.config.seed,
            encoding=self.encoding,
            pictures=self.pictures,
            shard_bytes=self.config.shard_bytes,
        )
        shards: list[Shard] = []
        progress.begin("Writing records", len(self.sources))
        for split, sources in self.by_split.items():
            shards += write_split(
                target, split, sources, settings=settings, executor=executor, progress=progress
            )
        progress.end()
        lineage = self._lineage(shards)
        names = {shard.file for shard in shards}
        write_file(target / LABELS_FILE, classes_text(self.classes))
        write_file(target / SPLITS_FILE, self.table.text)
        write_left_out(target, self.left_out)
        files = {
            path.name: sha256_of_file(path) for path in sorted(target.iterdir()) if path.name not in names
        }
        record_set = self._record_set(shards, lineage.product_uuid, files)
        write_file(target / RECORDS_FILE, record_set.model_dump_json(indent=2) + "\n")
        write_lineage(target, lineage)
        return record_set, lineage

    def _lineage(self, shards: Iterable[Shard]) -> Lineage:
        """Return the lineage of the records: made from the folder, which has its own parents, or a cohort."""
        return Lineage(
            kind="records",
            parents=self.source.parents,
            config=self.config.model_dump(mode="json", exclude=NOT_CONTENT)
            | {"rendering": self.source.state.rendering, "steps": list(self.source.state.recipe)},
            fingerprint=fingerprint_of_shards(self.classes, shards),
        )

    def _record_set(self, shards: Iterable[Shard], product_uuid: str, files: dict[str, str]) -> RecordSet:
        """Return what `records.json` says."""
        state = self.source.state
        encoding = self.encoding
        is_single = all(len(one.entry.labels) == 1 and one.entry.known is None for one in self.sources)
        looks = {_look(source.picture, encoding) for source in self.sources}
        formats, heights, widths, channels = (set(values) for values in zip(*looks, strict=True))
        record_set = RecordSet(
            product_uuid=product_uuid,
            name=self.config.name,
            task=state.task,
            kind="single_label" if is_single else "multi_label",
            classes=self.classes,
            splits={split: len(sources) for split, sources in self.by_split.items()},
            shards=tuple(shards),
            split_plan=self.split_plan,
            rendering=state.rendering,
            recipe=state.recipe,
            encoding=_encoding(formats),
            cohort=state.cohort,
            height=_only(heights),
            width=_only(widths),
            channels=_only(channels),
            files=files,
        )
        return record_set.model_copy(update={"fingerprint": record_set.content_fingerprint})


def _look(picture: ExaminedPicture, encoding: WantedEncoding) -> tuple[RecordFormat, int, int, int]:
    """Return what `records.json` says of a picture where all are alike."""
    record_format = choose_format(encoding, kept=picture.kept_format)
    return record_format, picture.height, picture.width, picture.channels


def _only(distinct: set[int]) -> int | None:
    """Return the value that all share, None when they differ."""
    return next(iter(distinct)) if len(distinct) == 1 else None


def _encoding(found: set[RecordFormat]) -> Encoding:
    """Return the one format of all pictures, or "mixed"."""
    words: dict[RecordFormat, Encoding] = {"JPEG": "jpeg", "PNG": "png", "RAW": "raw"}
    return words[next(iter(found))] if len(found) == 1 else "mixed"
