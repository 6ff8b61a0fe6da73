"""Readings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from database.batches import NewInstance, NewReading
from database.labels import add_readings, append_readings, classes_read, resolve_labels
from database.schema import Instance, Label, Patient
from database.session import Database, open_database, transaction
from foundation.errors import DatabaseError, UnknownNameError

HAND = NewReading("body_part", "HAND", "1", "ana", subject_key="2.25.1")


def add(database: Database, *readings: NewReading) -> int:
    """Append readings in one transaction."""
    return transaction(database, lambda session: add_readings(session, readings))


@pytest.fixture
def one_id(database: Database, store: Callable[..., list[str]], make: Callable[..., NewInstance]) -> int:
    """Give the row id of a stored instance with the body part CHEST."""
    store(make())
    with database.session() as session:
        return session.scalars(select(Instance.id)).one()


def test_readings_are_numbered_and_never_changed(database: Database) -> None:
    """A repeat adds nothing; a correction is the next reading; going back is another one."""
    assert add(database, HAND, HAND) == 1
    assert add(database, HAND) == 0
    assert add(database, replace(HAND, value="0"), replace(HAND, value="1")) == 2
    with database.session() as session:
        rows = session.execute(select(Label.reading_number, Label.value).order_by(Label.id)).all()
    assert [tuple(row) for row in rows] == [(1, "1"), (2, "0"), (3, "1")]


@pytest.mark.parametrize(
    "wrong",
    [
        replace(HAND, value="yes"),
        replace(HAND, subject_key=None),
        replace(HAND, subject_level="hospital"),
        replace(HAND, class_name=""),
        replace(HAND, class_name="x" * 65),
    ],
)
def test_readings_that_cannot_be_stored_are_refused(database: Database, wrong: NewReading) -> None:
    """None is stored, and no name is cut: it might become equal to another."""
    with pytest.raises(DatabaseError):
        add(database, HAND, wrong)
    with database.session() as session:
        assert session.scalars(select(Label)).all() == []


def test_the_newest_reading_of_the_nearest_level_counts(database: Database, one_id: int) -> None:
    """Header, then patient, then study, then instance, each overruling the one before."""
    expected = ["CHEST"]
    steps = [
        replace(HAND, class_name="FOOT", subject_level="patient", subject_key="patient-a"),
        replace(HAND, class_name="KNEE", subject_level="study", subject_key="2.25.100"),
        HAND,
    ]
    with database.session() as session:
        found = [resolve_labels(session, [one_id], "body_part").values[one_id]]
    for step in steps:
        add(database, step)
        expected.append(step.class_name)
        with database.session() as session:
            found.append(resolve_labels(session, [one_id], "body_part").values[one_id])
    assert [list(values) for values in found] == [[name] for name in expected]


def test_other_tasks_have_no_answer_in_the_header(database: Database, one_id: int) -> None:
    """Unlabelled pictures are listed, and so are those whose readers disagree."""
    with database.session() as session:
        assert resolve_labels(session, [one_id], "finding").unlabelled == (one_id,)
    reading = replace(HAND, task="finding", class_name="Mass")
    add(database, reading, replace(reading, reader="ben", value="0"))
    with database.session() as session:
        resolved = resolve_labels(session, [one_id], "finding")
    assert (resolved.conflicts, dict(resolved.values)) == ((one_id,), {})


def test_an_unknown_policy_is_named(database: Database) -> None:
    """The message lists the known ones."""
    with database.session() as session, pytest.raises(UnknownNameError, match="multiple, single"):
        resolve_labels(session, [], "body_part", "most")


def test_an_older_state_can_be_resolved_again(database: Database, one_id: int) -> None:
    """Up to a row of `label`: what a cohort was frozen with."""
    add(database, HAND)
    with database.session() as session:
        frozen = session.scalars(select(Label.id)).one()
    add(database, replace(HAND, class_name="FOOT", reader="ben"))
    with database.session() as session:
        assert resolve_labels(session, [one_id], "body_part").conflicts == (one_id,)
        then = resolve_labels(session, [one_id], "body_part", max_label_id=frozen)
        assert then.values == {one_id: {"HAND": "1"}}
        assert classes_read(session, [one_id], "body_part") == {one_id: {"FOOT", "HAND"}}


def test_readings_of_a_patient_follow_the_merge_list(database: Database, one_id: int) -> None:
    """Those of the alias and of the leading patient are one subject's; of one reader the newest counts."""

    def merge(session: object) -> None:
        leading = Patient(patient_key="patient-b")
        session.add(leading)  # type: ignore[attr-defined]
        session.flush()  # type: ignore[attr-defined]
        alias = session.scalars(select(Patient).where(Patient.patient_key == "patient-a")).one()  # type: ignore[attr-defined]
        alias.merged_into_id = leading.id

    first = replace(HAND, task="finding", class_name="Mass", subject_level="patient", subject_key="patient-a")
    add(database, first)
    transaction(database, merge)
    with database.session() as session:
        assert resolve_labels(session, [one_id], "finding", "multiple").values == {one_id: {"Mass": "1"}}
    add(database, replace(first, value="0", subject_key="patient-b"))
    with database.session() as session:
        assert resolve_labels(session, [one_id], "finding", "multiple").values == {one_id: {"Mass": "0"}}


def test_readings_tell_what_they_met(database: Database) -> None:
    """Repeats, own corrections, and other readers who say otherwise."""
    other = replace(HAND, reader="ben")
    add(database, other)
    met = transaction(
        database,
        lambda session: append_readings(session, [HAND, replace(other, value="0")], single_label=True),
    )
    assert (met.num_added, met.num_corrections) == (2, 1)
    assert met.contradicted == {("instance", "2.25.1")}
    add(database, replace(HAND, reader="ben"))
    foot = replace(HAND, class_name="FOOT", reader="cy")
    for single_label, expected in ((False, frozenset()), (True, {("instance", "2.25.1")})):
        met = transaction(
            database,
            lambda session, single=single_label: append_readings(session, [foot], single_label=single),
        )
        assert met.contradicted == expected


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None
)
@given(
    batches=st.lists(
        st.lists(
            st.tuples(
                st.sampled_from("xyz"), st.sampled_from(["1", "0", "uncertain"]), st.sampled_from("ab")
            ),
            max_size=5,
        ),
        min_size=1,
        max_size=4,
    )
)
def test_readings_are_only_ever_appended(sqlite_url: str, batches: list[list[tuple[str, str, str]]]) -> None:
    """Whatever comes, no row changes, numbers run from 1, and the newest row is what was said last."""
    with open_database(sqlite_url) as database:
        with database.session() as session:
            before = snapshot(session)
        last: dict[tuple[str, str], str] = {}
        for batch in batches:
            readings = [
                replace(HAND, class_name=name, value=value, reader=reader) for name, value, reader in batch
            ]
            add(database, *readings)
            last.update({(name, reader): value for name, value, reader in batch})
            with database.session() as session:
                after = snapshot(session)
            assert after[: len(before)] == before
            before = after
        for (name, reader), value in last.items():
            said = [row for row in before if row[1:3] == (name, reader)]
            assert [row[3] for row in said] == list(range(1, len(said) + 1))
            assert said[-1][4] == value


def snapshot(session: object) -> list[tuple[object, ...]]:
    """Return every reading in the order of rows."""
    query = select(Label.id, Label.class_name, Label.reader, Label.reading_number, Label.value)
    return [tuple(row) for row in session.execute(query.order_by(Label.id))]  # type: ignore[attr-defined]
