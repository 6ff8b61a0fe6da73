"""Frames and their bytes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select, update

from database import pictures
from database.batches import NewFrame, NewInstance
from database.pictures import frame_content, frame_hashes, frames_of
from database.schema import Instance, Pixels
from database.session import Database, transaction
from foundation.errors import DatabaseError


def frames(name: str, count: int) -> tuple[NewFrame, ...]:
    """Return frames with bytes of their own."""
    return tuple(
        NewFrame(n, f"{name}{n}".encode(), "png", "uint8", 0, f"{name}{n}".ljust(64, "0"), {"n": n})
        for n in range(1, count + 1)
    )


def test_frames_come_in_the_order_of_the_ids_asked_for(
    database: Database,
    store: Callable[..., list[str]],
    make: Callable[..., NewInstance],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """However they are portioned: instance by instance, frame by frame, with bytes and rendering."""
    monkeypatch.setattr(pictures, "_BYTES_AT_ONCE", 5)
    monkeypatch.setattr(pictures, "_INSTANCES_AT_ONCE", 2)
    store(*(make(f"2.25.{i}", picture=str(i), frames=frames(f"f{i}", 3)) for i in range(3)))
    with database.session() as session:
        ids = list(session.scalars(select(Instance.id).order_by(Instance.id.desc())))
        found = list(frames_of(session, ids))
        assert [(frame.instance_id, frame.frame_number) for frame in found] == [
            (row_id, n) for row_id in ids for n in (1, 2, 3)
        ]
        assert found[0].content == b"f21"
        assert found[0].rendering == {"n": 1}
        assert frame_hashes(session, ids)[ids[0]] == [frame.stored_values_sha256 for frame in found[:3]]


def test_one_frame_is_found_by_its_number(
    database: Database, store: Callable[..., list[str]], make: Callable[..., NewInstance]
) -> None:
    """Without touching the others; a number that no frame has gives nothing."""
    store(make(frames=frames("f", 3)))
    with database.session() as session:
        instance_id = session.scalars(select(Instance.id)).one()
        found = frame_content(session, instance_id, 2)
        assert found is not None
        assert (found.frame_number, found.content) == (2, b"f2")
        assert frame_content(session, instance_id, 4) is None
        assert frame_content(session, instance_id + 1, 1) is None


def test_only_wanted_frames_are_read(
    database: Database,
    store: Callable[..., list[str]],
    make: Callable[..., NewInstance],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The bytes of the others are not asked for."""
    store(make("2.25.1", frames=frames("f", 3)), make("2.25.2", picture="g", frames=frames("g", 2)))
    asked: list[int] = []
    read = pictures._contents
    monkeypatch.setattr(pictures, "_contents", lambda session, ids: asked.extend(ids) or read(session, ids))
    with database.session() as session:
        ids = list(session.scalars(select(Instance.id).order_by(Instance.id)))
        found = frames_of(
            session, ids, is_wanted=lambda row_id, number: number == (2 if row_id == ids[0] else 1)
        )
        assert [frame.content for frame in found] == [b"f2", b"g1"]
    assert len(asked) == 2


def test_bytes_that_lie_nowhere_are_told(
    database: Database, store: Callable[..., list[str]], make: Callable[..., NewInstance]
) -> None:
    """A picture without content is an error that names the remedy, not a crash."""
    store(make())
    transaction(database, lambda session: session.execute(update(Pixels).values(content=None)))
    with database.session() as session, pytest.raises(DatabaseError, match="is missing from the database"):
        list(frames_of(session, session.scalars(select(Instance.id)).all()))


def test_a_picture_larger_than_a_statement_is_stored_in_pieces(
    database: Database,
    store: Callable[..., list[str]],
    make: Callable[..., NewInstance],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every byte arrives once, also when two instances show the picture and when it comes again."""
    if database.dialect_name != "sqlite":  # which takes all in one
        monkeypatch.setattr(pictures, "packet_limit", lambda _session: 12_096)
    content = bytes(range(256)) * 41 + b"'\\\0"
    frame = NewFrame(1, content, "png", "uint8", 0, "large".ljust(64, "0"))
    store(make("2.25.1", frames=(frame,)), make("2.25.2", frames=(frame,)))
    store(make("2.25.3", frames=(frame,)))
    with database.session() as session:
        assert [row.content for row in session.scalars(select(Pixels))] == [content]
        ids = list(session.scalars(select(Instance.id)))
        assert [found.content for found in frames_of(session, ids)] == [content] * 3
