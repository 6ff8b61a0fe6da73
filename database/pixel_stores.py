"""Pixel stores as rows: which there are, what lies in them, and what may leave them.

Bytes come before rows and leave after them: a process that is killed in between leaves at most an
object that no row names, never a row without its object. `check_stores` counts both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from database.batches import NewFrame, NewInstance, NewRejectedFile
from database.bulk import chunks, ensure_rows
from database.columns import utc_now
from database.object_stores import address_of, check_store_url, open_object_store
from database.schema import Frame, Pixels, PixelStore
from database.session import Database


@dataclass(frozen=True, slots=True)
class StoreRow:
    """One store: its row id and its URL; picklable."""

    id: int
    url: str


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One picture outside the database."""

    store_url: str
    address: str


@dataclass(frozen=True, slots=True)
class _Place:
    store: StoreRow
    address: str


def ensure_store(session: Session, url: str) -> StoreRow:
    """Return the row of a store, made when it is new.

    Args:
        session: in a transaction; commit it before workers use the store.
        url: as the user wrote it.

    Raises:
        ConfigError: the URL cannot be one, or the package for it is missing.
        DatabaseError: a folder that cannot be made.
    """
    checked = check_store_url(url)
    open_object_store(checked).prepare()
    ids = ensure_rows(session, PixelStore.url, [{"url": checked, "created_at": utc_now()}])
    return StoreRow(ids[checked], checked)


def list_stores(session: Session) -> list[StoreRow]:
    """Return every store, by URL."""
    query = select(PixelStore.id, PixelStore.url).order_by(PixelStore.url)
    return [StoreRow(row.id, row.url) for row in session.execute(query)]


def place_pictures(
    database: Database, store: StoreRow, results: Sequence[NewInstance | NewRejectedFile]
) -> list[NewInstance | NewRejectedFile]:
    """Put the pictures of files into a store; return the files with their pictures' addresses.

    Call it before the transaction that stores the rows. A picture that the database knows already
    stays where it is, and is put back when its object is gone.

    Args:
        database: open.
        store: from `ensure_store`.
        results: what files gave; rejected ones are passed through.

    Raises:
        DatabaseError: the store does not take a picture.
    """
    with database.session() as session:
        known = _known_places(session, [result for result in results if isinstance(result, NewInstance)])
    return [
        replace(result, frames=tuple(_place(frame, store, known) for frame in result.frames))
        if isinstance(result, NewInstance)
        else result
        for result in results
    ]


def delete_unreferenced_pixels(session: Session, pixels_ids: Iterable[int]) -> tuple[StoredObject, ...]:
    """Delete those of some rows of `pixels` that no frame shows any more.

    Args:
        session: in a transaction in which the frames were deleted.
        pixels_ids: row ids of `pixels` that the deleted frames showed.

    Returns:
        The objects that no row names any more: give them to `remove_objects` once the transaction is
        committed, so that an undone deletion loses nothing.
    """
    gone: list[StoredObject] = []
    for some in chunks(pixels_ids):
        query = (
            select(Pixels.id, Pixels.address, PixelStore.url)
            .outerjoin(PixelStore, PixelStore.id == Pixels.pixel_store_id)
            .where(Pixels.id.in_(some), ~exists().where(Frame.pixels_id == Pixels.id))
        )
        rows = session.execute(query).all()
        session.execute(
            delete(Pixels)
            .where(Pixels.id.in_([row.id for row in rows]))
            .execution_options(synchronize_session=False)
        )
        gone += [StoredObject(row.url, row.address) for row in rows if row.url and row.address]
    return tuple(dict.fromkeys(gone))


def remove_objects(database: Database, objects: Iterable[StoredObject]) -> int:
    """Remove pictures from their stores unless a row names them; return how many were removed.

    Args:
        database: open; the transaction that deleted the rows is committed.
        objects: from `delete_unreferenced_pixels`.

    Raises:
        DatabaseError: a store does not let them go. What is left then is counted by `check_stores`.
    """
    by_store: dict[str, list[str]] = {}
    for each in objects:
        by_store.setdefault(each.store_url, []).append(each.address)
    num_removed = 0
    for url, addresses in sorted(by_store.items()):
        for some in chunks(addresses):
            with database.session() as session:
                named = named_addresses(session, url, some)
            unnamed = [address for address in some if address not in named]
            num_removed += open_object_store(url).remove(unnamed)
    return num_removed


def named_addresses(session: Session, store_url: str, addresses: Iterable[str]) -> dict[str, int]:
    """Return those of some addresses of a store that a row names, with the size that it says."""
    found: dict[str, int] = {}
    for some in chunks(addresses):
        query = (
            select(Pixels.address, Pixels.num_bytes)
            .join(PixelStore, PixelStore.id == Pixels.pixel_store_id)
            .where(PixelStore.url == store_url, Pixels.address.in_(some))
        )
        found.update((str(row.address), row.num_bytes) for row in session.execute(query))
    return found


def _known_places(session: Session, instances: Sequence[NewInstance]) -> dict[str, _Place | None]:
    """Return where the database has pictures already, by hash of stored values; None: within it."""
    known: dict[str, _Place | None] = {}
    for some in chunks(frame.stored_values_sha256 for one in instances for frame in one.frames):
        query = (
            select(Pixels.stored_values_sha256, Pixels.address, PixelStore.id, PixelStore.url)
            .outerjoin(PixelStore, PixelStore.id == Pixels.pixel_store_id)
            .where(Pixels.stored_values_sha256.in_(some))
        )
        for sha, address, store_id, url in session.execute(query):
            known[sha] = _Place(StoreRow(store_id, url), address) if url and address else None
    return known


def _place(frame: NewFrame, store: StoreRow, known: Mapping[str, _Place | None]) -> NewFrame:
    address = address_of(frame.content, frame.encoding)
    place = known.get(frame.stored_values_sha256)
    if place is None and frame.stored_values_sha256 in known:
        return frame
    # Another version of the encoder may have made other bytes: then the object is not this one.
    if place is not None and place.address == address:
        store = place.store
    open_object_store(store.url).put(address, frame.content)
    return replace(frame, pixel_store_id=store.id, address=address)
