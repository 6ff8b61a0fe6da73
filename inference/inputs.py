"""What a user points at, as a lazy stream of pictures to read.

- a picture or DICOM file, told apart by content, never by name;
- a folder: an export or transformed folder (`manifest.csv`, `folder.json`, or `images/` beside
  `labels/`), a record set (`records.json`), or else every file below it, in sorted order; hidden
  files are left out;
- a `.tfrecord` file, with the `records.json` beside it where there is one;
- a `.txt` or `.lst` file: a list with one file a line; a relative path is meant from the folder of
  the list, so that a list moves together with its files. Blank lines are skipped.

A row's name is a file's base name, a path below the folder that was given, or `image/filename`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from foundation.errors import InferenceError, RecordError
from imaging.png import encode_png
from inference.missing_steps import Treatment, missing_steps
from preprocessing.examples import Example, decode_example
from preprocessing.folders import FOLDER_FILE, IMAGES, LABELS, MANIFEST_FILE, open_image_folder
from preprocessing.framing import read_records
from preprocessing.recipe import Recipe
from preprocessing.record_formats import decode_from_record
from preprocessing.record_sets import RECORDS_FILE, RecordSet, open_record_set

LIST_SUFFIXES = frozenset({".lst", ".txt"})
RECORD_SUFFIX = ".tfrecord"


@dataclass(frozen=True)
class InputTask:
    """One file or record to read; picklable, so that it can be read in another process.

    Attributes:
        name: of its row.
        recipe: the steps that are missing once it is a picture.
        path: where it lies; None when `content` holds it.
        content: the encoded picture of a record.
        sop_instance_uid: the pseudonym, where the source knows it.
        frame_number: from 1.
        frame_sha256: of the frame's stored values, where the source knows it.
    """

    name: str
    recipe: Recipe
    path: Path | None = None
    content: bytes | None = None
    sop_instance_uid: str | None = None
    frame_number: int = 1
    frame_sha256: str | None = None


@dataclass(frozen=True)
class InputPart:
    """One thing that the user pointed at, checked but not yet read.

    Attributes:
        tasks: begins its stream of tasks.
        product_uuid: of the product it is, if it is one.
        holds_files: its tasks are the user's own files, which may be DICOM.
    """

    tasks: Callable[[], Iterator[InputTask]]
    product_uuid: str | None = None
    holds_files: bool = False


def open_inputs(
    paths: Sequence[Path], wanted: Treatment, *, split: str | None = None, list_files: bool = False
) -> tuple[InputPart, ...]:
    """Check everything that the user points at and return the parts, in the order given.

    Args:
        paths: files, folders, lists, record sets.
        wanted: what the artifact was trained on.
        split: of record sets, the split to read; None for all records.
        list_files: every file given is a list, whatever its name.

    Raises:
        InferenceError: nothing is given, something is not there, or pictures were made otherwise
            than the artifact's.
        FolderError, RecordError: an export or a record set is broken.
        UnknownNameError: a record set has no such split.
    """
    if not paths:
        raise InferenceError("There is nothing to predict. Give picture files, folders, lists or records.")
    parts = tuple(_open_input(path, wanted, split=split, list_files=list_files) for path in paths)
    if next(input_tasks(parts), None) is None:
        raise InferenceError(
            "There is nothing to predict: what was given holds no file. "
            f"Received: {', '.join(str(path) for path in paths)}."
        )
    return parts


def input_tasks(parts: Sequence[InputPart]) -> Iterator[InputTask]:
    """Yield the tasks of all parts, one part after the other."""
    return chain.from_iterable(part.tasks() for part in parts)


def _open_input(path: Path, wanted: Treatment, *, split: str | None, list_files: bool) -> InputPart:
    """Return the part of one path."""
    if path.is_dir():
        return _open_folder(path, wanted, split=split)
    if not path.is_file():
        raise InferenceError(f"{path} is not there. Give a file or folder that exists.")
    if list_files or path.suffix.lower() in LIST_SUFFIXES:
        return _open_list(path, wanted)
    if path.suffix.lower() == RECORD_SUFFIX:
        return _open_record_file(path, wanted)
    task = InputTask(path.name, wanted.recipe, path=path)
    return InputPart(lambda: iter([task]), holds_files=True)


def _open_folder(path: Path, wanted: Treatment, *, split: str | None) -> InputPart:
    """Return the part of a folder, whichever kind it is."""
    if (path / RECORDS_FILE).is_file():
        return _open_record_set(open_record_set(path), wanted, split=split)
    if _is_image_folder(path):
        return _open_image_folder(path, wanted)
    if path.name == IMAGES and _has_manifest(path.resolve().parent):
        raise InferenceError(
            f"{path} is the inside of an export, whose manifest says how far its pictures have come. "
            f"Give the folder above it: {path.parent}."
        )
    return InputPart(lambda: _walk(path, wanted.recipe), holds_files=True)


def _has_manifest(path: Path) -> bool:
    return any((path / name).is_file() for name in (MANIFEST_FILE, FOLDER_FILE))


def _is_image_folder(path: Path) -> bool:
    return _has_manifest(path) or ((path / IMAGES).is_dir() and (path / LABELS).is_dir())


def _walk(folder: Path, recipe: Recipe) -> Iterator[InputTask]:
    """Yield every regular, visible file below a folder, in sorted order."""
    for above, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(above, name)
            if not name.startswith(".") and path.is_file():
                yield InputTask(path.relative_to(folder).as_posix(), recipe, path=path)


def _open_list(path: Path, wanted: Treatment) -> InputPart:
    """Return the part of a list file; a line without a file becomes a rejected row later."""
    recipe = wanted.recipe
    try:
        lines = [os.fsdecode(line.rstrip(b"\r")) for line in path.read_bytes().split(b"\n")]
    except OSError as error:
        raise InferenceError(f"The list {path} cannot be read: {error.strerror}.") from error
    files = [path.parent / line.strip() for line in lines if line.strip()]
    return InputPart(
        lambda: (InputTask(file.name or str(file), recipe, path=file) for file in files), holds_files=True
    )


def _open_image_folder(path: Path, wanted: Treatment) -> InputPart:
    """Return the part of an image/label folder, made by us or by hand."""
    folder = open_image_folder(path)
    done = Treatment(folder.rendering, Recipe.parse(folder.recipe))
    rest = missing_steps(done, wanted, source=str(path))

    def tasks() -> Iterator[InputTask]:
        for entry in folder.entries:
            yield InputTask(
                entry.image.removeprefix(f"{IMAGES}/"),
                rest,
                path=entry.image_path,
                sop_instance_uid=entry.instance,
                frame_number=entry.frame_number or 1,
                frame_sha256=entry.sha256,
            )

    return InputPart(tasks, product_uuid=folder.lineage.product_uuid if folder.lineage else None)


def _open_record_set(records: RecordSet, wanted: Treatment, *, split: str | None) -> InputPart:
    """Return the part of a record set, or of one of its splits."""
    done = Treatment(records.rendering, Recipe.parse(records.recipe))
    rest = missing_steps(done, wanted, source=str(records.folder))
    names = [split] if split is not None else list(records.splits)
    shards = [shard for name in names for shard in records.shard_paths(name)]
    return InputPart(
        lambda: chain.from_iterable(record_tasks(shard, rest) for shard in shards),
        product_uuid=records.product_uuid,
    )


def _open_record_file(path: Path, wanted: Treatment) -> InputPart:
    """Return the part of one shard; without a `records.json` its pictures count as rendered only."""
    done, product_uuid = Treatment(None), None
    if (path.parent / RECORDS_FILE).is_file():
        records = open_record_set(path.parent)
        done = Treatment(records.rendering, Recipe.parse(records.recipe))
        product_uuid = records.product_uuid
    rest = missing_steps(done, wanted, source=str(path))
    return InputPart(lambda: record_tasks(path, rest), product_uuid=product_uuid)


def record_tasks(shard: Path, recipe: Recipe) -> Iterator[InputTask]:
    """Yield a task for each record of a shard.

    Raises:
        RecordError: the file is cut, flipped, or its records are no examples.
    """
    for _offset, payload in read_records(shard):
        yield record_task(decode_example(payload), recipe)


def record_task(example: Example, recipe: Recipe) -> InputTask:
    """Return the task of one decoded record, ours or the original's.

    Raises:
        RecordError: the record holds no picture.
    """
    content = first_bytes(example, "image/encoded")
    if not content:
        raise RecordError(
            'A record holds no picture: expected bytes under "image/encoded". '
            "Write the records again with `dicomill pack`."
        )
    if first_bytes(example, "image/format") == b"RAW":
        content = encode_png(decode_from_record(example))  # a task carries a picture file
    return InputTask(
        os.fsdecode(first_bytes(example, "image/filename")),
        recipe,
        content=content,
        frame_sha256=first_bytes(example, "image/frame_sha256").decode() or None,
    )


def first_bytes(example: Example, key: str) -> bytes:
    """Return the first value of a feature of bytes, b"" where there is none.

    Example:
        >>> first_bytes({"image/format": [b"PNG"]}, "image/format")
        b'PNG'
    """
    first = next(iter(example.get(key, [])), b"")
    return first if isinstance(first, bytes) else b""
