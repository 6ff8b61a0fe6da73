"""Storing instances."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import func, select

from database.batches import NewFrame, NewInstance, NewReading
from database.instances import store_instances
from database.schema import Frame, Instance, Label, Patient, Pixels, Series, Source, Study
from database.session import Database, open_database, transaction
from foundation.errors import DatabaseError

Make = Callable[..., NewInstance]
Store = Callable[..., list[str]]


def counted(database: Database, entity: type) -> int:
    """Return the number of rows of a table."""
    with database.session() as session:
        return session.scalar(select(func.count()).select_from(entity)) or 0


def test_a_first_file_is_stored_with_all_its_rows(database: Database, store: Store, make: Make) -> None:
    """Patient, study, series, instance, frame, pixels and source each get one row."""
    assert store(make()) == ["stored"]
    entities = (Patient, Study, Series, Instance, Frame, Pixels, Source)
    assert [counted(database, entity) for entity in entities] == [1] * 7


def test_values_come_back_as_they_went_in(database: Database, store: Store, make: Make) -> None:
    """Text, numbers, dates, JSON and bytes survive the round trip; NULL JSON is NULL."""
    content = bytes(range(256)) * 8
    frame = NewFrame(1, content, "tiff", "int16", 32768, "f" * 64, None, -(2**63))
    store(
        make(
            frames=(frame,),
            patient_age_years=0.1,
            study_date_shifted=date(1999, 2, 28),
            manufacturer="Müller ✓",
        )
    )
    with database.session() as session:
        instance = session.scalars(select(Instance)).one()
        assert instance.attributes == {"kvp": 120.5, "note": "ü"}
        assert instance.patient_age_years == 0.1
        assert instance.manufacturer == "Müller ✓"
        assert session.scalars(select(Study.study_date_shifted)).one() == date(1999, 2, 28)
        pixels = session.scalars(select(Pixels)).one()
        assert (pixels.content, pixels.stored_offset, pixels.dtype) == (content, 32768, "int16")
        frame_row = session.scalars(select(Frame)).one()
        assert frame_row.perceptual_hash == -(2**63)
        assert session.scalar(select(func.count()).where(Frame.rendering.is_(None))) == 1


def test_the_same_file_again_is_unchanged(database: Database, store: Store, make: Make) -> None:
    """A second run over the same files adds no row, nor does a file twice in one batch."""
    assert store(make(), make()) == ["stored", "unchanged"]
    assert store(make()) == ["unchanged"]
    assert counted(database, Source) == 1


def test_the_same_picture_elsewhere_is_resent(database: Database, store: Store, make: Make) -> None:
    """Another path, other file bytes, same picture and attributes: one more source, nothing else."""
    store(make())
    assert store(make(path="b"), make(path="c", file_sha256="e" * 64)) == ["resent", "resent"]
    assert (counted(database, Instance), counted(database, Source)) == (1, 3)


def test_other_attributes_make_a_version_that_takes_the_place(
    database: Database, store: Store, make: Make
) -> None:
    """The newer header is current, the older superseded, the picture's bytes stored once."""
    store(make())
    assert store(make(header="h2", body_part="HAND")) == ["updated"]
    with database.session() as session:
        rows = session.execute(
            select(Instance.version, Instance.status, Instance.body_part).order_by(Instance.version)
        )
        assert [tuple(row) for row in rows] == [(1, "superseded", "CHEST"), (2, "current", "HAND")]
    assert counted(database, Pixels) == 1


def test_another_picture_under_the_uid_is_a_conflict(database: Database, store: Store, make: Make) -> None:
    """It is kept as a version that is not current; further headers of it stay in conflict."""
    store(make())
    assert store(make(picture="q")) == ["conflict"]
    assert store(make(picture="q", header="h2")) == ["updated"]
    with database.session() as session:
        statuses = session.scalars(select(Instance.status).order_by(Instance.version)).all()
    assert statuses == ["current", "conflict", "conflict"]


def test_counts_do_not_depend_on_the_order_of_files(database: Database, store: Store, make: Make) -> None:
    """All orders of six files, in one batch or one by one, give the same counts and one current row."""
    files = [("p", "h"), ("p", "h2"), ("q", "h"), ("q", "h2"), ("p", "h")]
    expected = Counter({"stored": 1, "updated": 2, "conflict": 1, "resent": 1})
    for number, order in enumerate(itertools.permutations(range(len(files)))):
        if number % 10:
            continue
        batch = [
            make(f"2.25.{number}", picture=files[i][0], header=files[i][1], path=f"{number}/{i}")
            for i in order
        ]
        found = store(*batch) if number % 20 else [store(one)[0] for one in batch]
        assert Counter(found) == expected
        with database.session() as session:
            current = select(func.count()).where(
                Instance.sop_instance_uid == f"2.25.{number}", Instance.status == "current"
            )
            assert session.scalar(current) == 1


def test_upper_and_lower_case_tell_uids_apart(database: Database, store: Store, make: Make) -> None:
    """Two keys that differ by case only are two instances and two patients."""
    first = make("2.25.a", picture="1", patient_key="AbC")
    assert store(first, make("2.25.A", picture="2", patient_key="aBc")) == ["stored", "stored"]
    assert counted(database, Patient) == 2


def test_an_unknown_patient_makes_no_patient(database: Database, store: Store, make: Make) -> None:
    """Two pictures without a patient are not one patient, and need no series."""
    bare = {"patient_key": None, "study_instance_uid": None, "series_instance_uid": None}
    store(make("2.25.1", picture="1", **bare), make("2.25.2", picture="2", **bare))
    assert (counted(database, Patient), counted(database, Study), counted(database, Instance)) == (0, 0, 2)


def test_too_long_text_is_cut_on_every_dialect(database: Database, store: Store, make: Make) -> None:
    """A dirty header with a long manufacturer is stored, cut to its column."""
    store(make(manufacturer="ä" * 200))
    with database.session() as session:
        assert session.scalars(select(Instance.manufacturer)).one() == "ä" * 64


def test_labels_of_a_file_become_readings(database: Database, store: Store, make: Make) -> None:
    """They name the instance by its UID, and are not repeated by a resent file."""
    labels = (NewReading("body_part", "HAND", "1", "folder"),)
    store(make(labels=labels))
    store(make(labels=labels, path="elsewhere"))
    with database.session() as session:
        reading = session.scalars(select(Label)).one()
    assert (reading.subject_key, reading.class_name, reading.reading_number) == ("2.25.1", "HAND", 1)


def test_equal_pictures_of_two_instances_are_stored_once(
    database: Database, store: Store, make: Make
) -> None:
    """Two UIDs with one picture share its bytes, in one batch and across batches."""
    store(make("2.25.1"), make("2.25.2"))
    store(make("2.25.3"))
    assert (counted(database, Frame), counted(database, Pixels)) == (3, 1)


def test_two_threads_with_one_batch_store_it_once(
    database: Database, run_id: int, database_url: str, make: Make
) -> None:
    """Racing transactions leave the rows of one, and every file has a disposition in both."""
    batch = [
        make(f"2.25.{i}", picture=str(i), series_instance_uid=f"2.25.{i % 3}9", patient_key=f"k{i % 4}")
        for i in range(40)
    ]
    found: list[list[str]] = []
    start = threading.Barrier(3)

    def work(order: int) -> None:
        with open_database(database_url) as own:
            start.wait(10)
            found.append(
                transaction(
                    own,
                    lambda session: list(
                        store_instances(session, run_id=run_id, source_name="disk", batch=batch[::order])
                    ),
                    retries=8,
                )
            )

    threads = [threading.Thread(target=work, args=(order,)) for order in (1, -1, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counts = Counter(itertools.chain.from_iterable(found))
    assert counts == Counter(stored=40, unchanged=80)
    entities = (Instance, Frame, Pixels, Source)
    assert [counted(database, entity) for entity in entities] == [40] * 4
    assert (counted(database, Patient), counted(database, Series)) == (4, 3)


@pytest.mark.mysql
def test_a_picture_too_large_for_the_server_is_refused_before_it_is_sent(mysql_url: str, make: Make) -> None:
    """20 MiB are stored where max_allowed_packet lets them pass; else the message names the setting."""
    from database.packets import check_packet
    from database.runs import begin_run

    content = bytes(20 << 20)
    frame = NewFrame(1, content, "tiff", "uint16", 0, "a" * 64)
    with open_database(mysql_url) as database:
        run = transaction(
            database, lambda session: begin_run(session, source_name="disk", profile="strict", config={})
        )

        def store_it() -> list[str]:
            batch = [make(frames=(frame,))]
            return transaction(
                database,
                lambda session: list(store_instances(session, run_id=run, source_name="disk", batch=batch)),
            )

        try:
            with database.session() as session:
                check_packet(session, 2 * len(content) + 4096)
        except DatabaseError:
            with pytest.raises(DatabaseError, match="max_allowed_packet"):
                store_it()
            assert counted(database, Instance) == 0
        else:
            assert store_it() == ["stored"]
            with database.session() as session:
                assert session.scalars(select(Pixels.content)).one() == content
