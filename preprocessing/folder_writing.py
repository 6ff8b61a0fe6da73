"""Writing an image/label folder, picture by picture: shared by export and transform."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Any, Literal

from foundation.errors import FolderError
from foundation.files import write_file
from foundation.fingerprints import canonical_json, sha256_of_bytes
from foundation.lineage import Lineage, write_lineage
from preprocessing.folders import (
    FOLDER_FILE,
    IMAGES,
    LABELS,
    MANIFEST_COLUMNS,
    MANIFEST_FILE,
    FolderState,
)


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


class FolderWriter:
    """Fills a folder with pictures, labels and manifest; closes it with state and lineage.

    Give it the folder of `foundation.files.new_folder`, so that nothing stands under the final name
    before all is written. Pictures go to disk as they come: memory holds one at a time.

    Args:
        folder: an empty folder.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> with FolderWriter(folder) as writer:
        ...     writer.add(FolderPicture("a", b"...", labels=("Hand",)))
        ...     lineage = writer.finish(FolderState(), kind="export")
        >>> sorted(path.name for path in folder.iterdir())
        ['folder.json', 'images', 'labels', 'lineage.json', 'manifest.csv']
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        for name in (IMAGES, LABELS):
            (folder / name).mkdir()
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

    def add(self, picture: FolderPicture) -> None:
        """Write one picture with its label file and manifest row.

        Raises:
            FolderError: the name was added before or leads out of the folder, or a label is no line.
        """
        self._check_name(picture.name)
        _check_labels(picture.labels)
        image = f"{IMAGES}/{picture.name}{picture.ending}"
        labels = self._folder / LABELS / f"{picture.name}.txt"
        for path in (self._folder / image, labels):
            if "/" in picture.name:
                path.parent.mkdir(parents=True, exist_ok=True)
        (self._folder / image).write_bytes(picture.content)
        labels.write_text("".join(f"{label}\n" for label in picture.labels), encoding="utf-8")
        file_sha256 = sha256_of_bytes(picture.content)
        row = (
            picture.name,
            image,
            picture.instance or "",
            "" if picture.frame_number is None else picture.frame_number,
            picture.patient_key or "",
            json.dumps(picture.labels, ensure_ascii=False),
            picture.sha256 or file_sha256,
            "" if picture.render_record is None else canonical_json(dict(picture.render_record)),
        )
        self._rows.writerow(row)
        self._digest.update(canonical_json([*row, file_sha256]).encode())

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

    def _check_name(self, name: str) -> None:
        """Refuse a name that is there already or is no path below the folder."""
        path = PurePosixPath(name)
        if not path.parts or path.is_absolute() or ".." in path.parts or "\0" in name:
            raise FolderError(f"A picture needs a name below its folder. Received: {name!r}.")
        if name in self._names:
            raise FolderError(f"Two pictures are called {name}. Expected each name once.")
        self._names.add(name)


def _check_labels(labels: Iterable[str]) -> None:
    """Refuse a label that a label file would not give back."""
    for label in labels:
        if label.splitlines() != [label.strip()]:
            raise FolderError(f"A label must be one stripped line of text. Received: {label!r}.")
