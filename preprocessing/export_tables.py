"""Tables beside an export: labels as TagCXN reads them, and the kept attributes as JSON lines.

They are written in the order of the manifest, row by row, and stand in the unfinished folder meanwhile.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Any, Literal, Self, TextIO

from foundation.errors import ConfigError
from preprocessing.folder_writing import WrittenPicture
from preprocessing.folders import IMAGES, MANIFEST_COLUMNS

LabelsTable = Literal["tsv", "json"]

METADATA_FILE = "metadata.jsonl"
LABELS_TABLE_FILES: Mapping[str, str] = {"tsv": "labels.tsv", "json": "labels.json"}

_BETWEEN_LABELS = ";"
_COLUMN = {name: place for place, name in enumerate(MANIFEST_COLUMNS)}


def check_table_classes(classes: Iterable[str], form: LabelsTable | None) -> None:
    """Refuse classes that a table of labels would not give back.

    Raises:
        ConfigError: one holds a semicolon or a tab.
    """
    unfit = [name for name in classes if form and (_BETWEEN_LABELS in name or "\t" in name)]
    if unfit:
        raise ConfigError(
            f'The class "{unfit[0]}" holds what stands between labels in a table of labels. Export without '
            "the table, or freeze the cohort with a label map that renames it."
        )


class ExportTables:
    """The tables beside one export, as far as they are asked for.

    Args:
        folder: the unfinished folder.
        labels_table: "tsv" (picture without ending, tab, labels) or "json" (file name to labels); labels
            are separated by semicolons.
        has_metadata: whether the kept attributes are written.
    """

    def __init__(self, folder: Path, *, labels_table: LabelsTable | None, has_metadata: bool) -> None:
        self._stack = ExitStack()
        self._form = labels_table
        self._labels = None if labels_table is None else self._open(folder / LABELS_TABLE_FILES[labels_table])
        self._metadata = self._open(folder / METADATA_FILE) if has_metadata else None
        self._digest = hashlib.sha256()
        self._num_rows = 0

    def __enter__(self) -> Self:
        """Return the tables."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the files."""
        self._stack.close()

    @property
    def fingerprint(self) -> str:
        """SHA-256 over what was written."""
        return self._digest.hexdigest()

    def add(self, written: WrittenPicture, attributes: Mapping[str, Any]) -> None:
        """Write the rows of one picture.

        Args:
            written: as it stands in the folder.
            attributes: that were kept of its instance.
        """
        if self._labels is not None:
            self._write(self._labels, self._label_row(written))
        if self._metadata is not None:
            own = {name: written.row[_COLUMN[name]] for name in ("name", "image", "frame_number")}
            line = {**own, "labels": _labels_of(written), **attributes}
            self._write(self._metadata, json.dumps(line, ensure_ascii=False) + "\n")
        self._num_rows += 1

    def finish(self) -> None:
        """Write what ends the tables, and close them."""
        if self._labels is not None and self._form == "json":
            self._write(self._labels, "\n}\n" if self._num_rows else "{}\n")
        self._stack.close()

    def _label_row(self, written: WrittenPicture) -> str:
        image = PurePosixPath(str(written.row[_COLUMN["image"]]))
        below = image.relative_to(IMAGES) if image.parts[0] == IMAGES else image
        labels = _BETWEEN_LABELS.join(_labels_of(written))
        if self._form == "tsv":
            return f"{below.with_suffix('')}\t{labels}\n"
        start = ",\n" if self._num_rows else "{\n"
        pair = [json.dumps(text, ensure_ascii=False) for text in (str(below), labels)]
        return f"{start}{': '.join(pair)}"

    def _open(self, path: Path) -> TextIO:
        return self._stack.enter_context(path.open("w", encoding="utf-8", newline=""))

    def _write(self, stream: TextIO, text: str) -> None:
        self._digest.update(text.encode())
        stream.write(text)


def _labels_of(written: WrittenPicture) -> list[str]:
    labels: list[str] = json.loads(str(written.row[_COLUMN["labels"]]))
    return labels
