"""Record sets: TFRecord shards with `records.json`, which says what is in them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr

from foundation.errors import RecordError
from foundation.fingerprints import fingerprint
from foundation.registries import look_up
from preprocessing.examples import Example, decode_example
from preprocessing.framing import read_records
from preprocessing.splits import SplitScheme

RECORDS_FILE = "records.json"

Kind = Literal["single_label", "multi_label"]
Encoding = Literal["jpeg", "png", "raw", "mixed"]


class Shard(BaseModel):
    """One file of records: its name, split, number of records, hash and size."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str
    split: str
    num_records: int
    sha256: str
    num_bytes: int


class SplitPlan(BaseModel):
    """How the splits were made.

    Attributes:
        scheme: "None", "tt_split" or "tvt_split" where pack drew the splits, else "given".
        origin: "drawn" by pack, or given by a "plan" of the database or a "table" of names.
        plan: its name.
        fold: the fold that is the test set.
        repeat: the repeat of the folds.
        class_cap: pictures of one class at most in training.
        ratios: share asked for, by split; empty without splits, and where they were given.
        seed: of the assignment and of the order of records.
        grouped_by: "patient", or "image" when no picture has a patient.
        patients_unknown: pictures whose patient is not known; they stand for themselves.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    scheme: SplitScheme | Literal["given"]
    origin: Literal["drawn", "plan", "table"] = "drawn"
    plan: str | None = None
    fold: int | None = None
    repeat: int | None = None
    class_cap: int | None = None
    ratios: dict[str, float]
    seed: int
    grouped_by: Literal["patient", "image"]
    patients_unknown: int


class RecordSet(BaseModel):
    """What `records.json` holds.

    Attributes:
        product_uuid: the same as in `lineage.json`.
        name: the base name of the shards.
        task: what the labels say; None when the folder did not tell.
        kind: "single_label" when every picture has exactly one label.
        classes: names in index order.
        splits: number of records by split; a set without splits has the one split "all".
        shards: the files.
        split_plan: how the splits were made.
        rendering: the rendering that made the pictures; None for pictures from elsewhere.
        recipe: steps that the pictures went through, in order.
        encoding: of the pictures in the records.
        cohort: name of the cohort.
        height: of every picture; None when they differ.
        width: likewise.
        channels: likewise.
        files: SHA-256 of the files beside the shards, by name; empty in older sets.
        fingerprint: of all this but the uuid; None in older sets.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    product_uuid: str
    name: str
    task: str | None
    kind: Kind
    classes: tuple[str, ...]
    splits: dict[str, int]
    shards: tuple[Shard, ...]
    split_plan: SplitPlan
    rendering: str | None
    recipe: tuple[str, ...]
    encoding: Encoding
    cohort: str | None
    height: int | None
    width: int | None
    channels: int | None
    files: dict[str, str] = Field(default_factory=dict)
    fingerprint: str | None = None

    _folder: Path = PrivateAttr(default_factory=Path)

    @property
    def content_fingerprint(self) -> str:
        """The fingerprint of all other fields; equal for records that were made again."""
        return fingerprint(self.model_dump(mode="json", exclude={"fingerprint", "product_uuid"}))

    @property
    def folder(self) -> Path:
        """Where the set was opened."""
        return self._folder

    def shard_paths(self, split: str) -> list[Path]:
        """Return the files of a split, in order.

        Raises:
            UnknownNameError: the set has no such split; the message lists those it has.
        """
        look_up(self.splits, split, kind="split")
        return [self._folder / shard.file for shard in self.shards if shard.split == split]


def fingerprint_of_shards(classes: Iterable[str], shards: Iterable[Shard]) -> str:
    """Return the fingerprint of the content of records, as it stands in their lineage."""
    return fingerprint([list(classes), *(shard.model_dump() for shard in shards)])


def open_record_set(path: Path) -> RecordSet:
    """Return the record set in a folder, its files looked for but not read.

    Args:
        path: the folder, or the `records.json` in it.

    Raises:
        RecordError: it is no record set, or a shard is missing or of another size.
    """
    record_set = read_records_file(path)
    for shard in record_set.shards:
        _check_shard(record_set.folder, shard)
    return record_set


def read_records_file(path: Path) -> RecordSet:
    """Return what `records.json` says, the shards not looked for.

    Args:
        path: the folder, or the `records.json` in it.

    Raises:
        RecordError: it is not there, cannot be read, or names a shard outside its folder.
    """
    folder = path.parent if path.name == RECORDS_FILE else path
    file = folder / RECORDS_FILE
    if not file.is_file():
        raise RecordError(
            f"{folder} is no record set: expected {RECORDS_FILE} in it. Make one with `dicomill pack`."
        )
    try:
        record_set = RecordSet.model_validate(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise RecordError(
            f"{file} cannot be read: it is cut or was changed by hand. Run `dicomill pack` again."
        ) from error
    if any(Path(shard.file).name != shard.file for shard in record_set.shards):
        raise RecordError(f"{file} names a shard outside its folder. Run `dicomill pack` again.")
    record_set._folder = folder.absolute()
    return record_set


def iterate_examples(path: Path, split: str) -> Iterator[Example]:
    """Yield the decoded examples of a split, one at a time, checksums held.

    Args:
        path: the record set's folder.
        split: one of its splits.

    Raises:
        RecordError: a shard is damaged; the message names file, record and offset.
        UnknownNameError: the set has no such split.
    """
    for shard in open_record_set(path).shard_paths(split):
        for _, payload in read_records(shard):
            yield decode_example(payload)


def _check_shard(folder: Path, shard: Shard) -> None:
    """Refuse a shard that is not there or has another size than was written."""
    path = folder / shard.file
    if not path.is_file():
        raise RecordError(f"The shard {path} is missing. Restore it, or run `dicomill pack` again.")
    if path.stat().st_size != shard.num_bytes:
        raise RecordError(
            f"The shard {path} is cut or was changed: expected {shard.num_bytes} bytes. Restore it, or run "
            f"`dicomill pack` again. Received: {path.stat().st_size} bytes."
        )
