"""The door `risk_check`: pictures are searched for text, and each row says whether some was found."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import Annotated

import numpy as np
from pydantic import Field

from database.instance_rows import InstanceRow, instance_row
from database.pictures import FrameContent, frames_of
from database.risk import keep_detections, unsearched_images
from database.session import Database, transaction
from database.workers import worker_database
from foundation.contracts import Config, Report
from foundation.errors import ImagingError, PreprocessingError
from foundation.execution import batched, map_batches
from foundation.progress import Progress, SilentProgress
from preprocessing.parallel import executor_for
from preprocessing.row_frames import kept_frame
from preprocessing.text_search import find_tesseract, has_text

_IMAGES_AT_ONCE = 8
_RENDERING = "window"


class RiskCheckConfig(Config):
    """Which pictures to search.

    Attributes:
        where: a condition on the view `image`; without one, pictures at risk that nobody cleared.
        again: also those that were searched before.
        frames: of a multi-frame instance, this many at most, spread evenly; the first and last always.
        workers: processes; one a core when not given.
    """

    where: str | None = None
    again: bool = False
    frames: Annotated[int, Field(ge=1, le=1000)] = 8
    workers: Annotated[int, Field(ge=1)] | None = None


class RiskCheckReport(Report):
    """How the search ended.

    Attributes:
        num_images: pictures that were to be searched.
        num_with_text: text was found; the view `image` says `detected` unless they were cleared.
        num_without_text: none was found, which is no proof.
        reasons: reason code to number of pictures that could not be searched.
        seconds: the search took.
    """

    num_images: int
    num_with_text: int
    num_without_text: int
    reasons: dict[str, int]
    seconds: float


@dataclass(frozen=True)
class SearchSettings:
    """What every batch of one search shares; plain values, so that it travels to other processes."""

    database_url: str
    program: str
    frames: int


@dataclass(frozen=True, slots=True)
class Searched:
    """One picture: whether it has text, or why that is not known."""

    instance_id: int
    has_text: bool | None
    reason_code: str = ""


def risk_check(
    config: RiskCheckConfig,
    *,
    database: Database | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> RiskCheckReport:
    """Search rendered pictures for text with Tesseract; keep whether there is some, never what it says.

    Args:
        config: which pictures.
        database: open.
        executor: where the pictures are searched; by default a pool of processes of this machine.
        progress: told of each picture.

    Raises:
        PreprocessingError: Tesseract is not installed, or fails.
        QueryError: the condition is refused or fails.
    """
    if database is None:
        raise PreprocessingError("risk check reads and marks rows: give it an open database.")
    started = time.perf_counter()
    program = find_tesseract()
    progress = progress or SilentProgress()
    ids = unsearched_images(database, config.where, again=config.again)
    settings = SearchSettings(database.url_text, program, config.frames)
    outcomes: Counter[bool] = Counter()
    reasons: Counter[str] = Counter()
    progress.begin("risk check", len(ids))
    with executor_for(executor, workers=config.workers, num_pictures=100 * len(ids)) as workers:
        for searched in map_batches(workers, search_batch, batched(ids, _IMAGES_AT_ONCE), settings):
            told = [(one.instance_id, one.has_text) for one in searched if one.has_text is not None]
            transaction(database, partial(keep_detections, detections=told))
            outcomes.update(has for _, has in told)
            reasons.update(one.reason_code for one in searched if one.reason_code)
            progress.advance(len(searched))
    progress.end()
    return RiskCheckReport(
        num_images=len(ids),
        num_with_text=outcomes[True],
        num_without_text=outcomes[False],
        reasons=dict(sorted(reasons.items())),
        seconds=time.perf_counter() - started,
    )


def search_batch(instance_ids: Sequence[int], settings: SearchSettings) -> list[Searched]:
    """Search some pictures for text; one that cannot be rendered comes with its reason.

    Raises:
        DatabaseError: the pixels cannot be had.
        PreprocessingError: Tesseract fails.
    """
    database = worker_database(settings.database_url)
    results = []
    with database.session() as session:
        for instance_id in instance_ids:
            row = instance_row(session, instance_id)
            if row is None:  # replaced since it was listed
                results.append(Searched(instance_id, None, "no_longer_current"))
                continue
            chosen = chosen_frames(row.number_of_frames, settings.frames)
            frames = [one for one in frames_of(session, [instance_id]) if one.frame_number in chosen]
            results.append(_search(row, frames, settings.program))
    return results


def chosen_frames(number_of_frames: int, most: int) -> set[int]:
    """Return which frames to search, from 1: spread evenly, the first and the last among them.

    Example:
        >>> sorted(chosen_frames(100, 4)), chosen_frames(2, 4)
        ([1, 34, 67, 100], {1, 2})
    """
    if number_of_frames <= most:
        return set(range(1, number_of_frames + 1))
    if most == 1:
        return {1}
    return {1 + round(step * (number_of_frames - 1) / (most - 1)) for step in range(most)}


def _search(row: InstanceRow, frames: Sequence[FrameContent], program: str) -> Searched:
    try:
        pictures = (kept_frame(row, frame).render(_RENDERING)[0] for frame in frames)
        found = any(has_text(picture.astype(np.uint8), program=program) for picture in pictures)
    except ImagingError as error:
        return Searched(row.instance_id, None, error.reason_code)
    return Searched(row.instance_id, found)
