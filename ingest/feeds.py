"""What a run is fed with: the files that are there, or those that arrive."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from imaging.limits import Limits
from ingest.batch import PORTION_BYTES
from ingest.labelled_files import LabelledFiles
from ingest.picture_tables import TableReport
from ingest.sources import SourceFile
from ingest.watching import Watch


@dataclass(frozen=True)
class Feed:
    """The files of one run.

    Attributes:
        files: those that are there, with what a label table says of them.
        watch: over a spool folder, instead of them.
        limits: for archives.
    """

    files: LabelledFiles
    watch: Watch | None
    limits: Limits

    def count(self) -> int | None:
        """Return how many files there will be; None where that is not known."""
        return None if self.watch else self.files.count()

    def batches(self, size: int, *, is_stopped: Callable[[], bool]) -> Iterator[Sequence[SourceFile]]:
        """Yield the files in batches; an empty one where nothing has arrived.

        Args:
            size: files in one batch at most.
            is_stopped: asked while waiting.
        """
        if self.watch:
            return self.watch.batches(size, limits=self.limits, is_stopped=is_stopped)
        return batch_by_bytes(self.files, size)

    def put_away(self, files: Sequence[SourceFile]) -> None:
        """See to files whose rows are stored."""
        if self.watch:
            self.watch.put_away(files)

    def report(self, rows_file: Path) -> TableReport | None:
        """Return how a label table and the files found each other; None without a table."""
        return self.files.report(rows_file)


def batch_by_bytes(
    files: Iterable[SourceFile], size: int, *, most_bytes: int = PORTION_BYTES
) -> Iterator[tuple[SourceFile, ...]]:
    """Yield files in tuples of `size`, fewer where they are large: what a worker does at once stays short.

    Args:
        files: from `ingest.sources.find_files`.
        size: files in one tuple at most.
        most_bytes: of all files of one tuple, or of one file that is larger.

    Example:
        >>> three = [SourceFile(Path(name), name, content=b"four") for name in "abc"]
        >>> [len(batch) for batch in batch_by_bytes(three, 16, most_bytes=8)]
        [2, 1]
    """
    batch: list[SourceFile] = []
    held = 0
    for file in files:
        num_bytes = _num_bytes(file)
        if batch and (held + num_bytes > most_bytes or len(batch) == size):
            yield tuple(batch)
            batch, held = [], 0
        batch.append(file)
        held += num_bytes
    if batch:
        yield tuple(batch)


def _num_bytes(file: SourceFile) -> int:
    """Return how large a file is; nothing where it cannot be asked, which is then its reader's to tell."""
    if file.content is not None:
        return file.num_carried_bytes
    if file.member is not None:
        return file.member.num_bytes
    try:
        return file.path.stat().st_size
    except OSError:
        return 0
