"""One run of an export over an unfinished folder: what is there is taken over, the rest is made."""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from foundation.execution import batched, map_batches
from foundation.progress import Progress
from foundation.resumption import UnfinishedFolder
from preprocessing.export_tables import ExportTables
from preprocessing.folder_writing import FolderWriter, WrittenPicture, note_of, result_of, stands_written
from preprocessing.folders import MANIFEST_COLUMNS
from preprocessing.left_out import LeftOut
from preprocessing.rendering_batch import RenderSettings, WantedFrame, export_batch

FRAMES_A_BATCH = 16

AttributesOf = Callable[[set[int]], Mapping[int, Mapping[str, Any]]]
Outcome = tuple[WantedFrame, WrittenPicture | LeftOut]


@dataclass
class ExportRun:
    """One run: where it writes, and what has become of the pictures so far.

    Attributes:
        unfinished: the folder, perhaps partly filled.
        writer: of its manifest.
        tables: beside it.
        attributes_of: gives the kept attributes of some instances, by row id; None where nobody wants them.
        progress: told of each picture.
    """

    unfinished: UnfinishedFolder
    writer: FolderWriter
    tables: ExportTables
    attributes_of: AttributesOf | None
    progress: Progress
    num_resumed: int = 0
    labels: Counter[str] = field(default_factory=Counter)
    left_out: list[LeftOut] = field(default_factory=list)

    def write(self, wanted: Iterable[WantedFrame], settings: RenderSettings, executor: Executor) -> None:
        """Write every picture that does not stand in the folder yet, and note each.

        Args:
            wanted: in a stable order.
            settings: how they are made.
            executor: where that happens.
        """
        rest = self._take_over(iter(wanted))
        for outcomes in self._make(rest, settings, executor):
            self._keep(outcomes)
            for _, result in outcomes:
                self.unfinished.note(note_of(result))
        self.tables.finish()
        self.writer.add_to_fingerprint(self.tables.fingerprint)

    def _take_over(self, wanted: Iterator[WantedFrame]) -> Iterator[WantedFrame]:
        """Take what an interrupted run has finished; return what is left to make."""
        taken: list[Outcome] = []
        for note in self.unfinished.notes:
            one = next(wanted, None)
            if one is None:
                break
            result = result_of(note)
            if not self._still_holds(one, result):
                wanted = chain([one], wanted)
                break
            taken.append((one, result))
        self.unfinished.forget_after(len(taken))
        for some in batched(taken, FRAMES_A_BATCH):
            self._keep(some)
        self.num_resumed = self.writer.num_pictures
        if taken:
            self.progress.tell(f"Going on after {len(taken)} pictures of an interrupted run.")
        return wanted

    def _still_holds(self, one: WantedFrame, result: WrittenPicture | LeftOut) -> bool:
        """Return whether a noted picture is the one that is wanted, as its rows are today."""
        if isinstance(result, LeftOut):
            return result.name == one.name
        row = dict(zip(MANIFEST_COLUMNS, result.row, strict=True))
        expected = {
            "name": one.name,
            "instance": one.instance,
            "version": one.version,
            "frame_number": one.frame_number,
            "patient_key": one.patient_key or "",
            "labels": json.dumps(one.labels, ensure_ascii=False),
            "known_classes": "" if one.known is None else json.dumps(one.known, ensure_ascii=False),
        }
        return all(row[name] == value for name, value in expected.items()) and stands_written(
            self.unfinished.folder, result
        )

    def _make(
        self, wanted: Iterable[WantedFrame], settings: RenderSettings, executor: Executor
    ) -> Iterator[Sequence[Outcome]]:
        """Yield what becomes of the pictures, batch by batch in their order, few in flight at a time."""
        sent: deque[Sequence[WantedFrame]] = deque()

        def sending() -> Iterator[Sequence[WantedFrame]]:
            for batch in batched(wanted, FRAMES_A_BATCH):
                sent.append(batch)
                yield batch

        folder = self.unfinished.folder
        for results in map_batches(executor, export_batch, sending(), settings, folder):
            yield list(zip(sent.popleft(), results, strict=True))

    def _keep(self, outcomes: Sequence[Outcome]) -> None:
        """Add pictures to manifest and tables, or to what is left out."""
        ids = {one.instance_id for one, _ in outcomes}
        attributes = {} if self.attributes_of is None else self.attributes_of(ids)
        for one, result in outcomes:
            if isinstance(result, LeftOut):
                self.left_out.append(result)
            else:
                self.writer.take(result)
                self.tables.add(result, attributes.get(one.instance_id, {}))
                self.labels.update(one.labels)
        self.progress.advance(len(outcomes))
