"""The pictures of a folder that can become records, and why the others cannot."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass

from foundation.errors import FolderError
from foundation.execution import batched, map_batches
from foundation.progress import Progress
from preprocessing.folders import FolderEntry, ImageFolder
from preprocessing.left_out import LeftOut, count_reasons
from preprocessing.record_pictures import ExaminedPicture, examine_pictures

_BATCH_SIZE = 32


@dataclass(frozen=True, slots=True)
class RecordSource:
    """One picture that becomes a record: its folder entry and what a look at the file gave."""

    entry: FolderEntry
    picture: ExaminedPicture

    @property
    def sha256(self) -> str:
        """SHA-256 of the source frame where it is known, else of the picture file."""
        return self.entry.sha256 or self.picture.sha256


def choose_sources(
    folder: ImageFolder, *, executor: Executor, progress: Progress
) -> tuple[list[RecordSource], list[LeftOut]]:
    """Return the pictures that can become records, and all others with their reasons.

    Args:
        folder: every labelled picture of it is read and decoded once.
        executor: where that happens.
        progress: told of the stage.

    Raises:
        FolderError: no picture is left.
    """
    left_out = list(folder.left_out)
    left_out += [LeftOut(entry.image, "no_label") for entry in folder.entries if not entry.labels]
    labelled = [entry for entry in folder.entries if entry.labels]
    sources: list[RecordSource] = []
    progress.begin("Examining pictures", len(labelled))
    batches = batched(((entry.image, entry.image_path) for entry in labelled), _BATCH_SIZE)
    results = (result for batch in map_batches(executor, examine_pictures, batches) for result in batch)
    for entry, result in zip(labelled, results, strict=True):
        if isinstance(result, LeftOut):
            left_out.append(result)
        else:
            sources.append(RecordSource(entry, result))
        progress.advance()
    progress.end()
    if not sources:
        reasons = ", ".join(f"{reason} {count}" for reason, count in count_reasons(left_out).items())
        raise FolderError(
            f"No picture of {folder.path} can be packed: expected pictures with a label file each. "
            f"Left out: {reasons}."
        )
    return sources, left_out
