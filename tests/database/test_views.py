"""The views for people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sqlalchemy import text

from database.batches import NewFrame, NewInstance, NewReading
from database.labels import add_readings
from database.session import Database, transaction
from database.views import RESEARCH_VIEWS


def rows(database: Database, query: str) -> list[tuple[object, ...]]:
    """Return the rows of a query."""
    with database.session() as session:
        return [tuple(row) for row in session.execute(text(query))]


def test_the_columns_are_those_of_the_database(database: Database) -> None:
    """What the documentation and the messages list is there, in that order."""
    with database.session() as session:
        for view, columns in RESEARCH_VIEWS.items():
            assert tuple(session.execute(text(f"SELECT * FROM {view}")).keys()) == columns


def test_an_image_is_one_row_whatever_is_unknown(
    database: Database, store: Callable[..., list[str]], make: Callable[..., NewInstance]
) -> None:
    """Only current versions, also those without patient and series."""
    bare = {"patient_key": None, "study_instance_uid": None, "series_instance_uid": None}
    store(make("2.25.1"), make("2.25.1", header="h2"), make("2.25.1", picture="q"))
    store(make("2.25.2", picture="r", **bare))
    found = rows(database, "SELECT sop_instance_uid, patient_key, study_instance_uid FROM image ORDER BY 1")
    assert found == [("2.25.1", "patient-a", "2.25.100"), ("2.25.2", None, None)]


def test_image_pixels_gives_png_only(
    database: Database, store: Callable[..., list[str]], make: Callable[..., NewInstance]
) -> None:
    """A TIFF would be no picture to a browser."""
    tiff = NewFrame(1, b"TIFF", "tiff", "float32", 0, "t" * 64)
    store(make("2.25.1"), make("2.25.2", picture="t", frames=(tiff,)))
    assert rows(database, "SELECT frame_number, png FROM image_pixels") == [(1, b"PNG of p")]


def test_image_label_gives_each_readers_newest_reading(
    database: Database, store: Callable[..., list[str]], make: Callable[..., NewInstance]
) -> None:
    """At all three levels; the history stays in the table."""
    store(make())
    own = NewReading("finding", "Mass", "0", "ana", subject_key="2.25.1")
    readings = [
        own,
        replace(own, value="1"),
        replace(own, reader="ben"),
        replace(own, subject_level="study", subject_key="2.25.100"),
        replace(own, subject_level="patient", subject_key="patient-a"),
        replace(own, subject_key="2.25.999"),
    ]
    transaction(database, lambda session: add_readings(session, readings))
    query = "SELECT subject_level, reader, value FROM image_label ORDER BY subject_level, reader"
    assert rows(database, query) == [
        ("instance", "ana", "1"),
        ("instance", "ben", "0"),
        ("patient", "ana", "0"),
        ("study", "ana", "0"),
    ]
