"""Patients under several keys."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import select, text

from database.batches import NewInstance, NewReading
from database.cohort_members import cohort_members
from database.cohorts import CohortSelection, create_cohort
from database.labels import add_readings, resolve_labels
from database.patients import (
    RULE_FIELD,
    MergeCounts,
    PatientMerge,
    check_identifier_rule,
    count_patients,
    known_patient_keys,
    merge_patients,
    part_patients,
    patient_aliases,
)
from database.runs import begin_run
from database.schema import Patient
from database.session import Database, transaction
from foundation.errors import DatabaseError

SHIFTS = {"a": 100, "b": -50, "c": 7, "d": -182, "e": 182}

Store = Callable[..., list[str]]
Make = Callable[..., NewInstance]


def pairs(*words: str) -> list[PatientMerge]:
    """Return a merge list from words such as `a>b`, rows counted from 2."""
    return [PatientMerge(*word.split(">"), row_number=number) for number, word in enumerate(words, 2)]


def merge(database: Database, *words: str) -> MergeCounts:
    """Merge a list."""
    return transaction(
        database, lambda session: merge_patients(session, pairs(*words), shift_days=SHIFTS.__getitem__)
    )


def part(database: Database, *words: str) -> MergeCounts:
    """Take a list back."""
    return transaction(
        database, lambda session: part_patients(session, pairs(*words), shift_days=SHIFTS.__getitem__)
    )


def ends(database: Database) -> dict[str, tuple[str, int]]:
    """Return who each merged patient is, with the days between the calendars."""
    with database.session() as session:
        days = dict(session.execute(select(Patient.patient_key, Patient.merged_shift_days)).all())
        return {key: (end, days[key]) for key, end in patient_aliases(session).items()}


def test_chains_lead_to_their_end(database: Database) -> None:
    """In one list or over several, in whatever order; the days are those between the two calendars."""
    assert merge(database, "a>b", "b>c") == MergeCounts(num_merged=2)
    assert ends(database) == {"a": ("c", 7 - 100), "b": ("c", 7 + 50)}
    assert merge(database, "c>d") == MergeCounts(num_merged=1)
    assert ends(database) == {"a": ("d", -282), "b": ("d", -132), "c": ("d", -189)}


def test_the_same_list_again_changes_nothing(database: Database) -> None:
    """Also in parts, and with a row twice."""
    merge(database, "a>b", "b>c")
    before = ends(database)
    assert merge(database, "b>c", "a>b", "a>b") == MergeCounts(num_unchanged=3)
    assert ends(database) == before


def test_a_patient_who_is_merged_elsewhere_is_told(database: Database) -> None:
    """The last word counts."""
    merge(database, "a>b")
    assert merge(database, "a>c") == MergeCounts(num_moved=1)
    assert ends(database) == {"a": ("c", -93)}


def test_circles_and_contradictions_are_refused_whole(database: Database) -> None:
    """By row numbers, without a key; nothing of the list is merged."""
    with pytest.raises(DatabaseError, match="circle, with what was merged before: rows 3, 4") as caught:
        merge(database, "d>e", "a>b", "b>a")
    assert "'a'" not in str(caught.value)
    with pytest.raises(DatabaseError, match="two others: rows 2, 3"):
        merge(database, "a>b", "a>c")
    assert ends(database) == {}
    merge(database, "a>b")
    with pytest.raises(DatabaseError, match=r"circle.*rows 2"):
        merge(database, "b>a")
    assert ends(database) == {"a": ("b", -150)}


def test_a_row_that_is_taken_back_leaves_the_others(database: Database) -> None:
    """Whoever led over the patient leads to it again; a row that does not hold is counted."""
    merge(database, "a>b", "b>c", "d>c")
    assert part(database, "b>c", "d>a", "e>c") == MergeCounts(num_parted=1, num_otherwise=2)
    assert ends(database) == {"a": ("b", -150), "d": ("c", 189)}
    assert part(database, "a>b", "d>c") == MergeCounts(num_parted=2)
    assert ends(database) == {}


def test_views_and_members_follow(database: Database, store: Store, make: Make) -> None:
    """One patient, one calendar: distances in days are those of the true dates."""
    # True dates: 1 and 11 March 2020 of one person, who came as a and as b.
    store(
        make(
            "2.25.1",
            picture="p",
            patient_key="a",
            study_instance_uid="2.25.100",
            series_instance_uid="2.25.101",
            study_date_shifted=date(2020, 6, 9),
        ),
        make(
            "2.25.2",
            picture="q",
            patient_key="b",
            study_instance_uid="2.25.200",
            series_instance_uid="2.25.201",
            study_date_shifted=date(2020, 1, 21),
        ),
    )
    merge(database, "a>b")
    query = "SELECT patient_key, study_date_shifted FROM image ORDER BY sop_instance_uid"
    with database.session() as session:
        seen = [(key, str(day)) for key, day in session.execute(text(query))]
    assert seen == [("b", "2020-01-11"), ("b", "2020-01-21")]
    cohort = transaction(database, lambda session: create_cohort(session, CohortSelection(name="all")))
    with database.session() as session:
        members = list(cohort_members(session, cohort.id))
    assert [(row.patient_key, str(row.study_date_shifted)) for row in members] == seen
    assert [row.merged_shift_days for row in members] == [-150, 0]


def test_readings_of_a_patient_hold_under_all_keys(database: Database, store: Store, make: Make) -> None:
    """Whichever of the merged keys a reading names; each is seen once, and labels come to the same."""
    for number, key in enumerate("abc"):
        store(make(f"2.25.{number}", picture=key, patient_key=key))
    merge(database, "a>c", "b>c")
    readings = [
        NewReading("outcome", "died", value, reader, subject_level="patient", subject_key=key)
        for key, value, reader in (("a", "1", "registry"), ("c", "1", "clinic"))
    ]
    transaction(database, lambda session: add_readings(session, readings))
    query = "SELECT id, reader, value FROM image_label ORDER BY id, reader"
    with database.session() as session:
        seen = [tuple(row) for row in session.execute(text(query))]
        ids = session.scalars(text("SELECT id FROM image ORDER BY id")).all()
        resolved = resolve_labels(session, ids, "outcome", "multiple")
    assert seen == [(row_id, reader, "1") for row_id in ids for reader in ("clinic", "registry")]
    assert resolved.values == {row_id: {"died": "1"} for row_id in ids}


def test_a_study_of_two_patients_gives_no_wrong_date(database: Database, store: Store, make: Make) -> None:
    """Its date is on the calendar of who came first; for the other there is none until they are one."""
    day = date(2020, 6, 9)
    store(make("2.25.1", picture="p", patient_key="a", study_date_shifted=day))
    store(make("2.25.2", picture="q", patient_key="b", study_date_shifted=date(2020, 1, 11)))
    store(make("2.25.3", picture="r", patient_key=None))
    query = text("SELECT study_date_shifted FROM image ORDER BY sop_instance_uid")

    def seen() -> list[str]:
        with database.session() as session:
            return [str(found) for found in session.scalars(query)]

    assert seen() == ["2020-06-09", "None", "2020-06-09"]
    merge(database, "b>a")
    assert seen() == ["2020-06-09", "2020-06-09", "2020-06-09"]
    part(database, "b>a")
    merge(database, "a>b")
    assert seen() == ["2020-01-11"] * 3


def test_files_that_come_later_follow(database: Database, store: Store, make: Make) -> None:
    """A merge list may know patients that no file has named yet."""
    merge(database, "a>b")
    store(make("2.25.1", patient_key="a"))
    with database.session() as session:
        assert session.scalars(text("SELECT patient_key FROM image")).all() == ["b"]
        assert known_patient_keys(session, ["a", "b", "c"]) == {"a", "b"}


def test_merged_patients_are_counted_once(database: Database, store: Store, make: Make) -> None:
    """With pictures whose patient nobody knows, and keys that no picture has."""
    keys = ["a", "a", "b", "c", None]
    store(*(make(f"2.25.{n}", picture=str(n), patient_key=key) for n, key in enumerate(keys)))
    store(make("2.25.0", header="better", picture="0", patient_key="a"))
    merge(database, "a>b", "e>d")
    with database.session() as session:
        counts = count_patients(session)
    assert counts.model_dump() == {
        "num_patients": 2,
        "num_merged_keys": 2,
        "num_keys_without_pictures": 2,
        "num_images": 5,
        "num_images_patient_unknown": 1,
        "largest_num_images": 3,
    }


def test_nothing_is_counted_in_an_empty_database(database: Database) -> None:
    """Every number is 0."""
    with database.session() as session:
        assert set(count_patients(session).model_dump().values()) == {0}


def test_another_rule_for_ids_is_refused(database: Database) -> None:
    """The same patient would get two keys; a database that records none takes any."""

    def record(rule: str | None) -> None:
        config = {} if rule is None else {RULE_FIELD: rule}
        transaction(
            database,
            lambda session: begin_run(session, source_name="disk", profile="research", config=config),
        )

    with database.session() as session:
        check_identifier_rule(session, "rule-1")
    record("rule-1")
    record(None)
    with database.session() as session:
        check_identifier_rule(session, "rule-1")
        with pytest.raises(DatabaseError, match=r'by the rule "rule-1" .* has "rule-2"'):
            check_identifier_rule(session, "rule-2")
