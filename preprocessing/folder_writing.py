"""Writing an image/label folder, or class folders, picture by picture: shared by export and transform."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Any, Literal

from foundation.errors import FolderError
from foundation.files import write_file
from foundation.fingerprints import canonical_json, sha256_of_bytes, sha256_of_file
from foundation.lineage import Lineage, write_lineage
from preprocessing.folders import (
    FOLDER_FILE,
    IMAGES,
    LABELS,
    MANIFEST_COLUMNS,
    MANIFEST_FILE,
    FolderState,
)
from preprocessing.left_out import LeftOut

FolderLayout = Literal["pairs", "folders"]
"""`pairs`: `images/<name>` with `labels/<name>.txt`. `folders`: `<class>/<name>`, as Keras and others read
them; a picture has exactly one class then."""

# What Windows does not take in a name, and what ends a path or a line.
_DEVICE = re.compile(r"(?i:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?")
_NO_FOLDER_NAME = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')


@dataclass(frozen=True, slots=True)
class FolderPicture:
    """One picture to write.

    Args:
        name: unique in the folder; may hold forward slashes.
        content: the picture file's bytes.
        ending: of the file name, with its dot.
        labels: one line each in the label file.
        instance: pseudonymous SOP Instance UID.
        frame_number: from 1.
        patient_key: None when unknown.
        sha256: of the source frame's stored values, or of the file that the picture was made from;
            None to take that of `content`.
        render_record: plain JSON values.
        version: of the instance.
        known: the classes that are known to be there or not; None where all are that is labelled.
    """

    name: str
    content: bytes
    ending: str = ".png"
    labels: tuple[str, ...] = ()
    instance: str | None = None
    frame_number: int | None = None
    patient_key: str | None = None
    sha256: str | None = None
    render_record: Mapping[str, Any] | None = None
    version: int | None = None
    known: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class WrittenPicture:
    """A picture that stands in the folder with its label file, as the manifest tells it.

    Args:
        row: the values of `MANIFEST_COLUMNS`.
        file_sha256: of the picture file.
    """

    row: tuple[str | int, ...]
    file_sha256: str

    @property
    def name(self) -> str:
        """The picture's name."""
        return str(self.row[0])


def write_picture(folder: Path, picture: FolderPicture, *, layout: FolderLayout = "pairs") -> WrittenPicture:
    """Write one picture with its labels; any process may, as long as names differ.

    Args:
        folder: the folder that a `FolderWriter` was opened on.
        picture: what to write; for class folders it has one label.
        layout: where picture and labels go.

    Raises:
        FolderError: the name leads out of the folder, or a label is no line.
    """
    _check_name(picture.name)
    _check_labels(picture.labels)
    place = IMAGES if layout == "pairs" else class_folder(picture.labels[0])
    image = f"{place}/{picture.name}{picture.ending}"
    labels = folder / LABELS / f"{picture.name}.txt"
    if layout == "folders" or "/" in picture.name:
        (folder / image).parent.mkdir(parents=True, exist_ok=True)
    (folder / image).write_bytes(picture.content)
    if layout == "pairs":
        if "/" in picture.name:
            labels.parent.mkdir(parents=True, exist_ok=True)
        labels.write_bytes(_label_lines(picture.labels))
    file_sha256 = sha256_of_bytes(picture.content)
    row = (
        picture.name,
        image,
        picture.instance or "",
        _number(picture.version),
        _number(picture.frame_number),
        picture.patient_key or "",
        json.dumps(picture.labels, ensure_ascii=False),
        "" if picture.known is None else json.dumps(picture.known, ensure_ascii=False),
        picture.sha256 or file_sha256,
        "" if picture.render_record is None else canonical_json(dict(picture.render_record)),
    )
    return WrittenPicture(row, file_sha256)


def class_folder(label: str) -> str:
    """Return the name of a class's folder: the class, as far as every file system takes it.

    Example:
        >>> [class_folder(label) for label in ("No Finding", "CT/MR", "..", "images", "Con")]
        ['No Finding', 'CT_MR', '_', 'images_', 'Con_']
    """
    name = _NO_FOLDER_NAME.sub("_", label).strip(" .") or "_"
    is_taken = name.casefold() in (IMAGES, LABELS) or _DEVICE.fullmatch(name)
    return f"{name}_" if is_taken else name


def stands_written(folder: Path, written: WrittenPicture) -> bool:
    """Return whether a picture that was written before stands in the folder unharmed, with its labels."""
    row = dict(zip(MANIFEST_COLUMNS, written.row, strict=True))
    image = str(row["image"])
    try:
        if image.startswith(f"{IMAGES}/"):
            labels = (folder / LABELS / f"{written.name}.txt").read_bytes()
            if labels != _label_lines(json.loads(str(row["labels"]))):
                return False
        return sha256_of_file(folder / image) == written.file_sha256
    except OSError:
        return False


def note_of(result: WrittenPicture | LeftOut) -> dict[str, Any]:
    """Return what became of a picture as the journal of an unfinished folder keeps it.

    Example:
        >>> result_of(note_of(LeftOut("a", "broken_picture")))
        LeftOut(name='a', reason='broken_picture')
    """
    if isinstance(result, LeftOut):
        return {"left_out": [result.name, result.reason]}
    return {"row": list(result.row), "file_sha256": result.file_sha256}


def result_of(note: Mapping[str, Any]) -> WrittenPicture | LeftOut:
    """Return what was noted."""
    if "left_out" in note:
        return LeftOut(*note["left_out"])
    return WrittenPicture(tuple(note["row"]), note["file_sha256"])


class FolderWriter:
    """Fills a folder with pictures, labels and manifest; closes it with state and lineage.

    Give it the folder of `foundation.files.new_folder`, so that nothing stands under the final name
    before all is written. Pictures go to disk as they come: memory holds one at a time.

    Args:
        folder: an empty folder, or one in which pictures stand that are going to be taken.
        layout: where pictures and labels go.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> with FolderWriter(folder) as writer:
        ...     _ = writer.add(FolderPicture("a", b"...", labels=("Hand",)))
        ...     lineage = writer.finish(FolderState(), kind="export")
        >>> sorted(path.name for path in folder.iterdir())
        ['folder.json', 'images', 'labels', 'lineage.json', 'manifest.csv']
    """

    def __init__(self, folder: Path, *, layout: FolderLayout = "pairs") -> None:
        self._folder = folder
        self._layout: FolderLayout = layout
        for name in (IMAGES, LABELS) if layout == "pairs" else ():
            (folder / name).mkdir(exist_ok=True)
        self._manifest = (folder / MANIFEST_FILE).open("w", encoding="utf-8", newline="")
        self._rows = csv.writer(self._manifest, lineterminator="\n")
        self._rows.writerow(MANIFEST_COLUMNS)
        self._names: set[str] = set()
        self._digest = hashlib.sha256()

    def __enter__(self) -> FolderWriter:
        """Return the writer."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the manifest."""
        self._manifest.close()

    @property
    def num_pictures(self) -> int:
        """How many pictures were added."""
        return len(self._names)

    def add(self, picture: FolderPicture) -> WrittenPicture:
        """Write one picture with its label file and manifest row.

        Raises:
            FolderError: the name was added before or leads out of the folder, or a label is no line.
        """
        self._refuse_repeated(picture.name)
        written = write_picture(self._folder, picture, layout=self._layout)
        self.take(written)
        return written

    def take(self, written: WrittenPicture) -> None:
        """Add the manifest row of a picture that stands in the folder already.

        Raises:
            FolderError: the name was added before.
        """
        self._refuse_repeated(written.name)
        self._names.add(written.name)
        self._rows.writerow(written.row)
        self._digest.update(canonical_json([*written.row, written.file_sha256]).encode())

    def add_to_fingerprint(self, content: str) -> None:
        """Let the folder's fingerprint cover what stands beside pictures and manifest, too."""
        self._digest.update(content.encode())

    def finish(
        self,
        state: FolderState,
        *,
        kind: Literal["export", "transformed"],
        parents: Iterable[str] = (),
        config: Mapping[str, Any] | None = None,
    ) -> Lineage:
        """Write state and lineage, and return the latter.

        Args:
            state: how far the pictures have come.
            kind: what the folder is.
            parents: uuids of what it was made from.
            config: the door's config as plain values, without paths of this machine.
        """
        self._manifest.close()
        write_file(self._folder / FOLDER_FILE, state.model_dump_json(indent=2) + "\n")
        self._digest.update(canonical_json(state).encode())
        lineage = Lineage(
            kind=kind,
            parents=tuple(parents),
            config=dict(config or {}),
            fingerprint=self._digest.hexdigest(),
        )
        write_lineage(self._folder, lineage)
        return lineage

    def _refuse_repeated(self, name: str) -> None:
        """Refuse a name that is there already."""
        if name in self._names:
            raise FolderError(f"Two pictures are called {name}. Expected each name once.")


def _check_name(name: str) -> None:
    """Refuse a name that is no path below the folder."""
    path = PurePosixPath(name)
    if not path.parts or path.is_absolute() or ".." in path.parts or "\0" in name:
        raise FolderError(f"A picture needs a name below its folder. Received: {name!r}.")


def _number(value: int | None) -> int | str:
    """Return a number as the manifest has it, blank where there is none."""
    return "" if value is None else value


def _label_lines(labels: Iterable[str]) -> bytes:
    """Return the content of a label file."""
    return "".join(f"{label}\n" for label in labels).encode()


def _check_labels(labels: Iterable[str]) -> None:
    """Refuse a label that a label file would not give back."""
    for label in labels:
        if label.splitlines() != [label.strip()]:
            raise FolderError(f"A label must be one stripped line of text. Received: {label!r}.")
