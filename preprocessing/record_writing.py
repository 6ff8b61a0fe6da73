"""Writing records: the keys of each example, and shards with their hashes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from foundation.execution import InProcessExecutor, batched, map_batches
from foundation.progress import Progress
from preprocessing.examples import Values, encode_example
from preprocessing.framing import write_records
from preprocessing.record_pictures import read_for_records
from preprocessing.record_sets import Shard
from preprocessing.record_sources import RecordSource
from preprocessing.splits import NO_SPLIT, keyed_order

# Pictures in flight are held in memory, and one may have tens of megabytes.
_BATCH_SIZE = 8


@dataclass(frozen=True, slots=True)
class ShardSettings:
    """How the shards of a record set are called and filled.

    Args:
        name: base name.
        classes: in index order.
        num_shards: files a split; never more than it has records.
        seed: of the order of records within a split.
    """

    name: str
    classes: tuple[str, ...]
    num_shards: int
    seed: int


def shard_names(name: str, split: str, num_shards: int) -> list[str]:
    """Return the file names of a split's shards.

    Example:
        >>> shard_names("dicom", "train", 1), shard_names("dicom", "all", 1)
        (['train-dicom.tfrecord'], ['dicom.tfrecord'])
        >>> shard_names("dicom", "test", 2)[1]
        'test-dicom-00001-of-00002.tfrecord'
    """
    base = name if split == NO_SPLIT else f"{split}-{name}"
    if num_shards == 1:
        return [f"{base}.tfrecord"]
    return [f"{base}-{number:05d}-of-{num_shards:05d}.tfrecord" for number in range(num_shards)]


def example_features(source: RecordSource, encoded: bytes, classes: tuple[str, ...]) -> dict[str, Values]:
    """Return the keys of one record.

    The keys are those of the original's writer, so that its readers go on working, with the classes as
    a vector (value 1 where the label is given; mask 0 where nothing is known, which a label file
    cannot say), the patient key (empty when unknown) and the frame's hash.

    Args:
        source: the picture.
        encoded: its bytes in the record.
        classes: in index order; every label is one of them.
    """
    picture, labels = source.picture, source.entry.labels
    indices = [classes.index(label) for label in labels]
    # One box a label, the whole picture: the original's form for object detection.
    near, far = [0.0] * len(labels), [1.0] * len(labels)
    return {
        "image/height": [picture.height],
        "image/width": [picture.width],
        "image/channels": [picture.channels],
        "image/shape": [picture.height, picture.width, picture.channels],
        "image/format": [picture.format.encode()],
        "image/encoded": [encoded],
        "image/filename": [source.entry.image.encode()],
        "image/class/label": indices,
        "image/class/text": [label.encode() for label in labels],
        "image/class/values": [float(name in labels) for name in classes],
        "image/class/mask": [1.0] * len(classes),
        "image/object/bbox/xmin": near,
        "image/object/bbox/ymin": near,
        "image/object/bbox/xmax": far,
        "image/object/bbox/ymax": far,
        "image/object/class/label": indices,
        "image/patient_key": [(source.entry.patient_key or "").encode()],
        "image/frame_sha256": [source.sha256.encode()],
    }


def write_split(
    folder: Path,
    split: str,
    sources: Sequence[RecordSource],
    *,
    settings: ShardSettings,
    executor: Executor,
    progress: Progress,
) -> list[Shard]:
    """Write the shards of one split and return their entries for `records.json`.

    The order of records is a seeded shuffle that depends on the pictures' names alone.

    Args:
        folder: where the shards go.
        split: its name.
        sources: the pictures of the split; may be empty only where there are no splits.
        settings: names, classes, number of shards, seed.
        executor: encodes pictures anew where that is needed.
        progress: advanced by one a record.
    """
    ordered = sorted(sources, key=lambda source: keyed_order(settings.seed, source.entry.name))
    num_shards = max(1, min(settings.num_shards, len(ordered)))
    # Reading alone is cheaper here than carrying the bytes between processes.
    worker = InProcessExecutor() if all(source.picture.is_kept for source in ordered) else executor
    shards = []
    for number, file in enumerate(shard_names(settings.name, split, num_shards)):
        start, end = (len(ordered) * place // num_shards for place in (number, number + 1))
        payloads = _encode_records(ordered[start:end], settings.classes, executor=worker, progress=progress)
        shards.append(_write_shard(folder / file, split, payloads))
    return shards


def _encode_records(
    sources: Sequence[RecordSource], classes: tuple[str, ...], *, executor: Executor, progress: Progress
) -> Iterator[bytes]:
    """Yield the payload of each record, few pictures in memory at a time."""
    pictures = ((source.entry.image_path, source.picture.is_kept) for source in sources)
    results = map_batches(executor, read_for_records, batched(pictures, _BATCH_SIZE))
    contents = (content for batch in results for content in batch)
    for source, encoded in zip(sources, contents, strict=True):
        yield encode_example(example_features(source, encoded, classes))
        progress.advance()


def _write_shard(path: Path, split: str, payloads: Iterator[bytes]) -> Shard:
    """Write one file of records, flushed to disk, and return its entry."""
    with path.open("wb") as stream:
        hashing = _HashingStream(stream)
        num_records = write_records(hashing, payloads)
        stream.flush()
        os.fsync(stream.fileno())
    return Shard(
        file=path.name,
        split=split,
        num_records=num_records,
        sha256=hashing.digest.hexdigest(),
        num_bytes=hashing.num_bytes,
    )


class _HashingStream:
    """Passes bytes on to a file, counting and hashing them on the way."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.digest = hashlib.sha256()
        self.num_bytes = 0

    def write(self, content: bytes) -> int:
        """Write, count and hash."""
        self.digest.update(content)
        self.num_bytes += len(content)
        return self._stream.write(content)
