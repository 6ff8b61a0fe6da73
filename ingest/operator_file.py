"""The operator's file: which files gave no picture, by path, readable by its owner alone.

Paths often hold names and numbers of patients. They stand here and in no row, log or report.
"""

from __future__ import annotations

import csv
import fcntl
import io
import os
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from foundation.errors import IngestError
from ingest.batch import UnstoredFile

COLUMNS = ("run", "disposition", "reason_code", "path_key", "path")

_HEADING = "\t".join(COLUMNS) + "\n"


class OperatorFile:
    """A table that grows by a batch at a time; made at its first row, with mode 0600.

    Later runs, and others at the same time, add to it: each row names its run. Whoever needs the paths
    no longer may delete it at any time.

    Args:
        path: of the file.
        run_id: row id of the run that tells.
    """

    def __init__(self, path: Path, *, run_id: int) -> None:
        self.path = path
        self._run_id = run_id
        self._descriptor: int | None = None

    def __enter__(self) -> Self:
        """Return the file; nothing is written yet."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file if it was opened."""
        if self._descriptor is not None:
            os.close(self._descriptor)

    @property
    def is_written(self) -> bool:
        """There was something to tell."""
        return self._descriptor is not None

    def add(self, files: Iterable[UnstoredFile]) -> None:
        """Write one row a file.

        Raises:
            IngestError: the file cannot be written to, or holds something else.
        """
        rows = io.StringIO()
        table = csv.writer(rows, delimiter="\t", lineterminator="\n")
        table.writerows(
            (self._run_id, file.disposition, file.reason_code, file.path_key, file.path) for file in files
        )
        if not rows.tell():
            return
        try:
            if self._descriptor is None:
                self._descriptor = self._open()
            _write(self._descriptor, rows.getvalue())
        except OSError as error:
            raise IngestError(
                f"Cannot write the operator's file {self.path}: {error.strerror}. What was stored is kept. "
                "Make room or name another file with --set operator_file=FILE, and run it again."
            ) from error

    def _open(self) -> int:
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.fchmod(descriptor, 0o600)
            fcntl.flock(descriptor, fcntl.LOCK_EX)  # another run may be about to write the heading too
            self._begin(descriptor)
            fcntl.flock(descriptor, fcntl.LOCK_UN)
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    def _begin(self, descriptor: int) -> None:
        """Write the heading, or check that it is there; close a line that was cut."""
        num_bytes = os.fstat(descriptor).st_size
        if num_bytes == 0:
            _write(descriptor, _HEADING)
        elif os.pread(descriptor, len(_HEADING), 0) != _HEADING.encode():
            raise IngestError(
                f"{self.path} is no operator's file, so nothing is added to it. Move it away, or name "
                "another with --set operator_file=FILE."
            )
        elif os.pread(descriptor, 1, num_bytes - 1) != b"\n":
            _write(descriptor, "\n")


def _write(descriptor: int, text: str) -> None:
    rest = memoryview(text.encode("utf-8", "surrogateescape"))
    while rest:
        rest = rest[os.write(descriptor, rest) :]
