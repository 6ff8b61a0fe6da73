"""Pixel stores held against the rows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import update

from database import pixel_checks
from database.batches import NewInstance
from database.object_stores import address_of, open_object_store
from database.pixel_checks import PixelCheckConfig, check_pixels
from database.pixel_stores import StoreRow, ensure_store, place_pictures
from database.runs import finish_run
from database.schema import Pixels
from database.session import Database, transaction
from foundation.errors import DatabaseError


@pytest.fixture
def filled(
    database: Database, store: Callable[..., list[str]], make: Callable[..., NewInstance], tmp_path: Path
) -> StoreRow:
    """Give a store with six pictures that rows name and one that none does, one more in the database."""
    row = transaction(database, lambda session: ensure_store(session, str(tmp_path / "pixels")))
    placed = place_pictures(database, row, [make(f"2.25.{n}", picture=str(n)) for n in range(6)])
    store(*placed, make("2.25.9", picture="in"))
    open_object_store(row.url).put(address_of(b"unnamed", "png"), b"unnamed")
    return row


def place(tmp_path: Path, number: int) -> Path:
    """Return where a picture lies."""
    return tmp_path / "pixels" / address_of(f"PNG of {number}".encode(), "png")


def test_whole_pictures_are_sound_and_others_are_counted(
    database: Database, filled: StoreRow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Missing, cut, damaged and unnamed ones each under their own name; damage shows when bytes are read."""
    monkeypatch.setattr(pixel_checks, "CHUNK", 2)
    report = check_pixels(PixelCheckConfig(verify=True), database=database)
    assert report.is_sound
    assert (report.num_in_database, report.num_nowhere) == (1, 0)
    assert report.stores[0].model_dump(exclude={"url"}) == {
        "num_named": 6,
        "num_missing": 0,
        "num_of_other_size": 0,
        "num_damaged": 0,
        "num_unreferenced": 1,
        "unreferenced_bytes": 7,
        "num_removed": 0,
    }
    place(tmp_path, 0).unlink()
    place(tmp_path, 1).write_bytes(b"PNG")
    place(tmp_path, 2).write_bytes(b"PNG of ?")
    report = check_pixels(PixelCheckConfig(), database=database)
    assert not report.is_sound
    found = report.stores[0]
    assert (found.num_missing, found.num_of_other_size, found.num_damaged) == (1, 1, None)
    report = check_pixels(PixelCheckConfig(verify=True), database=database)
    assert report.stores[0].num_damaged == 1


def test_a_row_without_bytes_and_address_is_told(database: Database, filled: StoreRow) -> None:
    """Nothing can show that picture."""
    lose = update(Pixels).where(Pixels.content.is_not(None)).values(content=None)
    transaction(database, lambda session: session.execute(lose))
    report = check_pixels(PixelCheckConfig(), database=database)
    assert (report.num_in_database, report.num_nowhere, report.is_sound) == (0, 1, False)


def test_unnamed_pictures_go_once_nothing_is_ingested(
    database: Database, filled: StoreRow, run_id: int, tmp_path: Path
) -> None:
    """A run that may still bring their rows holds them back, and so does their age."""
    remove = PixelCheckConfig(remove_unreferenced=True, minimum_age_hours=0)
    with pytest.raises(DatabaseError, match="being ingested"):
        check_pixels(remove, database=database)
    transaction(database, lambda session: finish_run(session, run_id, {}))
    young = check_pixels(PixelCheckConfig(remove_unreferenced=True), database=database)
    assert (young.stores[0].num_unreferenced, young.stores[0].num_removed) == (1, 0)
    left = place(tmp_path, 0).with_name(f".{place(tmp_path, 0).name}.0123abcd.partial")
    left.write_bytes(b"PN")
    report = check_pixels(remove, database=database)
    assert report.stores[0].num_removed == 2
    assert not left.exists()
    after = check_pixels(PixelCheckConfig(verify=True), database=database)
    assert after.is_sound
    assert (after.stores[0].num_named, after.stores[0].num_unreferenced) == (6, 0)
