"""Pictures that come again with a table."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select

from database.batches import NewInstance, NewReading
from database.known_pictures import known_pictures, release_files
from database.labels import add_readings
from database.schema import Instance, Label, Source
from database.session import Database, transaction


def test_what_is_stored_of_a_file_is_told(
    database: Database, store: Callable[..., list[str]], make: Callable[..., NewInstance]
) -> None:
    """By source, place and bytes; other files are not answered."""
    picture = make(kind="picture", patient_sex="F", view_position="PA")
    store(picture)
    key = (picture.path_key, picture.file_sha256)
    with database.session() as session:
        found = known_pictures(session, "disk", [key, ("none", "none")])
        assert known_pictures(session, "tape", [key]) == {}
    assert list(found) == [key]
    assert (found[key].patient_sex, found[key].patient_age_years, found[key].view_position) == (
        "F",
        None,
        "PA",
    )


def test_a_released_file_leaves_its_instance_when_it_was_the_last(
    database: Database, store: Callable[..., list[str]], make: Callable[..., NewInstance]
) -> None:
    """Then it is superseded, and its readings are said again of the new UID."""
    first, copy = make(kind="picture", path="a"), make(kind="picture", path="b")
    store(first, copy)
    reading = NewReading("finding", "Mass", "uncertain", "ana", subject_key=first.sop_instance_uid)
    transaction(database, lambda session: add_readings(session, [reading]))
    ends = []
    for picture, uid in ((first, "2.25.8"), (copy, "2.25.9")):
        renamed = {(picture.path_key, picture.file_sha256): uid, ("none", "none"): "2.25.7"}
        assert transaction(database, lambda session, some=renamed: release_files(session, "disk", some)) == 1
        with database.session() as session:
            ends.append(
                (session.scalars(select(Instance.status)).one(), len(session.scalars(select(Source)).all()))
            )
    assert ends == [("current", 1), ("superseded", 0)]
    with database.session() as session:
        said = session.execute(select(Label.subject_key, Label.value, Label.reader).order_by(Label.id)).all()
    assert [tuple(row) for row in said] == [
        ("2.25.1", "uncertain", "ana"),
        ("2.25.8", "uncertain", "ana"),
        ("2.25.9", "uncertain", "ana"),
    ]


def test_a_file_under_the_same_uid_is_only_read_again(
    database: Database, store: Callable[..., list[str]], make: Callable[..., NewInstance]
) -> None:
    """As another version: its instance stays current until then."""
    picture = make(kind="picture")
    store(picture)
    key = (picture.path_key, picture.file_sha256)
    transaction(database, lambda session: release_files(session, "disk", {key: picture.sop_instance_uid}))
    with database.session() as session:
        assert session.scalars(select(Instance.status)).all() == ["current"]
    assert store(make(kind="picture", header="more")) == ["updated"]
