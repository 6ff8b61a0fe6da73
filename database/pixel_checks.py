"""Holding pixel stores against the rows: what is missing, what is damaged, what nobody names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import Field
from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from database.bulk import CHUNK
from database.columns import utc_now
from database.object_stores import ObjectStore, is_at_its_address, open_object_store
from database.pixel_stores import StoreRow, list_stores, named_addresses
from database.schema import IngestRun, Pixels, PixelStore
from database.session import Database
from foundation.contracts import Config, Report
from foundation.errors import DatabaseError
from foundation.execution import batched
from foundation.progress import Progress, SilentProgress

_BYTES_AT_ONCE = 32 << 20


class PixelCheckConfig(Config):
    """How thoroughly to look.

    Attributes:
        verify: read every picture and hold its bytes against its address.
        remove_unreferenced: remove pictures that no row names; what killed processes left unfinished, too.
        minimum_age_hours: younger pictures stay: their rows may be on the way.
    """

    verify: bool = False
    remove_unreferenced: bool = False
    minimum_age_hours: float = Field(default=24, ge=0)


class StoreCheck(Report):
    """What one store holds.

    Attributes:
        num_named: pictures that rows name.
        num_missing: of those, not in the store.
        num_of_other_size: of those, in the store with another length.
        num_damaged: of those, with other bytes; None when bytes were not read.
        num_unreferenced: pictures in the store that no row names.
        unreferenced_bytes: their size.
        num_removed: of those, removed now; unfinished files, too.
    """

    url: str
    num_named: int
    num_missing: int
    num_of_other_size: int
    num_damaged: int | None
    num_unreferenced: int
    unreferenced_bytes: int
    num_removed: int


class PixelCheckReport(Report):
    """Where pictures lie, and whether they are there.

    Attributes:
        num_in_database: pictures whose bytes are rows.
        num_nowhere: rows with neither bytes nor an address.
        stores: one entry each.
        is_sound: nothing is missing or damaged.
    """

    num_in_database: int
    num_nowhere: int
    stores: list[StoreCheck]
    is_sound: bool


@dataclass
class _Tally:
    named: int = 0
    missing: int = 0
    other_size: int = 0
    damaged: int = 0
    unreferenced: int = 0
    unreferenced_bytes: int = 0
    removed: int = 0


def check_pixels(
    config: PixelCheckConfig, *, database: Database, progress: Progress | None = None
) -> PixelCheckReport:
    """Look whether every picture is where its row says, and what lies there besides.

    Memory stays flat however many pictures there are, but for one folder of 256 at a time.

    Raises:
        DatabaseError: a store cannot be listed, or pictures are to be removed while files are ingested.
    """
    watching = progress or SilentProgress()
    with database.session() as session:
        stores = list_stores(session)
        counted = session.execute(
            select(
                func.count(Pixels.content),
                func.count(case((Pixels.content.is_(None) & Pixels.address.is_(None), 1))),
            )
        ).one()
        if config.remove_unreferenced:
            _refuse_while_ingesting(session, config.minimum_age_hours)
    checks = [_check_store(database, store, config, watching) for store in stores]
    return PixelCheckReport(
        num_in_database=counted[0],
        num_nowhere=counted[1],
        stores=checks,
        is_sound=not counted[1]
        and not any(one.num_missing or one.num_of_other_size or one.num_damaged for one in checks),
    )


def _check_store(
    database: Database, row: StoreRow, config: PixelCheckConfig, progress: Progress
) -> StoreCheck:
    store, tally = open_object_store(row.url), _Tally()
    progress.begin(f"check {row.url}", 256)
    for prefix in (f"{number:02x}" for number in range(256)):
        lying = dict(store.sizes(prefix))
        with database.session() as session:
            for page in _named_pages(session, row.id, prefix):
                _hold_against(page, lying, store, tally, verify=config.verify)
        if lying:  # what is left, no row names
            tally.unreferenced += len(lying)
            tally.unreferenced_bytes += sum(lying.values())
            if config.remove_unreferenced:
                tally.removed += _remove_aged(database, store, sorted(lying), config.minimum_age_hours)
        progress.advance()
    progress.end()
    if config.remove_unreferenced:
        tally.removed += store.sweep()
    return StoreCheck(
        url=row.url,
        num_named=tally.named,
        num_missing=tally.missing,
        num_of_other_size=tally.other_size,
        num_damaged=tally.damaged if config.verify else None,
        num_unreferenced=tally.unreferenced,
        unreferenced_bytes=tally.unreferenced_bytes,
        num_removed=tally.removed,
    )


def _named_pages(session: Session, store_id: int, prefix: str) -> Iterator[dict[str, int]]:
    """Yield the addresses that rows name below a prefix, with their sizes, a page at a time."""
    query = (
        select(Pixels.address, Pixels.num_bytes)
        .join(PixelStore, PixelStore.id == Pixels.pixel_store_id)
        .where(PixelStore.id == store_id, Pixels.address < f"{prefix}/~")
        .order_by(Pixels.address)
        .limit(CHUNK)
    )
    last = f"{prefix}/"
    while page := {
        str(address): size for address, size in session.execute(query.where(Pixels.address > last))
    }:
        yield page
        last = max(page)


def _hold_against(
    page: dict[str, int], lying: dict[str, int], store: ObjectStore, tally: _Tally, *, verify: bool
) -> None:
    """Count what a page of named pictures lacks; take what it names out of what lies there."""
    tally.named += len(page)
    whole = []
    for address, size in page.items():
        found = lying.pop(address, None)
        tally.missing += found is None
        tally.other_size += found is not None and found != size
        if found == size:
            whole.append(address)
    if verify:
        at_once = max(1, _BYTES_AT_ONCE // max(page.values()))
        for some in batched(whole, at_once):
            contents = store.read(some)
            tally.damaged += sum(
                not is_at_its_address(contents.get(address, b""), address) for address in some
            )


def _remove_aged(
    database: Database, store: ObjectStore, addresses: list[str], minimum_age_hours: float
) -> int:
    youngest = utc_now() - timedelta(hours=minimum_age_hours)
    aged = [address for address in addresses if _naive(store.modified(address)) <= youngest]
    with database.session() as session:
        named = named_addresses(session, store.url, aged)
    return store.remove(address for address in aged if address not in named)


def _refuse_while_ingesting(session: Session, minimum_age_hours: float) -> None:
    since = utc_now() - timedelta(hours=max(minimum_age_hours, 1))
    query = select(func.count()).where(
        IngestRun.kind == "ingest", IngestRun.finished_at.is_(None), IngestRun.started_at > since
    )
    if session.scalar(query):
        raise DatabaseError(
            "Files are being ingested, or were when a run was cut short in the last "
            f"{max(minimum_age_hours, 1):g} hours: a picture that no row names now may get its row soon. "
            "Let that run finish, or wait."
        )


def _naive(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None)
