"""Labels in bulk."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import pytest
from sqlalchemy import select

from database.batches import NewInstance, NewReading
from database.cohort_candidates import ANSWER_OF, CANDIDATE, count_candidates, load_candidates, working_tables
from database.cohort_labels import (
    DISAGREE,
    SEVERAL,
    UNLABELLED,
    Answers,
    keep_answered,
    read_units,
    resolve_candidates,
)
from database.cohort_selections import Unit
from database.label_policies import LabelPolicy, parse_policy
from database.labels import add_readings, resolve_labels
from database.patients import PatientMerge, merge_patients
from database.session import Database, transaction

Store = Callable[..., list[str]]
Make = Callable[..., NewInstance]

POLICIES = ("single", "multiple", "majority", "consensus:2", "source_order:ben,ana;uncertain=ignore")


def read(
    database: Database, key: str, class_name: str, value: str = "1", *, reader: str = "ana", **more: str
) -> None:
    """Append one reading."""
    level, task = more.get("level", "instance"), more.get("task", "finding")
    reading = NewReading(task, class_name, value, reader, subject_level=level, subject_key=key)
    transaction(database, lambda session: add_readings(session, [reading]))


def resolved(
    database: Database, task: str, policy: LabelPolicy, unit: Unit = "image"
) -> dict[str, dict[str, str] | int]:
    """Return the answer of each picture by UID: its labels, or the number that is none."""
    with database.session() as session, working_tables(session):
        load_candidates(session, unit=unit, instance_ids=None)
        answers = resolve_candidates(session, task=task, policy=policy, unit=unit, max_label_id=None)
        labels = answers.by_number()
        query = select(CANDIDATE.c.sop_instance_uid, ANSWER_OF.c.answer).outerjoin(
            ANSWER_OF, ANSWER_OF.c.unit_id == CANDIDATE.c.unit_id
        )
        return {
            uid: labels.get(number, number) if number is not None else UNLABELLED
            for uid, number in session.execute(query)
        }


@pytest.fixture
def studies(database: Database, store: Store, make: Make) -> Database:
    """Give two studies of patient-a with two pictures each, and one picture of patient-b."""
    store(
        *(
            make(
                f"2.25.{number}",
                picture=str(number),
                study_instance_uid=f"study-{number // 2}",
                series_instance_uid=f"series-{number // 2}",
                patient_key="patient-b" if number == 4 else "patient-a",
                body_part=("CHEST", "CHEST", "HAND", "FOOT", None)[number],
            )
            for number in range(5)
        )
    )
    return database


@pytest.mark.parametrize("task", ["finding", "body_part"])
def test_answers_are_those_that_pictures_get_one_by_one(studies: Database, task: str) -> None:
    """For random readings at all levels, by every policy, with a merged patient and corrections."""
    chance = random.Random(7)
    merges = [PatientMerge("patient-c", "patient-a", 1)]
    transaction(studies, lambda session: merge_patients(session, merges, shift_days=lambda _: 0))
    subjects = [("instance", f"2.25.{number}") for number in range(4)]
    subjects += [
        ("study", "study-0"),
        ("study", "study-1"),
        ("patient", "patient-a"),
        ("patient", "patient-c"),
    ]
    readings = [
        NewReading(
            task,
            chance.choice(("Mass", "Edema", "Hernia")),
            chance.choice(("1", "1", "0", "uncertain", "not_mentioned")),
            chance.choice(("ana", "ben", "cy")),
            subject_level=level,
            subject_key=key,
        )
        for level, key in chance.choices(subjects, k=40)
        if key != "2.25.3"
    ]
    for one in readings:
        transaction(studies, lambda session, one=one: add_readings(session, [one]))
    for text in POLICIES:
        for several in (False, True):
            policy = parse_policy(text, multi_label=several)
            with studies.session() as session, working_tables(session):
                load_candidates(session, unit="image", instance_ids=None)
                ids: Sequence[int] = session.scalars(select(CANDIDATE.c.instance_id)).all()
                uids = dict(
                    session.execute(select(CANDIDATE.c.instance_id, CANDIDATE.c.sop_instance_uid)).all()
                )
                one_by_one = resolve_labels(session, ids, task, policy)
            in_bulk = resolved(studies, task, policy)
            wanted = {uids[row]: dict(values) for row, values in one_by_one.values.items()}
            wanted |= {uids[row]: DISAGREE for row in one_by_one.conflicts}  # type: ignore[misc]
            wanted |= {uids[row]: SEVERAL for row in one_by_one.several}  # type: ignore[misc]
            wanted |= {uids[row]: UNLABELLED for row in one_by_one.unlabelled}  # type: ignore[misc]
            assert in_bulk == wanted, text


def test_a_study_has_one_answer(studies: Database) -> None:
    """Its own reading first; else its pictures pooled: present in one is present; else the patient's."""
    policy = parse_policy("multiple")
    read(studies, "2.25.0", "Mass", "0")
    read(studies, "2.25.1", "Mass", "1")
    read(studies, "patient-a", "Edema", level="patient")
    found = resolved(studies, "finding", policy, "study")
    assert found["2.25.0"] == found["2.25.1"] == {"Mass": "1"}
    assert found["2.25.2"] == found["2.25.3"] == {"Edema": "1"}
    assert found["2.25.4"] == UNLABELLED
    read(studies, "study-0", "Hernia", level="study")
    assert resolved(studies, "finding", policy, "study")["2.25.1"] == {"Hernia": "1"}


def test_a_patient_has_one_answer(studies: Database) -> None:
    """Its own reading first, else its studies' pooled, else its pictures'."""
    policy = parse_policy("single")
    read(studies, "2.25.3", "Mass")
    assert resolved(studies, "finding", policy, "patient")["2.25.0"] == {"Mass": "1"}
    read(studies, "study-0", "Edema", level="study")
    assert resolved(studies, "finding", policy, "patient")["2.25.3"] == {"Edema": "1"}
    read(studies, "study-1", "Mass", level="study")
    assert resolved(studies, "finding", policy, "patient")["2.25.3"] == SEVERAL  # both are ana's
    read(studies, "patient-a", "Hernia", level="patient")
    assert resolved(studies, "finding", policy, "patient")["2.25.3"] == {"Hernia": "1"}


def test_headers_answer_for_whole_units(studies: Database) -> None:
    """One body part is the unit's; several are a dispute, or several labels where that is allowed."""
    single = resolved(studies, "body_part", parse_policy("single"), "study")
    assert (single["2.25.0"], single["2.25.2"], single["2.25.4"]) == ({"CHEST": "1"}, DISAGREE, UNLABELLED)
    several = resolved(studies, "body_part", parse_policy("multiple"), "study")
    assert several["2.25.2"] == several["2.25.3"] == {"HAND": "1", "FOOT": "1"}


def test_pictures_without_an_answer_are_left_out_by_reason(studies: Database) -> None:
    """Also those whose classes have no place in a map."""
    read(studies, "2.25.0", "Mass")
    read(studies, "2.25.0", "Edema", reader="ben")
    read(studies, "2.25.1", "Mass")
    read(studies, "2.25.2", "Nodule")
    with studies.session() as session, working_tables(session):
        load_candidates(session, unit="image", instance_ids=None)
        answers = resolve_candidates(
            session, task="finding", policy=parse_policy("single"), unit="image", max_label_id=None
        )
        labels, left_out = keep_answered(session, answers, {"mass": "Tumour"})
        assert left_out == {
            "readers_disagree": 1,
            "unlabelled": 2,
            "without_mapped_class": 1,
            "not mapped: Nodule": 1,
        }
        assert list(labels.values()) == [{"Tumour": "1"}]
        assert count_candidates(session).num_images == 1


def test_several_classes_of_one_reader_are_no_dispute(studies: Database) -> None:
    """Counted apart where one class was asked for, with the switch; another reader's word is a dispute."""
    for class_name in ("Mass", "Edema"):
        read(studies, "2.25.0", class_name)
    read(studies, "2.25.1", "Mass")
    read(studies, "2.25.1", "Edema", reader="ben")
    for policy in ("single", "majority", "consensus:1", "source_order:ana,ben"):
        with studies.session() as session, working_tables(session):
            load_candidates(session, unit="image", instance_ids=None)
            answers = resolve_candidates(
                session, task="finding", policy=parse_policy(policy), unit="image", max_label_id=None
            )
            _, left_out = keep_answered(session, answers)
        assert left_out["several classes of one reader (--set multi_label=true)"] == 1
        assert left_out["readers_disagree"] == (policy != "source_order:ana,ben")


def test_readings_after_a_row_do_not_count(studies: Database) -> None:
    """A cohort takes those up to the last one that was there."""
    read(studies, "2.25.0", "Mass")
    asked: list[int] = []
    with studies.session() as session, working_tables(session):
        load_candidates(session, unit="image", instance_ids=None)
        read_units(
            session,
            task="finding",
            unit="image",
            max_label_id=0,
            decide=lambda some: asked.append(len(some)) or 1,
        )
    assert asked == []


def test_equal_labels_have_one_number() -> None:
    """Whatever their order; none have none."""
    answers = Answers()
    assert answers.number({"a": "1", "b": "0"}) == answers.number({"b": "0", "a": "1"}) == 1
    assert (answers.number({"a": "1"}), answers.number({})) == (2, UNLABELLED)
    assert answers.by_number() == {1: {"a": "1", "b": "0"}, 2: {"a": "1"}}
