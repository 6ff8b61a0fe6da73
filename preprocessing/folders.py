"""Reading an image/label folder: ours with its manifest, one that a user made by hand, or class folders.

A folder holds `images/<name>.<ending>` and `labels/<name>.txt` with one label a line, the whole
stripped line. Without `images/` its folders are the classes of what lies in them. Ours also holds
`manifest.csv` (a row a picture), `folder.json` (how far the pictures have come) and `lineage.json`.
Where label file and manifest differ the label file holds, and so does a class folder, because it is
these that people correct.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import ValidationError

from foundation.contracts import Config
from foundation.errors import ConfigError, FolderError, RejectedFileError
from foundation.lineage import LINEAGE_FILE, Lineage, read_lineage
from ingest.class_folders import class_of
from ingest.source_files import Member
from preprocessing.folder_trees import DiskTree, FolderTree, open_tree, told_name
from preprocessing.left_out import LeftOut

IMAGES, LABELS = "images", "labels"
MANIFEST_FILE, FOLDER_FILE = "manifest.csv", "folder.json"
MANIFEST_COLUMNS = (
    "name",
    "image",
    "instance",
    "version",
    "frame_number",
    "patient_key",
    "labels",
    "known_classes",
    "sha256",
    "render_record",
)
_LATER_COLUMNS = frozenset({"known_classes", "version"})
"""Columns that older folders lack."""

_LABELS_ENDING = ".txt"
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
        tree_path: the folder, or the archive.
        labels: each once, in the order of the file; empty when the picture has none.
        instance: pseudonymous SOP Instance UID; None outside our folders.
        version: of the instance, where it is known.
        frame_number: from 1; None outside our folders.
        patient_key: None when the patient is unknown.
        sha256: of the source frame's stored values, carried over from folder to folder; None in a
            folder without manifest, where the file itself is all there is.
        render_record: how the picture was rendered.
        member: where it lies in the archive.
        known: the classes that are known to be there or not; None where all are that is labelled.
    """

    name: str
    image: str
    tree_path: Path
    labels: tuple[str, ...] = ()
    instance: str | None = None
    frame_number: int | None = None
    patient_key: str | None = None
    sha256: str | None = None
    render_record: dict[str, Any] | None = None
    version: int | None = None
    member: Member | None = None
    known: tuple[str, ...] | None = None

    @property
    def image_path(self) -> Path:
        """The picture, ready to open; of one in an archive, the archive."""
        return self.tree_path / self.image if self.member is None else self.tree_path


@dataclass(frozen=True, slots=True)
class ImageFolder:
    """A folder as it was found: its pictures by name, its state, and what in it is no entry."""

    path: Path
    entries: tuple[FolderEntry, ...]
    state: FolderState = field(default_factory=FolderState)
    lineage: Lineage | None = None
    left_out: tuple[LeftOut, ...] = ()
    tree: FolderTree | None = field(default=None, repr=False, compare=False)

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
        path: holds `images/`, usually `labels/`, and perhaps a manifest; or class folders.

    Raises:
        FolderError: it is no such folder, holds no picture, or its manifest or state is broken.
    """
    return _open(DiskTree(path.absolute()))


def open_packed_folder(path: Path) -> ImageFolder:
    """Return what a folder holds, or a zip or tar of one, which is not unpacked; without render records.

    Those are most of what is known of a picture, and records do not hold them.

    Args:
        path: as of `open_image_folder`, or an archive of such a folder.

    Raises:
        FolderError: as `open_image_folder`, or an archive that cannot be read in place.
    """
    return _open(open_tree(path), has_render_records=False)


def _open(tree: FolderTree, *, has_render_records: bool = True) -> ImageFolder:
    """Return what a tree of files holds."""
    left_out = list(tree.left_out)
    is_paired = bool(tree.names(IMAGES)) or (tree.path / IMAGES).is_dir()
    rows = _read_manifest(tree, has_render_records) if tree.has(MANIFEST_FILE) else None
    listed = _list_pairs(tree, left_out) if is_paired else _list_classes(tree, left_out)
    if not is_paired and rows is None and not listed:
        raise FolderError(
            f"{tree.path} is no image/label folder: expected {IMAGES}/ and {LABELS}/ in it, as "
            "`dicomill export` writes them or as made by hand, or one folder of pictures a class."
        )
    entries = list(listed.values()) if rows is None else _by_manifest(rows, listed, left_out)
    if is_paired:
        entries = _take_label_files(tree, entries, left_out)
    if not entries:
        raise FolderError(f"{tree.path / IMAGES} holds no picture. Expected PNG, JPEG, TIFF or BMP files.")
    _refuse_repeated_names(tree.path, entries)
    return ImageFolder(
        path=tree.path,
        entries=tuple(sorted((_placed(tree, entry) for entry in entries), key=lambda entry: entry.name)),
        state=_read_state(tree),
        lineage=_read_lineage(tree),
        left_out=tuple(sorted(left_out)),
        tree=tree,
    )


def refuse_target_over_source(source: Path, target: Path) -> None:
    """Refuse a target whose making would remove the source.

    Raises:
        ConfigError: the target is the source folder or one above it.
    """
    if source.resolve().is_relative_to(target.resolve()):
        raise ConfigError(f"{target} holds the folder that is read. Name a target beside it.")


def _list_pairs(tree: FolderTree, left_out: list[LeftOut]) -> dict[str, FolderEntry]:
    """Return an entry for each file below `images/` that may be a picture, by its place."""
    listed = {}
    for image in tree.names(IMAGES):
        if _is_left_out(image, left_out, endings=PICTURE_ENDINGS):
            continue
        listed[image] = FolderEntry(_without_ending(image.removeprefix(f"{IMAGES}/")), image, tree.path)
    return listed


def _list_classes(tree: FolderTree, left_out: list[LeftOut]) -> dict[str, FolderEntry]:
    """Return an entry for each picture in a folder that is its class, by its place."""
    listed = {}
    found: list[LeftOut] = []
    for image in tree.names():
        if "/" not in image and PurePosixPath(image).suffix.lower() not in PICTURE_ENDINGS - {""}:
            continue
        if _is_left_out(image, found, endings=PICTURE_ENDINGS - {""}):
            continue
        try:
            label = class_of(image)
        except RejectedFileError as error:
            found.append(LeftOut(image, error.reason_code))
            continue
        listed[image] = FolderEntry(
            _without_ending(image), image, tree.path, () if label is None else (label,)
        )
    if listed:  # else it is some other folder
        left_out.extend(found)
    return _with_endings_where_needed(listed)


def _with_endings_where_needed(listed: dict[str, FolderEntry]) -> dict[str, FolderEntry]:
    """Return the entries of class folders, those that differ in their ending only called by their files."""
    counts = Counter(entry.name for entry in listed.values())
    return {
        image: entry if counts[entry.name] == 1 else replace(entry, name=image)
        for image, entry in listed.items()
    }


def _is_left_out(image: str, left_out: list[LeftOut], *, endings: frozenset[str]) -> bool:
    """Leave out a file that is no picture by its name, or whose name is no text."""
    if told_name(image) != image:
        left_out.append(LeftOut(told_name(image), "unreadable_name"))
        return True
    if image[len(_without_ending(image)) :].lower() not in endings:
        left_out.append(LeftOut(image, "not_a_picture"))
        return True
    return False


def _without_ending(image: str) -> str:
    """Return a path without the ending of its name, as pathlib does, which keeps every name for good.

    Example:
        >>> [_without_ending(image) for image in ("a.b/c.d.png", "a.b/.c", "a.b/c.", "a")]
        ['a.b/c.d', 'a.b/.c', 'a.b/c.', 'a']
    """
    name = image.rpartition("/")[2]
    dot = name.rfind(".")
    return image[: len(image) - len(name) + dot] if 0 < dot < len(name) - 1 else image


def _by_manifest(
    rows: Iterable[FolderEntry], listed: dict[str, FolderEntry], left_out: list[LeftOut]
) -> list[FolderEntry]:
    """Return the manifest's entries; pictures that came in beside it are left out.

    A picture that was moved to another class folder has that class.
    """
    entries = list(rows)
    moved = {PurePosixPath(image).name: entry for image, entry in listed.items() if entry.labels}
    for place, entry in enumerate(entries):
        found = moved.get(PurePosixPath(entry.image).name)
        if found is not None and entry.image not in listed:
            entries[place] = replace(entry, image=found.image, labels=found.labels)
    known = {entry.image for entry in entries}
    left_out.extend(LeftOut(image, "not_in_manifest") for image in listed if image not in known)
    return entries


def _placed(tree: FolderTree, entry: FolderEntry) -> FolderEntry:
    """Return the entry with the place of its picture in an archive; one that is gone has none."""
    try:
        _, member = tree.place(entry.image)
    except KeyError:
        return entry
    return entry if member is None else replace(entry, member=member)


def _read_manifest(tree: FolderTree, has_render_records: bool) -> list[FolderEntry]:
    """Return an entry for each row of `manifest.csv`."""
    manifest = tree.path / MANIFEST_FILE
    try:
        rows = csv.DictReader(io.StringIO(tree.read(MANIFEST_FILE).decode("utf-8"), newline=""))
        missing = set(MANIFEST_COLUMNS) - _LATER_COLUMNS - set(rows.fieldnames or ())
        if missing:
            raise FolderError(f"{manifest} lacks the column(s) {', '.join(sorted(missing))}. Export again.")
        if not has_render_records:
            return [_read_row(tree.path, {**row, "render_record": ""}) for row in rows]
        return [_read_row(tree.path, row) for row in rows]
    except (OSError, ValueError, TypeError, csv.Error, RejectedFileError) as error:
        raise FolderError(
            f"{manifest} cannot be read: expected the columns {', '.join(MANIFEST_COLUMNS)}, labels and "
            "render record as JSON. Export again, or remove it to use the pictures without it."
        ) from error


def _read_row(path: Path, row: dict[str, str]) -> FolderEntry:
    """Return the entry of one manifest row."""
    image = PurePosixPath(row["image"])
    if image.is_absolute() or ".." in image.parts or not image.parts:
        raise ValueError("a picture outside the folder")
    known = row.get("known_classes")
    return FolderEntry(
        name=row["name"],
        image=row["image"],
        tree_path=path,
        labels=_read_names(row["labels"] or "[]"),
        known=_read_names(known) if known else None,
        instance=row["instance"] or None,
        version=int(row["version"]) if row.get("version") else None,
        frame_number=int(row["frame_number"]) if row["frame_number"] else None,
        patient_key=row["patient_key"] or None,
        sha256=row["sha256"] or None,
        render_record=json.loads(row["render_record"]) if row["render_record"] else None,
    )


def _read_names(text: str) -> tuple[str, ...]:
    """Return the class names of a cell, each once."""
    names = json.loads(text)
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError("classes that are no list of texts")
    return tuple(dict.fromkeys(names))


def _take_label_files(
    tree: FolderTree, entries: list[FolderEntry], left_out: list[LeftOut]
) -> list[FolderEntry]:
    """Return the entries with the labels of their label files; count files that match none."""
    unused = {file for file in tree.names(LABELS) if file.endswith(_LABELS_ENDING)}
    known: dict[tuple[str, ...], tuple[str, ...]] = {}
    labelled = []
    for entry in entries:
        file = f"{LABELS}/{entry.name}{_LABELS_ENDING}"
        try:
            labels = _read_labels(tree.read(file)) if file in unused else entry.labels
            labelled.append(replace(entry, labels=known.setdefault(labels, labels)))
        except (OSError, UnicodeDecodeError, RejectedFileError):
            left_out.append(LeftOut(entry.image, "unreadable_label"))
        unused.discard(file)
    left_out.extend(LeftOut(told_name(file), "no_picture") for file in unused)
    return labelled


def _read_labels(content: bytes) -> tuple[str, ...]:
    """Return the labels of a file, each once, in the order of its lines."""
    lines = content.decode("utf-8-sig").splitlines()
    return tuple(dict.fromkeys(line.strip() for line in lines if line.strip()))


def _refuse_repeated_names(path: Path, entries: list[FolderEntry]) -> None:
    """Refuse a folder where one label file would serve two pictures."""
    repeated = sorted(name for name, count in Counter(entry.name for entry in entries).items() if count > 1)
    if repeated:
        raise FolderError(
            f"{path / IMAGES} holds several pictures called {repeated[0]}, so {LABELS}/{repeated[0]}.txt "
            "could mean either. A picture's name without its ending must occur once: rename the others. "
            f"Received: {len(repeated)} such name(s)."
        )


def _read_state(tree: FolderTree) -> FolderState:
    """Return the folder's state; that of a folder made by hand when there is no `folder.json`."""
    if not tree.has(FOLDER_FILE):
        return FolderState()
    try:
        return FolderState.model_validate(json.loads(tree.read(FOLDER_FILE)))
    except (OSError, ValueError, ValidationError, RejectedFileError) as error:
        raise FolderError(
            f"{tree.path / FOLDER_FILE} cannot be read: expected rendering, recipe, task and cohort as JSON. "
            "Export again."
        ) from error


def _read_lineage(tree: FolderTree) -> Lineage | None:
    """Return the folder's lineage; None of one that was made by hand."""
    if isinstance(tree, DiskTree):
        return read_lineage(tree.path)
    if not tree.has(LINEAGE_FILE):
        return None
    try:
        return Lineage.model_validate_json(tree.read(LINEAGE_FILE))
    except (OSError, ValidationError, RejectedFileError) as error:
        raise FolderError(f"{LINEAGE_FILE} in {tree.path} cannot be read. Export again.") from error
