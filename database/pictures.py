"""Pictures: frames and their bytes, in and out, wherever the bytes lie."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, func, literal, select, update
from sqlalchemy.orm import Session

from database.batches import NewFrame
from database.bulk import ensure_rows, insert_rows
from database.object_stores import is_at_its_address, open_object_store
from database.packets import packet_limit, piece_bytes
from database.schema import Frame, Pixels, PixelStore
from foundation.errors import DatabaseError
from foundation.execution import batched

_INSTANCES_AT_ONCE = 200
_BYTES_AT_ONCE = 32 << 20


@dataclass(frozen=True, slots=True)
class FrameContent:
    """One picture as it lies in the database.

    Attributes:
        content: a PNG of stored values plus `offset`, or a TIFF.
        rendering: where this frame differs from its instance.
    """

    instance_id: int
    frame_number: int
    content: bytes = field(repr=False)
    encoding: str
    dtype: str
    offset: int
    stored_values_sha256: str
    rendering: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class LostFrame:
    """One picture whose bytes cannot be had.

    Attributes:
        reason_code: `missing_pixels` or `damaged_pixels`.
        detail: one sentence: what is lost, and what to do.
    """

    instance_id: int
    frame_number: int
    reason_code: str
    detail: str


FrameWish = Callable[[int, int], bool]
"""Tells whether a frame is wanted, by its instance's row id and its own number."""


def kept_contents(frames: Iterable[NewFrame]) -> Iterator[bytes]:
    """Yield the bytes that go into the database itself."""
    return (frame.content for frame in frames if frame.address is None)


def ensure_pixels(session: Session, frames: Sequence[NewFrame]) -> dict[str, int]:
    """Store the bytes of pictures that are new; return the row id by stored-values SHA-256.

    A picture larger than one statement takes is stored in pieces, within the caller's transaction.
    """
    limit = packet_limit(session)
    piece = None if limit is None else piece_bytes(limit)
    rows = [
        {
            "stored_values_sha256": frame.stored_values_sha256,
            "encoding": frame.encoding,
            "dtype": frame.dtype,
            "stored_offset": frame.offset,
            "num_bytes": len(frame.content),
            "content": frame.content[:piece] if frame.address is None else None,
            "pixel_store_id": frame.pixel_store_id,
            "address": frame.address,
        }
        for frame in frames
    ]
    ids = ensure_rows(session, Pixels.stored_values_sha256, rows)
    if piece is not None:
        for frame in (frame for frame in frames if frame.address is None):
            _append_rest(session, ids[frame.stored_values_sha256], frame.content, piece)
    return ids


def _append_rest(session: Session, pixels_id: int, content: bytes, piece: int) -> None:
    """Append what did not fit the first statement, piece by piece.

    Only to a row that ends where the piece begins: the picture may have been whole before, by another
    frame of the batch or by another process.
    """
    for start in range(piece, len(content), piece):
        rest = literal(content[start : start + piece], Pixels.content.type)
        session.execute(
            update(Pixels)
            .where(Pixels.id == pixels_id, func.length(Pixels.content) == start)
            .values(content=func.concat(Pixels.content, rest))
            .execution_options(synchronize_session=False)
        )


def insert_frames(
    session: Session, frames: Iterable[tuple[int, Sequence[NewFrame]]], pixels: Mapping[str, int]
) -> None:
    """Insert the frames of new instances.

    Args:
        session: in a transaction.
        frames: pairs of instance row id and its frames.
        pixels: row ids by stored-values SHA-256.
    """
    rows = [
        {
            "instance_id": instance_id,
            "frame_number": frame.frame_number,
            "pixels_id": pixels[frame.stored_values_sha256],
            "stored_values_sha256": frame.stored_values_sha256,
            "perceptual_hash": frame.perceptual_hash,
            "rendering": None if frame.rendering is None else dict(frame.rendering),
        }
        for instance_id, of_instance in frames
        for frame in of_instance
    ]
    insert_rows(session, Frame, rows)


def frames_of(
    session: Session, instance_ids: Iterable[int], *, is_wanted: FrameWish | None = None
) -> Iterator[FrameContent]:
    """Yield the pictures of instances, in the order of the ids, then by frame number.

    Memory stays flat: at most about 32 MiB of pictures (or one that is larger) are held at once.

    Args:
        session: for reading.
        instance_ids: row ids.
        is_wanted: the bytes of other frames are not read; None for all.

    Raises:
        DatabaseError: the bytes of a picture are missing or damaged, or its store cannot be reached.
    """
    for frame in frames_or_losses(session, instance_ids, is_wanted=is_wanted):
        if isinstance(frame, LostFrame):
            raise DatabaseError(frame.detail)
        yield frame


def frames_or_losses(
    session: Session, instance_ids: Iterable[int], *, is_wanted: FrameWish | None = None
) -> Iterator[FrameContent | LostFrame]:
    """Yield what `frames_of` does, for a caller that goes on where a picture is lost.

    Raises:
        DatabaseUnavailableError: a store cannot be reached at all.
    """
    for some in batched(instance_ids, _INSTANCES_AT_ONCE):
        place = {instance_id: number for number, instance_id in enumerate(some)}
        query = (
            select(Frame.id, Frame.instance_id, Frame.frame_number, Pixels.num_bytes)
            .join(Pixels, Pixels.id == Frame.pixels_id)
            .where(Frame.instance_id.in_(some))
        )
        listed = [
            row
            for row in session.execute(query)
            if is_wanted is None or is_wanted(row.instance_id, row.frame_number)
        ]
        listed.sort(key=lambda row: (place[row.instance_id], row.frame_number))
        for frame_ids in _portions(listed):
            yield from _contents(session, frame_ids)


def frame_content(session: Session, instance_id: int, frame_number: int) -> FrameContent | None:
    """Return one picture of an instance; None when it has no frame of that number.

    Raises:
        DatabaseError: its bytes are missing or damaged, or their store cannot be reached.
    """
    wanted = frames_of(session, [instance_id], is_wanted=lambda _, number: number == frame_number)
    return next(wanted, None)


def frame_hashes(session: Session, instance_ids: Iterable[int]) -> dict[int, list[str]]:
    """Return the stored-values SHA-256 of each instance's frames, in frame order."""
    found: dict[int, list[str]] = {}
    for some in batched(instance_ids, _INSTANCES_AT_ONCE):
        query = (
            select(Frame.instance_id, Frame.stored_values_sha256)
            .where(Frame.instance_id.in_(some))
            .order_by(Frame.instance_id, Frame.frame_number)
        )
        for instance_id, sha in session.execute(query):
            found.setdefault(instance_id, []).append(sha)
    return found


def _portions(listed: Sequence[Row[int, int, int, int]]) -> Iterator[list[int]]:
    portion: list[int] = []
    held = 0
    for row in listed:
        if portion and held + row.num_bytes > _BYTES_AT_ONCE:
            yield portion
            portion, held = [], 0
        portion.append(row.id)
        held += row.num_bytes
    if portion:
        yield portion


def _contents(session: Session, frame_ids: Sequence[int]) -> Iterator[FrameContent | LostFrame]:
    query = (
        select(
            Frame.id,
            Frame.instance_id,
            Frame.frame_number,
            Frame.rendering,
            Pixels.content,
            Pixels.address,
            PixelStore.url,
            Pixels.encoding,
            Pixels.dtype,
            Pixels.stored_offset,
            Pixels.stored_values_sha256,
        )
        .join(Pixels, Pixels.id == Frame.pixels_id)
        .outerjoin(PixelStore, PixelStore.id == Pixels.pixel_store_id)
        .where(Frame.id.in_(frame_ids))
    )
    found = {row.id: row for row in session.execute(query)}
    elsewhere = _contents_elsewhere(found.values())
    for frame_id in frame_ids:
        row = found.pop(frame_id)
        content = elsewhere.get((row.url, row.address)) if row.content is None else row.content
        if content is None or (row.content is None and not is_at_its_address(content, row.address)):
            yield _lost(row, is_missing=content is None)
            continue
        yield FrameContent(
            instance_id=row.instance_id,
            frame_number=row.frame_number,
            content=content,
            encoding=row.encoding,
            dtype=row.dtype,
            offset=row.stored_offset,
            stored_values_sha256=row.stored_values_sha256,
            rendering=row.rendering,
        )


def _contents_elsewhere(rows: Iterable[Any]) -> dict[tuple[str, str], bytes]:
    """Return the bytes that lie in pixel stores, by URL and address; several at once."""
    by_store: dict[str, set[str]] = {}
    for row in rows:
        if row.content is None and row.url and row.address:
            by_store.setdefault(row.url, set()).add(row.address)
    return {
        (url, address): content
        for url, addresses in by_store.items()
        for address, content in open_object_store(url).read(sorted(addresses)).items()
    }


def _lost(row: Any, *, is_missing: bool) -> LostFrame:
    """Return what to tell of a picture without its bytes, or with others."""
    named = f"The picture of instance {row.instance_id}, frame {row.frame_number}"
    state = "is missing from" if is_missing else "is damaged in"
    place = "the database" if row.url is None else f"the pixel store {row.url} ({row.address})"
    return LostFrame(
        row.instance_id,
        row.frame_number,
        "missing_pixels" if is_missing else "damaged_pixels",
        f"{named} {state} {place}. Restore it from a copy; `dicomill pixels check` counts all such pictures.",
    )
