"""Moving pictures between the database and pixel stores, and telling where a store is now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from database.object_stores import address_of, check_store_url, is_at_its_address, open_object_store
from database.pixel_stores import StoredObject, StoreRow, ensure_store, remove_objects
from database.schema import Pixels, PixelStore
from database.session import Database, transaction
from foundation.contracts import Report
from foundation.errors import ConfigError, DatabaseError
from foundation.execution import batched
from foundation.progress import Progress, SilentProgress

_ROWS_AT_ONCE = 200
_BYTES_AT_ONCE = 32 << 20


class PixelMoveReport(Report):
    """What was moved.

    Attributes:
        num_moved: pictures whose bytes lie in the store now.
        num_lost: pictures whose bytes are missing or damaged where they lie; their rows are as before.
        num_bytes: moved.
    """

    url: str
    num_moved: int
    num_lost: int
    num_bytes: int


class RelocationReport(Report):
    """Where a store is now."""

    before: str
    after: str
    num_pictures: int


def move_pixels(database: Database, target: str, *, progress: Progress | None = None) -> PixelMoveReport:
    """Bring every picture into one store, from the database and from other stores.

    A picture is copied, its row is changed, and only then its old bytes go: a run that is cut short is
    gone on with by the same call.

    Args:
        database: open.
        target: folder or URL of the store.
        progress: told of the pictures.

    Raises:
        ConfigError: the URL cannot be one.
        DatabaseError: a store cannot be read or written to.
    """
    watching = progress or SilentProgress()
    store = transaction(database, lambda session: ensure_store(session, target))
    with database.session() as session:
        waiting = session.execute(
            select(Pixels.id, Pixels.num_bytes).where(_is_elsewhere(store)).order_by(Pixels.id)
        ).all()
    watching.begin(f"move to {store.url}", len(waiting))
    num_moved = num_bytes = 0
    for some in _portions(waiting):
        moved, size = _move_some(database, store, some)
        num_moved, num_bytes = num_moved + moved, num_bytes + size
        watching.advance(len(some))
    watching.end()
    return PixelMoveReport(
        url=store.url, num_moved=num_moved, num_lost=len(waiting) - num_moved, num_bytes=num_bytes
    )


def relocate_store(database: Database, before: str, after: str) -> RelocationReport:
    """Say that a store's folder or bucket is at another URL now, its pictures with it.

    Args:
        database: open.
        before: the URL as it is recorded.
        after: where the store is now; one of its pictures is looked for there.

    Raises:
        ConfigError: no store is recorded under the one URL, or one is under the other.
        DatabaseError: the new place does not hold the store's pictures.
    """
    url, new_url = check_store_url(before), check_store_url(after)
    with database.session() as session:
        known = dict(session.execute(select(PixelStore.url, PixelStore.id)).all())
        if url not in known:
            raise ConfigError(
                f"No pixel store is recorded at {url}. Recorded: {', '.join(sorted(known)) or 'none'}."
            )
        if new_url in known:
            raise ConfigError(f"A pixel store is recorded at {new_url} already. Name the place it moved to.")
        condition = Pixels.pixel_store_id == known[url]
        num_pictures = int(session.scalar(select(func.count()).where(condition)) or 0)
        sample = session.scalars(select(Pixels.address).where(condition).order_by(Pixels.id).limit(5)).all()
    found = open_object_store(new_url).read([address for address in sample if address])
    if len(found) < len(sample) or not all(is_at_its_address(found[each], each) for each in found):
        raise DatabaseError(
            f"{new_url} does not hold the pictures of {url}: of the first {len(sample)}, "
            f"{len(sample) - len(found)} are missing there. Move the whole folder first."
        )
    transaction(
        database,
        lambda session: session.execute(
            update(PixelStore).where(PixelStore.id == known[url]).values(url=new_url)
        ),
    )
    return RelocationReport(before=url, after=new_url, num_pictures=num_pictures)


def _is_elsewhere(store: StoreRow) -> Any:
    return (Pixels.pixel_store_id.is_(None) & Pixels.content.is_not(None)) | (
        Pixels.pixel_store_id != store.id
    )


def _portions(rows: Sequence[Any]) -> list[list[int]]:
    """Return the row ids in portions that fit into memory."""
    portions: list[list[int]] = []
    for some in batched(rows, _ROWS_AT_ONCE):
        portion: list[int] = []
        held = 0
        for row in some:
            if portion and held + row.num_bytes > _BYTES_AT_ONCE:
                portions.append(portion)
                portion, held = [], 0
            portion.append(row.id)
            held += row.num_bytes
        portions.append(portion)
    return portions


def _move_some(database: Database, store: StoreRow, ids: Sequence[int]) -> tuple[int, int]:
    with database.session() as session:
        rows = session.execute(
            select(Pixels.id, Pixels.content, Pixels.encoding, Pixels.address, PixelStore.url)
            .outerjoin(PixelStore, PixelStore.id == Pixels.pixel_store_id)
            .where(Pixels.id.in_(ids))
        ).all()
    target = open_object_store(store.url)
    places: dict[int, str] = {}
    left: list[StoredObject] = []
    num_bytes = 0
    for row in rows:
        content = row.content if row.url is None else _read_whole(row.url, row.address)
        if content is None:
            continue
        places[row.id] = address_of(content, row.encoding)
        target.put(places[row.id], content)
        num_bytes += len(content)
        if row.url is not None:
            left.append(StoredObject(row.url, row.address))
    transaction(database, lambda session: _write_places(session, store, places))
    remove_objects(database, left)
    return len(places), num_bytes


def _read_whole(url: str, address: str) -> bytes | None:
    content = open_object_store(url).read([address]).get(address)
    return content if content is not None and is_at_its_address(content, address) else None


def _write_places(session: Session, store: StoreRow, places: dict[int, str]) -> None:
    rows = [
        {"id": row_id, "content": None, "pixel_store_id": store.id, "address": address}
        for row_id, address in sorted(places.items())
    ]
    if rows:
        session.execute(update(Pixels), rows)
