"""The door `duplicates`: pictures that are equal, and pairs that look alike, as candidates only."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import Executor
from typing import Annotated, Any

from pydantic import Field

from database.identical_pictures import identical_groups
from database.near_duplicates import (
    count_pairs,
    hashed_frames,
    instances_without_hash,
    renderings_of,
    replace_candidates,
    store_hashes,
)
from database.pictures import FrameContent, LostFrame, frames_or_losses
from database.session import Database, transaction
from foundation.contracts import Config, Report
from foundation.errors import ImagingError, IngestError
from foundation.execution import batched
from foundation.progress import Progress, SilentProgress
from imaging.perceptual_hash import hash_frame
from imaging.rendering import RenderingAttributes
from imaging.stored_values import decode_stored_values
from ingest.look_alikes import collect_pictures, find_look_alikes, largest_component

LARGEST_DISTANCE = 10
_INSTANCES_AT_ONCE = 200


class DuplicatesConfig(Config):
    """How near is near.

    Attributes:
        distance: in how many of the 64 bits of their hashes two candidates may differ.
    """

    distance: Annotated[int, Field(ge=0, le=LARGEST_DISTANCE)] = 4


class DuplicatesReport(Report):
    """What was found.

    Attributes:
        num_pictures: distinct pictures of current instances that were compared.
        num_flat: pictures without any structure, not compared.
        num_hashed: pictures whose hash was missing and was made now.
        num_lost: pictures without a hash whose bytes cannot be had.
        num_identical_groups: pictures that several instances show.
        num_identical_images: those instances.
        num_across_patients: of the groups, those of several known patients.
        num_disagreeing: of the groups, those whose labels disagree.
        distance: as asked for.
        num_candidates: pairs that look alike and are not decided.
        num_within_patients: pairs of one known patient or instance, not stored.
        artefacts: sizes of components too large to be duplicates, not stored.
        largest_component: what is larger is an artefact.
        num_confirmed: pairs that somebody confirmed.
        num_refuted: pairs that somebody refuted.
        seconds: it took.
    """

    num_pictures: int
    num_flat: int
    num_hashed: int
    num_lost: int
    num_identical_groups: int
    num_identical_images: int
    num_across_patients: int
    num_disagreeing: int
    distance: int
    num_candidates: int
    num_within_patients: int
    artefacts: tuple[int, ...]
    largest_component: int
    num_confirmed: int
    num_refuted: int
    seconds: float


def duplicates(
    config: DuplicatesConfig,
    *,
    database: Database | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> DuplicatesReport:
    """Find equal pictures and pairs that look alike; keep the pairs as candidates for somebody to judge.

    The candidates are those of the last call; what was confirmed or refuted stays. Pictures that were
    stored without a perceptual hash are given theirs first.

    Args:
        config: how near is near.
        database: open.
        executor: taken like every door's; the work is done in this process.
        progress: told of each step.

    Raises:
        IngestError: no database was given.
        DatabaseError: the database cannot be read or written to.
    """
    if database is None:
        raise IngestError("duplicates reads and writes rows: give it an open database.")
    progress = progress or SilentProgress()
    started = time.perf_counter()
    num_hashed, num_lost = _hash_missing(database, progress)
    with database.session() as session:
        groups = list(identical_groups(session))
        pictures = collect_pictures(hashed_frames(session))
    found = find_look_alikes(pictures, config.distance)
    num_candidates = transaction(database, lambda session: replace_candidates(session, found.pairs))
    with database.session() as session:
        counts = count_pairs(session)
    return DuplicatesReport(
        num_pictures=len(pictures),
        num_flat=pictures.num_flat,
        num_hashed=num_hashed,
        num_lost=num_lost,
        num_identical_groups=len(groups),
        num_identical_images=len({image for group in groups for image in group.image_ids}),
        num_across_patients=sum(group.num_patients > 1 for group in groups),
        num_disagreeing=sum(bool(group.disagreeing_tasks) for group in groups),
        distance=config.distance,
        num_candidates=num_candidates,
        num_within_patients=found.num_within_patients,
        artefacts=found.crowds,
        largest_component=largest_component(len(pictures)),
        num_confirmed=counts.get("confirmed", 0),
        num_refuted=counts.get("refuted", 0),
        seconds=time.perf_counter() - started,
    )


def _hash_missing(database: Database, progress: Progress) -> tuple[int, int]:
    """Make the hashes that are missing; return how many were made, and how many could not be."""
    with database.session() as session:
        missing = instances_without_hash(session)
    if not missing:
        return 0, 0
    num_hashed = num_lost = 0
    progress.begin("hash", len(missing))
    for some in batched(missing, _INSTANCES_AT_ONCE):
        hashes: dict[tuple[int, int], int] = {}
        with database.session() as session:
            renderings = renderings_of(session, some)
            for frame in frames_or_losses(session, some):
                value = _hash(frame, renderings[frame.instance_id])
                if value is None:
                    num_lost += 1
                else:
                    hashes[frame.instance_id, frame.frame_number] = value
        transaction(database, lambda session, hashes=hashes: store_hashes(session, hashes))  # type: ignore[misc]
        num_hashed += len(hashes)
        progress.advance(len(some))
    progress.end()
    return num_hashed, num_lost


def _hash(frame: FrameContent | LostFrame, rendering: Mapping[str, Any]) -> int | None:
    """Return the hash of a picture as it is kept; None where its bytes are lost or damaged."""
    if isinstance(frame, LostFrame):
        return None
    try:
        values = decode_stored_values(
            frame.content, encoding=frame.encoding, dtype=frame.dtype, offset=frame.offset
        )
    except ImagingError:
        return None
    said = dict(rendering if frame.rendering is None else frame.rendering)
    return hash_frame(values, RenderingAttributes.model_validate(said))
