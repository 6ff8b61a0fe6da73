"""Pictures that move, and stores that are somewhere else now."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select

from database import pixel_moves
from database.batches import NewInstance
from database.object_stores import address_of
from database.pictures import frames_of
from database.pixel_moves import move_pixels, relocate_store
from database.pixel_stores import ensure_store, place_pictures
from database.schema import Instance, Pixels
from database.session import Database, transaction
from foundation.errors import ConfigError, DatabaseError


@pytest.fixture
def six(
    database: Database, store: Callable[..., list[str]], make: Callable[..., NewInstance], tmp_path: Path
) -> Callable[[], list[bytes]]:
    """Store three pictures in the database and three in a folder; give what reads them all."""
    row = transaction(database, lambda session: ensure_store(session, str(tmp_path / "pixels")))
    store(*place_pictures(database, row, [make(f"2.25.{n}", picture=str(n)) for n in range(3)]))
    store(*(make(f"2.25.{n}", picture=str(n)) for n in range(3, 6)))

    def read() -> list[bytes]:
        with database.session() as session:
            ids = session.scalars(select(Instance.id).order_by(Instance.sop_instance_uid)).all()
            return [frame.content for frame in frames_of(session, ids)]

    return read


WHOLE = [f"PNG of {n}".encode() for n in range(6)]


def test_all_pictures_move_into_one_store(
    database: Database,
    six: Callable[[], list[bytes]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """From the database and from another store, which is empty then; a second time nothing moves."""
    monkeypatch.setattr(pixel_moves, "_BYTES_AT_ONCE", 16)
    target = f"memory://{uuid.uuid4()}"
    report = move_pixels(database, target)
    assert (report.num_moved, report.num_lost, report.num_bytes) == (6, 0, 48)
    assert six() == WHOLE
    assert not [path for path in (tmp_path / "pixels").rglob("*") if path.is_file()]
    with database.session() as session:
        assert session.scalar(select(func.count()).where(Pixels.content.is_not(None))) == 0
    assert move_pixels(database, target).num_moved == 0


def test_a_lost_picture_stays_where_it_is_missed(
    database: Database, six: Callable[[], list[bytes]], tmp_path: Path
) -> None:
    """It is counted, and the others move."""
    (tmp_path / "pixels" / address_of(WHOLE[1], "png")).write_bytes(b"PNG of ?")
    report = move_pixels(database, str(tmp_path / "new"))
    assert (report.num_moved, report.num_lost) == (5, 1)
    with pytest.raises(DatabaseError, match="damaged in the pixel store"):
        six()


def test_a_folder_that_was_moved_is_found_again(
    database: Database, six: Callable[[], list[bytes]], tmp_path: Path
) -> None:
    """Once its pictures are there, and not before; under no name that is taken."""
    before, after = str(tmp_path / "pixels"), str(tmp_path / "archive")
    with pytest.raises(DatabaseError, match=r"not there|does not hold"):
        relocate_store(database, before, after)
    shutil.move(before, after)
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatabaseError, match="3 are missing there"):
        relocate_store(database, before, str(tmp_path / "empty"))
    assert relocate_store(database, before, after).num_pictures == 3
    assert six() == WHOLE
    with pytest.raises(ConfigError, match="No pixel store is recorded"):
        relocate_store(database, before, after)
    with pytest.raises(ConfigError, match=r"recorded at .* already"):
        relocate_store(database, after, after)
