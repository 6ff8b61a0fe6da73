"""The operator's file: which files gave no picture, by path, readable by its owner alone.

Paths often hold names and numbers of patients. They stand here and in no row, log or report.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from foundation.errors import IngestError
from ingest.batch import UnstoredFile

COLUMNS = ("disposition", "reason_code", "path_key", "path")


class OperatorFile:
    """A table that grows by a batch at a time; made at its first row, with mode 0600.

    Args:
        path: an older file of that name is replaced.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stream: IO[str] | None = None
        self._rows: Any = None

    def __enter__(self) -> Self:
        """Return the file; nothing is written yet."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file if it was made."""
        if self._stream is not None:
            self._stream.close()

    @property
    def is_written(self) -> bool:
        """There was something to tell."""
        return self._stream is not None

    def add(self, files: Iterable[UnstoredFile]) -> None:
        """Write one row a file.

        Raises:
            IngestError: the file cannot be written to.
        """
        for file in files:
            if self._stream is None:
                self._open()
            self._rows.writerow([file.disposition, file.reason_code, file.path_key, file.path])
        if self._stream is not None:
            self._stream.flush()

    def _open(self) -> None:
        try:
            self.path.unlink(missing_ok=True)
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise IngestError(
                f"Cannot write the operator's file {self.path}: {error.strerror}. "
                "Name another with --set operator_file=FILE."
            ) from error
        self._stream = os.fdopen(descriptor, "w", encoding="utf-8", errors="surrogateescape", newline="")
        self._rows = csv.writer(self._stream, delimiter="\t", lineterminator="\n")
        self._rows.writerow(COLUMNS)
