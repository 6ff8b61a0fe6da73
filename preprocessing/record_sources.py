"""The pictures of a folder, an archive or a cohort that can become records, and why the others cannot."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path

from foundation.errors import FolderError
from foundation.execution import batched, map_batches
from foundation.progress import Progress
from preprocessing.examined_pictures import ExaminedPictures
from preprocessing.folders import FolderEntry, FolderState, ImageFolder
from preprocessing.lazy_sequences import LazySequence
from preprocessing.left_out import LeftOut, count_reasons
from preprocessing.record_formats import WantedEncoding
from preprocessing.record_pictures import ExaminedPicture, PictureSettings, examine_pictures
from preprocessing.record_places import FilePlace, PicturePlace
from preprocessing.rendering_batch import RenderSettings

_BATCH_SIZE = 32


@dataclass(frozen=True, slots=True)
class RecordSource:
    """One picture that becomes a record: its entry, its place, and what a look at it gave."""

    entry: FolderEntry
    place: PicturePlace
    picture: ExaminedPicture

    @property
    def sha256(self) -> str:
        """SHA-256 of the source frame where it is known, else of the picture file."""
        return self.entry.sha256 or self.picture.sha256


class FilePlaces(LazySequence[FilePlace]):
    """The places of entries, made when they are asked for.

    Args:
        entries: of a folder or archive.
    """

    def __init__(self, entries: Sequence[FolderEntry]) -> None:
        self._entries = entries

    def __len__(self) -> int:
        """Return the number of places."""
        return len(self._entries)

    def item(self, number: int) -> FilePlace:
        """Return the place of an entry."""
        entry = self._entries[number]
        return FilePlace(entry.image, entry.image_path, entry.member, entry.sha256)


class RecordSources(LazySequence[RecordSource]):
    """The pictures that become records; in memory are their entries and a table of what a look gave.

    Args:
        source: what is packed.
    """

    def __init__(self, source: PackSource) -> None:
        self._source = source
        self._numbers = array("q")
        self._pictures = ExaminedPictures()

    def add(self, number: int, picture: ExaminedPicture) -> None:
        """Take the picture of an entry as the last one.

        Args:
            number: of the entry.
            picture: what a look at it gave.
        """
        self._numbers.append(number)
        self._pictures.add(picture)

    def __len__(self) -> int:
        """Return the number of pictures."""
        return len(self._numbers)

    def item(self, number: int) -> RecordSource:
        """Return a picture with its entry and place."""
        place = self._numbers[number]
        return RecordSource(self._source.entries[place], self._source.places[place], self._pictures[number])


@dataclass(frozen=True, slots=True)
class PackSource:
    """What is packed: pictures with their labels, wherever they lie.

    Attributes:
        told: what messages call it.
        entries: as a folder has them.
        places: of the entries, in their order.
        state: how far the pictures have come.
        parents: uuids of what they were made from.
        left_out: what is no entry.
        splits_file: the `splits.csv` that lies there.
        rendering: of rows; None where the pictures are files.
        warnings: what a reader of the report must know.
    """

    told: str
    entries: tuple[FolderEntry, ...] = field(repr=False)
    places: Sequence[PicturePlace] = field(repr=False)
    state: FolderState
    parents: tuple[str, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    splits_file: Path | None = None
    rendering: RenderSettings | None = None
    warnings: tuple[str, ...] = ()


def source_of_folder(folder: ImageFolder, *, splits_file: Path | None = None) -> PackSource:
    """Return what there is to pack of a folder or archive.

    Args:
        folder: opened.
        splits_file: its own `splits.csv`, ready to open.
    """
    return PackSource(
        told=str(folder.path),
        entries=folder.entries,
        places=FilePlaces(folder.entries),
        state=folder.state,
        parents=() if folder.lineage is None else (folder.lineage.product_uuid,),
        left_out=folder.left_out,
        splits_file=splits_file,
    )


def choose_sources(
    source: PackSource,
    *,
    encoding: WantedEncoding,
    raw_budget: int,
    settings: PictureSettings,
    executor: Executor,
    progress: Progress,
) -> tuple[RecordSources, list[LeftOut]]:
    """Return the pictures that can become records, and all others with their reasons.

    Args:
        source: every labelled picture of it is read and decoded once.
        encoding: that of the records; `auto` spools bare samples while they may fit the budget.
        raw_budget: bytes of bare samples that `auto` may write.
        settings: of all pictures.
        executor: where that happens.
        progress: told of the stage.

    Raises:
        FolderError: no picture is left.
    """
    entries = source.entries
    left_out = list(source.left_out)
    left_out += [LeftOut(entry.image, "no_label") for entry in entries if not _is_labelled(entry)]
    labelled = [number for number, entry in enumerate(entries) if _is_labelled(entry)]
    sources = RecordSources(source)
    num_raw_bytes = 0

    def batches() -> Iterator[tuple[Sequence[PicturePlace], WantedEncoding]]:
        for some in batched(labelled, _BATCH_SIZE):
            fits = num_raw_bytes <= raw_budget
            wanted: WantedEncoding = encoding if encoding != "auto" else "raw" if fits else "keep"
            yield tuple(source.places[number] for number in some), wanted

    progress.begin("Examining pictures", len(labelled))
    results = (one for batch in map_batches(executor, examine_pictures, batches(), settings) for one in batch)
    for number, result in zip(labelled, results, strict=True):
        if isinstance(result, LeftOut):
            left_out.append(result)
        else:
            sources.add(number, result)
            num_raw_bytes += result.raw_bytes
        progress.advance()
    progress.end()
    if not sources:
        reasons = ", ".join(f"{reason} {count}" for reason, count in count_reasons(left_out).items())
        raise FolderError(
            f"No picture of {source.told} can be packed: expected pictures with a label file each. "
            f"Left out: {reasons}."
        )
    return sources, left_out


def _is_labelled(entry: FolderEntry) -> bool:
    """Return whether anything is known: a label, or that classes are not there."""
    return bool(entry.labels) or entry.known is not None
