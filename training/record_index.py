"""Where each record of a split lies and what it is labelled; and the order of an epoch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from foundation.errors import ImagingError, RecordError
from foundation.progress import Progress, SilentProgress
from preprocessing.examples import Example, decode_example
from preprocessing.framing import read_records
from preprocessing.record_formats import decode_from_record

# A frame begins with the payload's length (8 bytes) and that length's checksum (4).
_PAYLOAD_OFFSET = 12


@dataclass(frozen=True)
class RecordIndex:
    """The records of one split, in the order in which they are stored.

    Attributes:
        shards: the files, in order.
        shard_numbers: for each record, the position of its file in `shards`.
        offsets: of the payloads, in bytes.
        lengths: of the payloads, in bytes.
        targets: [records, classes], float32 of 0 and 1.
        mask: [records, classes], 1 where the label is known.
    """

    shards: tuple[Path, ...]
    shard_numbers: NDArray[np.int32]
    offsets: NDArray[np.int64]
    lengths: NDArray[np.int64]
    targets: NDArray[np.float32]
    mask: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.offsets)

    def place(self, record: int) -> str:
        """Name a record for a message: its file and its offset there."""
        shard = self.shards[self.shard_numbers[record]].name
        return f"{shard}: the record at offset {self.offsets[record] - _PAYLOAD_OFFSET}"

    def read_picture(self, record: int) -> NDArray[Any]:
        """Return the decoded picture of a record.

        Raises:
            RecordError: the file changed since it was indexed, or the record holds no picture.
        """
        try:
            return decode_from_record(self._read_example(record))
        except RecordError as error:
            raise RecordError(f"{self.place(record)}: {error} Pack the records again.") from error
        except ImagingError as error:
            raise RecordError(
                f"{self.place(record)} holds a picture that cannot be decoded: {error.detail} "
                "Pack the records again."
            ) from error

    def _read_example(self, record: int) -> Example:
        try:
            with self.shards[self.shard_numbers[record]].open("rb") as stream:
                stream.seek(self.offsets[record])
                payload = stream.read(int(self.lengths[record]))
        except OSError as error:
            raise RecordError(f"{self.place(record)} cannot be read any more: {error.strerror}.") from error
        return decode_example(payload)


def index_records(
    shards: Sequence[Path],
    *,
    num_classes: int,
    kind: Literal["single_label", "multi_label"],
    progress: Progress | None = None,
) -> RecordIndex:
    """Read a split once: every checksum, every label, no picture.

    Args:
        shards: the files of the split.
        num_classes: of the record set.
        kind: a record of a single-label set has exactly one class.
        progress: told of each record.

    Raises:
        RecordError: a file is cut or flipped, or a label does not fit the classes.
    """
    progress = progress or SilentProgress()
    numbers, offsets, lengths = [], [], []
    labels: list[tuple[NDArray[np.float32], NDArray[np.float32]]] = []
    progress.begin("index")
    for number, shard in enumerate(shards):
        for offset, payload in read_records(shard):
            place = f"{shard.name}: the record at offset {offset}"
            labels.append(_read_labels(decode_example(payload), num_classes, kind, place))
            numbers.append(number)
            offsets.append(offset + _PAYLOAD_OFFSET)
            lengths.append(len(payload))
            progress.advance()
    progress.end()
    shape = (len(labels), num_classes)
    return RecordIndex(
        shards=tuple(shards),
        shard_numbers=np.array(numbers, np.int32),
        offsets=np.array(offsets, np.int64),
        lengths=np.array(lengths, np.int64),
        targets=np.array([targets for targets, _ in labels], np.float32).reshape(shape),
        mask=np.array([mask for _, mask in labels], np.float32).reshape(shape),
    )


def _read_labels(
    example: Example, num_classes: int, kind: str, place: str
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return targets and mask of one record, from image/class/values or else image/class/label."""
    values = example.get("image/class/values", [])
    if values:
        targets = np.asarray(values, np.float32)
        mask = np.asarray(example.get("image/class/mask") or np.ones(len(values)), np.float32)
    else:
        targets, mask = np.zeros(num_classes, np.float32), np.ones(num_classes, np.float32)
        indices = np.asarray(example.get("image/class/label", []), np.int64)
        if indices.size and not 0 <= indices.min() <= indices.max() < num_classes:
            raise RecordError(
                f"{place} has a label that is no class: expected 0 to {num_classes - 1}. "
                f"Pack the records again. Received: {indices.tolist()}"
            )
        targets[indices] = 1.0
    if targets.shape != (num_classes,) or mask.shape != (num_classes,):
        raise RecordError(
            f"{place} has {targets.size} label values, the record set {num_classes} classes. "
            "Pack the records again."
        )
    if kind == "single_label" and np.count_nonzero(targets) != 1:
        raise RecordError(
            f"{place} has {np.count_nonzero(targets)} classes; a record of a single-label set has exactly "
            "one. Pack the records again, or as multi_label."
        )
    return targets, mask


def epoch_order(num_records: int, *, seed: int, epoch: int) -> NDArray[np.int64]:
    """Return the order of an epoch's records: each gets a key from (seed, epoch, record) alone.

    No state is kept between epochs, so a resumed run needs none either.

    Args:
        num_records: of the split.
        seed: of the run.
        epoch: counted from 1.

    Example:
        >>> sorted(epoch_order(5, seed=0, epoch=1).tolist())
        [0, 1, 2, 3, 4]
    """
    start = _mixed(np.add(_mixed(np.array([seed], np.uint64)), epoch, dtype=np.uint64))
    keys = _mixed(np.add(start, np.arange(num_records, dtype=np.uint64), dtype=np.uint64))
    return np.argsort(keys, kind="stable").astype(np.int64)


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the SplitMix64 output for each state, modulo 2^64.

    Source: Steele, Lea and Flood, Fast Splittable Pseudorandom Number Generators, 2014, figure 17.
    """
    z = values + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))
