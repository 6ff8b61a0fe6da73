"""Pictures outside the database, as rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select, text

from database import packets
from database.batches import NewFrame, NewInstance, NewRejectedFile
from database.object_stores import address_of, open_object_store
from database.pictures import frame_content, frames_of, frames_or_losses
from database.pixel_stores import (
    StoreRow,
    delete_unreferenced_pixels,
    ensure_store,
    list_stores,
    place_pictures,
    remove_objects,
)
from database.schema import Frame, Instance, Pixels
from database.session import Database, transaction
from foundation.errors import DatabaseError

Make = Callable[..., NewInstance]
Store = Callable[..., list[str]]


@pytest.fixture
def elsewhere(database: Database, tmp_path: Path) -> StoreRow:
    """Give a store in a folder of this test."""
    return transaction(database, lambda session: ensure_store(session, str(tmp_path / "pixels")))


@pytest.fixture
def store_elsewhere(database: Database, store: Store, elsewhere: StoreRow) -> Store:
    """Give a function that stores instances, their pictures outside the database."""

    def stored(*batch: NewInstance) -> list[str]:
        placed = place_pictures(database, elsewhere, batch)
        return store(*(one for one in placed if isinstance(one, NewInstance)))

    return stored


def objects_in(tmp_path: Path) -> list[str]:
    """Return the addresses of what lies in the folder."""
    folder = tmp_path / "pixels"
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_the_same_readers_find_pictures_wherever_they_lie(
    database: Database, store: Store, store_elsewhere: Store, make: Make, tmp_path: Path
) -> None:
    """In the database, and in the store; the view gives NULL for those."""
    store(make("2.25.1", picture="in"))
    assert store_elsewhere(make("2.25.2", picture="out"), make("2.25.3", picture="out")) == ["stored"] * 2
    assert objects_in(tmp_path) == [address_of(b"PNG of out", "png")]
    with database.session() as session:
        ids = session.scalars(select(Instance.id).order_by(Instance.sop_instance_uid)).all()
        assert [frame.content for frame in frames_of(session, ids)] == [
            b"PNG of in",
            b"PNG of out",
            b"PNG of out",
        ]
        found = frame_content(session, ids[2], 1)
        assert found is not None
        assert found.content == b"PNG of out"
        seen = session.execute(text("SELECT png FROM image_pixels ORDER BY id")).scalars().all()
        assert seen == [b"PNG of in", None, None]
        assert session.scalar(select(func.count()).where(Pixels.content.is_not(None))) == 1


def test_a_picture_that_is_known_stays_where_it_is(
    database: Database, store: Store, store_elsewhere: Store, make: Make, tmp_path: Path
) -> None:
    """No second copy in a store of what the database holds, and the other way round."""
    store(make("2.25.1", picture="in"))
    store_elsewhere(make("2.25.2", picture="in"), make("2.25.3", picture="out"))
    store(make("2.25.4", picture="out"))
    assert objects_in(tmp_path) == [address_of(b"PNG of out", "png")]
    with database.session() as session:
        rows = session.execute(select(Pixels.content, Pixels.address).order_by(Pixels.id)).all()
    assert [tuple(row) for row in rows] == [
        (b"PNG of in", None),
        (None, address_of(b"PNG of out", "png")),
    ]


def test_a_picture_in_a_store_needs_no_packet_however_often_it_comes(
    database: Database,
    store_elsewhere: Store,
    make: Make,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its bytes are in no statement, the second time either."""
    large = make(
        "2.25.1", picture="large", frames=(NewFrame(1, bytes(3_000_000), "png", "uint8", 0, "l" * 64),)
    )
    if database.dialect_name != "sqlite":
        monkeypatch.setattr(packets, "_ASK_LIMIT", "SELECT 1048576")
    assert store_elsewhere(large) == ["stored"]
    assert store_elsewhere(replace(large, sop_instance_uid="2.25.2", path_key="other")) == ["stored"]


def test_rejected_files_are_passed_through(database: Database, elsewhere: StoreRow, make: Make) -> None:
    """In their place among the others."""
    rejected = NewRejectedFile("k", "s", 1, "rejected", "truncated_pixels", "Cut.")
    placed = place_pictures(database, elsewhere, [rejected, make()])
    assert placed[0] is rejected
    assert isinstance(placed[1], NewInstance)
    assert placed[1].frames[0].pixel_store_id == elsewhere.id


def test_a_lost_picture_is_told_by_its_place(
    database: Database, store_elsewhere: Store, make: Make, tmp_path: Path
) -> None:
    """Missing or damaged: an error that names store and address, or a loss that a caller goes on from."""
    store_elsewhere(make("2.25.1", picture="a"), make("2.25.2", picture="b"), make("2.25.3", picture="c"))
    missing, damaged = (tmp_path / "pixels" / address_of(f"PNG of {name}".encode(), "png") for name in "ab")
    missing.unlink()
    damaged.write_bytes(b"PNG of ?")
    with database.session() as session:
        ids = session.scalars(select(Instance.id).order_by(Instance.sop_instance_uid)).all()
        with pytest.raises(DatabaseError, match="is missing from the pixel store file://"):
            list(frames_of(session, ids))
        with pytest.raises(DatabaseError, match="is damaged in the pixel store"):
            frame_content(session, ids[1], 1)
        found = list(frames_or_losses(session, ids))
    assert [getattr(frame, "reason_code", "whole") for frame in found] == [
        "missing_pixels",
        "damaged_pixels",
        "whole",
    ]


def test_an_object_that_is_gone_comes_back_with_the_picture(
    store_elsewhere: Store, make: Make, tmp_path: Path
) -> None:
    """The picture was seen again in another file: it is put back where the row says."""
    store_elsewhere(make("2.25.1", picture="a"))
    path = tmp_path / "pixels" / address_of(b"PNG of a", "png")
    path.unlink()
    store_elsewhere(make("2.25.2", picture="a"))
    assert path.read_bytes() == b"PNG of a"


def test_deleted_pictures_leave_their_store_after_the_rows(
    database: Database, store: Store, store_elsewhere: Store, make: Make, tmp_path: Path
) -> None:
    """Only those that no frame shows any more, and only once that is committed."""
    store_elsewhere(make("2.25.1", picture="own"), make("2.25.2", picture="shared"))
    store_elsewhere(make("2.25.3", picture="shared"))
    store(make("2.25.4", picture="in"))

    def forget(session) -> tuple[object, ...]:  # type: ignore[no-untyped-def]
        gone = select(Instance.id).where(Instance.sop_instance_uid.in_(["2.25.1", "2.25.2", "2.25.4"]))
        pixels_ids = session.scalars(select(Frame.pixels_id).where(Frame.instance_id.in_(gone))).all()
        ids = session.scalars(gone).all()
        session.execute(delete(Frame).where(Frame.instance_id.in_(ids)))
        return delete_unreferenced_pixels(session, pixels_ids)

    objects = transaction(database, forget)
    assert len(objects_in(tmp_path)) == 2
    assert remove_objects(database, objects) == 1  # type: ignore[arg-type]
    assert remove_objects(database, objects) == 0  # type: ignore[arg-type]
    assert objects_in(tmp_path) == [address_of(b"PNG of shared", "png")]
    with database.session() as session:
        assert session.scalar(select(func.count()).select_from(Pixels)) == 1


def test_an_object_that_another_row_names_stays(
    database: Database, store_elsewhere: Store, make: Make, tmp_path: Path
) -> None:
    """Its picture came again between the deletion and the removal."""
    store_elsewhere(make("2.25.1", picture="a"))
    from database.pixel_stores import StoredObject

    with database.session() as session:
        url = list_stores(session)[0].url
    assert remove_objects(database, [StoredObject(url, address_of(b"PNG of a", "png"))]) == 0
    assert len(objects_in(tmp_path)) == 1


def test_a_store_has_one_row_however_it_is_written(
    database: Database, elsewhere: StoreRow, tmp_path: Path
) -> None:
    """By its URL without a slash at the end."""
    again = transaction(database, lambda session: ensure_store(session, f"{(tmp_path / 'pixels').as_uri()}/"))
    assert again == elsewhere
    with database.session() as session:
        assert list_stores(session) == [elsewhere]
    assert open_object_store(elsewhere.url) is open_object_store(again.url)
