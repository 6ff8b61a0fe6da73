"""Writing records: the keys of each example, and shards with their hashes."""

from __future__ import annotations

import hashlib
import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from io import RawIOBase
from pathlib import Path
from types import TracebackType
from typing import Self

from foundation.execution import batched, map_batches
from foundation.progress import Progress
from preprocessing.examples import Values, encode_example
from preprocessing.framing import write_records
from preprocessing.known_classes import mask_of
from preprocessing.lazy_sequences import choose
from preprocessing.record_formats import RecordFormat, WantedEncoding, choose_format
from preprocessing.record_pictures import PictureRequest, PictureSettings, read_for_records
from preprocessing.record_places import FilePlace
from preprocessing.record_sets import Shard
from preprocessing.record_sources import RecordSource
from preprocessing.splits import NO_SPLIT, keyed_order

# Pictures in flight are held in memory, and one may have tens of megabytes.
_BATCH_SIZE = 8
# Records that wait for the disk.
_MOST_PENDING = 32
# A record's keys besides its picture, roughly.
_KEYS_BYTES = 1000


@dataclass(frozen=True, slots=True)
class ShardSettings:
    """How the shards of a record set are called and filled.

    Args:
        name: base name.
        classes: in index order.
        num_shards: files a split; never more than it has records.
        seed: of the order of records within a split.
        encoding: of the pictures; not `auto`, which is settled before.
        pictures: what all pictures share.
        shard_bytes: a split gets so many more files that none is expected to be larger; None for no bound.
    """

    name: str
    classes: tuple[str, ...]
    num_shards: int
    seed: int
    encoding: WantedEncoding = "keep"
    pictures: PictureSettings = field(default_factory=PictureSettings)
    shard_bytes: int | None = None


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


def example_features(
    source: RecordSource, encoded: bytes, classes: tuple[str, ...], record_format: RecordFormat
) -> dict[str, Values]:
    """Return the keys of one record.

    The keys are those of the original's writer, so that its readers go on working, with the classes as
    a vector (value 1 where the label is given; mask 0 where nothing is known, which the manifest
    says of what comes from a cohort), the patient key (empty when unknown) and the frame's hash.

    Args:
        source: the picture.
        encoded: its bytes in the record.
        classes: in index order; every label is one of them.
        record_format: what those bytes are.
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
        "image/format": [record_format.encode()],
        "image/dtype": [b"uint16" if picture.bits > 8 and record_format != "JPEG" else b"uint8"],
        "image/encoded": [encoded],
        "image/filename": [source.entry.image.encode()],
        "image/class/label": indices,
        "image/class/text": [label.encode() for label in labels],
        "image/class/values": [float(name in labels) for name in classes],
        "image/class/mask": mask_of(classes, labels, source.entry.known),
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
    keys = [keyed_order(settings.seed, source.entry.name) for source in sources]
    ordered = choose(sources, sorted(range(len(keys)), key=keys.__getitem__))
    del keys
    num_shards = _count_shards(ordered, settings)
    shards = []
    for number, file in enumerate(shard_names(settings.name, split, num_shards)):
        start, end = (len(ordered) * place // num_shards for place in (number, number + 1))
        payloads = _encode_records(ordered[start:end], settings, executor=executor, progress=progress)
        shards.append(_write_shard(folder / file, split, payloads))
    return shards


def _encode_records(
    sources: Sequence[RecordSource], settings: ShardSettings, *, executor: Executor, progress: Progress
) -> Iterator[bytes]:
    """Yield the payload of each record, few pictures in memory at a time."""
    # What is a spool or a file is read here: that is cheaper than carrying bytes between processes.
    anew = (source for source in sources if not _is_at_hand(source, settings))
    requests = (_request(source, settings) for source in anew)
    batches = map_batches(executor, read_for_records, batched(requests, _BATCH_SIZE), settings.pictures)
    made = (content for batch in batches for content in batch)
    for source in sources:
        request = _request(source, settings)
        encoded = _at_hand(source, settings) if _is_at_hand(source, settings) else next(made)
        yield encode_example(example_features(source, encoded, settings.classes, request.format))
        progress.advance()


def _is_at_hand(source: RecordSource, settings: ShardSettings) -> bool:
    """Return whether the bytes of a record's picture only have to be read."""
    request, spooled = _request(source, settings), source.picture.spooled
    return request.is_kept or (spooled is not None and spooled.format == request.format)


def _at_hand(source: RecordSource, settings: ShardSettings) -> bytes:
    request, spooled = _request(source, settings), source.picture.spooled
    if spooled is not None and spooled.format == request.format:
        return spooled.read()
    return read_for_records([request], settings.pictures)[0]


def _request(source: RecordSource, settings: ShardSettings) -> PictureRequest:
    kept = source.picture.kept_format
    record_format = choose_format(settings.encoding, kept=kept)
    is_file = isinstance(source.place, FilePlace)
    return PictureRequest(source.place, record_format, is_file and record_format == kept)


def _count_shards(sources: Sequence[RecordSource], settings: ShardSettings) -> int:
    """Return the number of files of a split: as asked for, or more where they would grow too large."""
    wanted = settings.num_shards
    if settings.shard_bytes is not None:
        expected = sum(_expected_bytes(source, settings) for source in sources)
        wanted = max(wanted, -(-expected // settings.shard_bytes))
    return max(1, min(wanted, len(sources)))


def _expected_bytes(source: RecordSource, settings: ShardSettings) -> int:
    """Return the size of a record, known for kept files and bare samples, else guessed."""
    picture = source.picture
    is_kept = choose_format(settings.encoding, kept=picture.kept_format) == picture.kept_format
    return (picture.file_bytes if is_kept else picture.raw_bytes) + _KEYS_BYTES


def _write_shard(path: Path, split: str, payloads: Iterator[bytes]) -> Shard:
    """Write one file of records, flushed to disk, and return its entry."""
    with path.open("wb", buffering=0) as stream:
        with _HashingStream(stream) as hashing:
            num_records = write_records(hashing, payloads)
        os.fsync(stream.fileno())
    return Shard(
        file=path.name,
        split=split,
        num_records=num_records,
        sha256=hashing.digest.hexdigest(),
        num_bytes=hashing.num_bytes,
    )


class _HashingStream:
    """Passes bytes on to a file, counting and hashing them on the way.

    Hashing and writing have a thread each, while the next records are made: both let go of the interpreter.
    """

    def __init__(self, stream: RawIOBase) -> None:
        self._stream = stream
        self._threads = (ThreadPoolExecutor(1), ThreadPoolExecutor(1))
        self._pending: deque[Future[None]] = deque()
        self.digest = hashlib.sha256()
        self.num_bytes = 0

    def __enter__(self) -> Self:
        """Return the stream."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for what was passed on; an error in writing it is raised here."""
        try:
            while self._pending and error is None:
                self._pending.popleft().result()
        finally:
            for thread in self._threads:
                thread.shutdown(cancel_futures=True)

    def write(self, content: bytes) -> int:
        """Pass bytes on."""
        for thread, function in zip(self._threads, (self._hash, self._write), strict=True):
            self._pending.append(thread.submit(function, content))
        while len(self._pending) > _MOST_PENDING:
            self._pending.popleft().result()
        return len(content)

    def _hash(self, content: bytes) -> None:
        self.digest.update(content)

    def _write(self, content: bytes) -> None:
        self.num_bytes += len(content)
        rest = memoryview(content)
        while rest:
            rest = rest[self._stream.write(rest) or 0 :]
