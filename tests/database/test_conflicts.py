"""Conflicts and their resolution."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from database.batches import NewInstance, NewReading
from database.conflicts import Resolved, count_conflicts, list_conflicts, resolve_conflict
from database.labels import add_readings
from database.schema import Instance, Label, Source
from database.session import Database, transaction
from foundation.errors import DatabaseError

Store = Callable[..., list[str]]
Make = Callable[..., NewInstance]

UID = "2.25.1"


def _resolve(database: Database, keep: int, uid: str = UID) -> Resolved:
    return transaction(
        database, lambda session: resolve_conflict(session, uid, keep=keep, folder_reader="folder")
    )


def _statuses(database: Database) -> dict[int, str]:
    with database.session() as session:
        found = session.execute(select(Instance.version, Instance.status).order_by(Instance.version))
        return {row.version: row.status for row in found}


@pytest.fixture
def conflict(store: Store, make: Make) -> None:
    """Store one UID with two pictures, each in the class folder of another class."""
    for picture, name in (("a", "HAND"), ("b", "FOOT")):
        reading = NewReading("body_part", name, "1", "folder")
        store(make(UID, picture=picture, labels=(reading,)))


@pytest.mark.usefixtures("conflict")
def test_conflicts_are_listed_with_all_their_versions(database: Database, store: Store, make: Make) -> None:
    """Sound instances are not."""
    store(make("2.25.2", picture="c"))
    with database.session() as session:
        found = list_conflicts(session)
        assert count_conflicts(session) == len(found) == 1
    assert [(one.version, one.status, one.num_sources) for one in found[0].versions] == [
        (1, "current", 1),
        (2, "conflict", 1),
    ]


@pytest.mark.usefixtures("conflict")
def test_the_kept_version_counts_and_the_readings_of_the_other_are_taken_back(database: Database) -> None:
    """A reading is never erased: a newer one says that nothing is known."""
    done = _resolve(database, 2)
    assert _statuses(database) == {1: "superseded", 2: "current"}
    assert (done.former_version, done.num_superseded, done.num_readings_withdrawn) == (1, 1, 1)
    with database.session() as session:
        readings = session.execute(select(Label.class_name, Label.value).order_by(Label.reading_number)).all()
        assert [tuple(reading) for reading in readings] == [("HAND", "1"), ("HAND", "not_mentioned")]
        assert count_conflicts(session) == 0


@pytest.mark.usefixtures("conflict")
def test_ingest_again_brings_the_readings_of_the_kept_version(
    database: Database, store: Store, make: Make
) -> None:
    """Its file is read anew, is resent, and tells its class."""
    assert _resolve(database, 2).num_sources_forgotten == 1
    reading = NewReading("body_part", "FOOT", "1", "folder")
    assert store(make(UID, picture="b", labels=(reading,))) == ["resent"]
    with database.session() as session:
        readings = session.execute(select(Label.class_name, Label.value).order_by(Label.reading_number))
        newest = {row.class_name: row.value for row in readings}
        assert newest == {"HAND": "not_mentioned", "FOOT": "1"}
        assert len(session.scalars(select(Source.id)).all()) == 2


@pytest.mark.usefixtures("conflict")
def test_readings_of_people_stay_and_are_told(database: Database) -> None:
    """Who made them must look again."""
    reading = NewReading("finding", "Mass", "1", "ana", subject_key=UID)
    transaction(database, lambda session: add_readings(session, [reading]))
    assert _resolve(database, 2).num_readings_kept == 1


@pytest.mark.usefixtures("conflict")
def test_keeping_the_current_version_takes_nothing_back(database: Database) -> None:
    """The other one is superseded, and a decision can be changed later."""
    done = _resolve(database, 1)
    assert (done.former_version, done.num_readings_withdrawn, done.num_sources_forgotten) == (None, 0, 0)
    assert _statuses(database) == {1: "current", 2: "superseded"}
    _resolve(database, 2)
    assert _statuses(database) == {1: "superseded", 2: "current"}


@pytest.mark.usefixtures("conflict")
@pytest.mark.parametrize(
    ("uid", "keep", "told"), [("2.25.9", 1, "There is no instance"), (UID, 7, "Known: 1, 2")]
)
def test_what_is_not_there_is_told(database: Database, uid: str, keep: int, told: str) -> None:
    """With what is."""
    with pytest.raises(DatabaseError, match=told):
        _resolve(database, keep, uid)


def test_versions_of_one_picture_are_no_conflict(database: Database, store: Store, make: Make) -> None:
    """Another header is an update."""
    store(make(UID, header="a"))
    store(make(UID, header="b"))
    with pytest.raises(DatabaseError, match="same picture"):
        _resolve(database, 1)
