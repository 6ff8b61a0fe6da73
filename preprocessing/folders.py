"""Reading an image/label folder: ours with its manifest, or one that a user made by hand.

A folder holds `images/<name>.<ending>` and `labels/<name>.txt` with one label a line, the whole
stripped line. Ours also holds `manifest.csv` (a row a picture), `folder.json` (how far the pictures
have come) and `lineage.json`. Where label file and manifest differ the label file holds, because it
is the one that people correct.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import ValidationError

from foundation.contracts import Config
from foundation.errors import ConfigError, FolderError
from foundation.lineage import Lineage, read_lineage
from preprocessing.left_out import LeftOut

IMAGES, LABELS = "images", "labels"
MANIFEST_FILE, FOLDER_FILE = "manifest.csv", "folder.json"
MANIFEST_COLUMNS = (
    "name",
    "image",
    "instance",
    "frame_number",
    "patient_key",
    "labels",
    "sha256",
    "render_record",
)
PICTURE_ENDINGS = frozenset({"", ".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff"})


class FolderState(Config):
    """What `folder.json` holds: how far the pictures of a folder have come.

    Attributes:
        rendering: the rendering that made the pictures; None when they were pictures from the start.
        recipe: canonical text of each step applied since, in order.
        task: what the labels say, such as `body_part`.
        cohort: name of the cohort that was exported.
    """

    rendering: str | None = None
    recipe: tuple[str, ...] = ()
    task: str | None = None
    cohort: str | None = None


@dataclass(frozen=True, slots=True)
class FolderEntry:
    """One picture of a folder.

    Attributes:
        name: unique in the folder; the path below `images/` without its ending.
        image: path of the picture relative to the folder, with forward slashes.
        image_path: the same, ready to open.
        labels: each once, in the order of the file; empty when the picture has none.
        instance: pseudonymous SOP Instance UID; None outside our folders.
        frame_number: from 1; None outside our folders.
        patient_key: None when the patient is unknown.
        sha256: of the source frame's stored values, carried over from folder to folder; None in a
            folder without manifest, where the file itself is all there is.
        render_record: how the picture was rendered.
    """

    name: str
    image: str
    image_path: Path
    labels: tuple[str, ...] = ()
    instance: str | None = None
    frame_number: int | None = None
    patient_key: str | None = None
    sha256: str | None = None
    render_record: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ImageFolder:
    """A folder as it was found: its pictures by name, its state, and what in it is no entry."""

    path: Path
    entries: tuple[FolderEntry, ...]
    state: FolderState = field(default_factory=FolderState)
    lineage: Lineage | None = None
    left_out: tuple[LeftOut, ...] = ()

    @property
    def rendering(self) -> str | None:
        """The rendering that made the pictures."""
        return self.state.rendering

    @property
    def recipe(self) -> tuple[str, ...]:
        """The steps that the pictures went through."""
        return self.state.recipe


def open_image_folder(path: Path) -> ImageFolder:
    """Return what a folder holds, entries sorted by name; no picture is opened.

    Args:
        path: holds `images/`, usually `labels/`, and perhaps a manifest.

    Raises:
        FolderError: it is no such folder, holds no picture, or its manifest or state is broken.
    """
    path = path.absolute()
    if not (path / IMAGES).is_dir():
        raise FolderError(
            f"{path} is no image/label folder: expected {IMAGES}/ and {LABELS}/ in it, as "
            "`dicomill export` writes them or as made by hand."
        )
    left_out: list[LeftOut] = []
    listed = dict(_list_pictures(path, left_out))
    rows = _read_manifest(path) if (path / MANIFEST_FILE).is_file() else None
    entries = (
        _entries_by_listing(path, listed)
        if rows is None
        else _entries_by_manifest(path, listed, rows, left_out)
    )
    entries = _take_label_files(path, entries, left_out)
    if not entries:
        raise FolderError(f"{path / IMAGES} holds no picture. Expected PNG, JPEG, TIFF or BMP files.")
    _refuse_repeated_names(path, entries)
    return ImageFolder(
        path=path,
        entries=tuple(sorted(entries, key=lambda entry: entry.name)),
        state=_read_state(path),
        lineage=read_lineage(path),
        left_out=tuple(sorted(left_out)),
    )


def refuse_target_over_source(source: Path, target: Path) -> None:
    """Refuse a target whose making would remove the source.

    Raises:
        ConfigError: the target is the source folder or one above it.
    """
    if source.resolve().is_relative_to(target.resolve()):
        raise ConfigError(f"{target} holds the folder that is read. Name a target beside it.")


def _list_pictures(path: Path, left_out: list[LeftOut]) -> Iterator[tuple[str, str]]:
    """Yield path relative to the folder and name of each file below `images/` that may be a picture."""
    for file in sorted((path / IMAGES).rglob("*")):
        below = file.relative_to(path / IMAGES)
        if not file.is_file() or any(part.startswith(".") for part in below.parts):
            continue
        if file.suffix.lower() in PICTURE_ENDINGS:
            yield f"{IMAGES}/{below.as_posix()}", below.with_suffix("").as_posix()
        else:
            left_out.append(LeftOut(f"{IMAGES}/{below.as_posix()}", "not_a_picture"))


def _entries_by_listing(path: Path, listed: dict[str, str]) -> list[FolderEntry]:
    """Return an entry for each picture of a folder without manifest."""
    return [FolderEntry(name, image, path / image) for image, name in listed.items()]


def _entries_by_manifest(
    path: Path, listed: dict[str, str], rows: Iterable[FolderEntry], left_out: list[LeftOut]
) -> list[FolderEntry]:
    """Return the manifest's entries; pictures that came in beside it are left out."""
    entries = list(rows)
    known = {entry.image for entry in entries}
    left_out.extend(LeftOut(image, "not_in_manifest") for image in listed if image not in known)
    return entries


def _read_manifest(path: Path) -> list[FolderEntry]:
    """Return an entry for each row of `manifest.csv`."""
    manifest = path / MANIFEST_FILE
    try:
        with manifest.open(encoding="utf-8", newline="") as stream:
            rows = csv.DictReader(stream)
            missing = set(MANIFEST_COLUMNS) - set(rows.fieldnames or ())
            if missing:
                raise FolderError(
                    f"{manifest} lacks the column(s) {', '.join(sorted(missing))}. Export again."
                )
            return [_read_row(path, row) for row in rows]
    except (OSError, ValueError, TypeError, csv.Error) as error:
        raise FolderError(
            f"{manifest} cannot be read: expected the columns {', '.join(MANIFEST_COLUMNS)}, labels and "
            "render record as JSON. Export again, or remove it to use the pictures without it."
        ) from error


def _read_row(path: Path, row: dict[str, str]) -> FolderEntry:
    """Return the entry of one manifest row."""
    image = PurePosixPath(row["image"])
    if image.is_absolute() or ".." in image.parts or not image.parts:
        raise ValueError("a picture outside the folder")
    labels = json.loads(row["labels"] or "[]")
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        raise ValueError("labels that are no list of texts")
    return FolderEntry(
        name=row["name"],
        image=row["image"],
        image_path=path / image,
        labels=tuple(dict.fromkeys(labels)),
        instance=row["instance"] or None,
        frame_number=int(row["frame_number"]) if row["frame_number"] else None,
        patient_key=row["patient_key"] or None,
        sha256=row["sha256"] or None,
        render_record=json.loads(row["render_record"]) if row["render_record"] else None,
    )


def _take_label_files(path: Path, entries: list[FolderEntry], left_out: list[LeftOut]) -> list[FolderEntry]:
    """Return the entries with the labels of their label files; count files that match none."""
    folder = path / LABELS
    unused = {
        file.relative_to(folder).with_suffix("").as_posix(): file
        for file in (folder.rglob("*.txt") if folder.is_dir() else ())
        if not file.name.startswith(".")
    }
    labelled = []
    for entry in entries:
        file = unused.pop(entry.name, None)
        try:
            labelled.append(entry if file is None else _with_labels(entry, file))
        except (OSError, UnicodeDecodeError):
            left_out.append(LeftOut(entry.image, "unreadable_label"))
    left_out.extend(LeftOut(f"{LABELS}/{name}.txt", "no_picture") for name in unused)
    return labelled


def _with_labels(entry: FolderEntry, file: Path) -> FolderEntry:
    """Return the entry with the labels of a file, each once, in the order of its lines."""
    lines = file.read_text(encoding="utf-8-sig").splitlines()
    labels = tuple(dict.fromkeys(line.strip() for line in lines if line.strip()))
    return replace(entry, labels=labels)


def _refuse_repeated_names(path: Path, entries: list[FolderEntry]) -> None:
    """Refuse a folder where one label file would serve two pictures."""
    repeated = sorted(name for name, count in Counter(entry.name for entry in entries).items() if count > 1)
    if repeated:
        raise FolderError(
            f"{path / IMAGES} holds several pictures called {repeated[0]}, so {LABELS}/{repeated[0]}.txt "
            "could mean either. A picture's name without its ending must occur once: rename the others. "
            f"Received: {len(repeated)} such name(s)."
        )


def _read_state(path: Path) -> FolderState:
    """Return the folder's state; that of a folder made by hand when there is no `folder.json`."""
    file = path / FOLDER_FILE
    if not file.is_file():
        return FolderState()
    try:
        return FolderState.model_validate(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, ValidationError) as error:
        raise FolderError(
            f"{file} cannot be read: expected rendering, recipe, task and cohort as JSON. Export again."
        ) from error
