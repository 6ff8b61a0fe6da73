"""Cohorts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from pydantic import ValidationError

from database.batches import NewInstance, NewReading
from database.cohorts import (
    CohortRecord,
    CohortSelection,
    cohort_members,
    create_cohort,
    find_cohort,
    get_cohort,
    list_cohorts,
)
from database.labels import add_readings, resolve_labels
from database.schema import Cohort
from database.session import Database, transaction
from foundation.errors import EmptyCohortError, QueryError

BODY_PARTS = ["CHEST", "HAND", "HAND", None, "FOOT"]


@pytest.fixture
def filled(database: Database, store: Callable[..., list[str]], make: Callable[..., NewInstance]) -> Database:
    """Give a database with five pictures, one without a body part."""
    store(*(make(f"2.25.{i}", picture=str(i), body_part=part) for i, part in enumerate(BODY_PARTS)))
    return database


def freeze(database: Database, **fields: object) -> CohortRecord:
    """Create a cohort in one transaction."""
    selection = CohortSelection.model_validate({"name": "hands", **fields})
    return transaction(database, lambda session: create_cohort(session, selection))


def read(database: Database, uid: str, class_name: str, reader: str = "ana", task: str = "body_part") -> None:
    """Append one reading."""
    reading = NewReading(task, class_name, "1", reader, subject_key=uid)
    transaction(database, lambda session: add_readings(session, [reading]))


def members(database: Database, cohort: CohortRecord) -> dict[str, tuple[str, ...]]:
    """Return the labels by UID."""
    with database.session() as session:
        return {row.sop_instance_uid: row.labels for row in cohort_members(session, cohort.id)}


def test_all_pictures_with_a_label_are_members(filled: Database) -> None:
    """The steps are counted; the picture without a body part is put aside."""
    cohort = freeze(filled)
    assert [(step.name, step.count.num_images) for step in cohort.steps] == [
        ("in the database", 5),
        ("no burned-in risk", 5),
        ("labelled", 4),
        ("no repeats", 4),
    ]
    assert cohort.left_out == {"unlabelled": 1}
    assert (cohort.version, cohort.num_members, cohort.is_fresh) == (1, 4, True)
    assert members(filled, cohort)["2.25.0"] == ("CHEST",)


@pytest.mark.parametrize(
    "fields",
    [
        {"body_parts": ("hand",)},
        {"where": "body_part = 'HAND'"},
        {"sql": "SELECT id FROM image WHERE body_part = 'HAND'"},
        {"sql": "SELECT body_part, id FROM image WHERE body_part = 'HAND'"},
        {"sql": "SELECT MAX(id) FROM image WHERE body_part = 'HAND' GROUP BY sop_instance_uid"},
        {"body_parts": ("HAND", "FOOT"), "where": "body_part <> 'FOOT'"},
    ],
)
def test_a_selection_is_written_in_three_ways(filled: Database, fields: dict[str, object]) -> None:
    """Body parts, a condition or a query give the same members and so the same fingerprint."""
    cohort = freeze(filled, **fields)
    assert members(filled, cohort) == {"2.25.1": ("HAND",), "2.25.2": ("HAND",)}
    assert freeze(filled, body_parts=("HAND",)).cohort_uuid == cohort.cohort_uuid


def test_the_same_selection_again_is_the_same_cohort(filled: Database) -> None:
    """Nothing is added until a label or a picture changes; then the next version is."""
    first = freeze(filled)
    again = freeze(filled)
    assert (again.cohort_uuid, again.is_fresh) == (first.cohort_uuid, False)
    read(filled, "2.25.3", "KNEE")
    second = freeze(filled)
    assert (second.version, second.num_members) == (2, 5)
    assert members(filled, first).keys() == {"2.25.0", "2.25.1", "2.25.2", "2.25.4"}
    with filled.session() as session:
        assert [cohort.version for cohort in list_cohorts(session)] == [1, 2]
        assert get_cohort(session, "hands").version == 2
        assert get_cohort(session, "hands", 1).num_members == 4
        found = [find_cohort(session, *asked).version for asked in (("hands",), ("hands@1",), ("hands", 1))]
        assert found == [2, 1, 1]
        for asked in (("hands@1", 1), ("hands@7",)):
            with pytest.raises(QueryError):
                find_cohort(session, *asked)


def test_readings_overrule_the_header(filled: Database) -> None:
    """In the labels and in the choice by body part; readers who disagree are left out and counted."""
    read(filled, "2.25.0", "HAND")
    cohort = freeze(filled, body_parts=("HAND",))
    assert members(filled, cohort)["2.25.0"] == ("HAND",)
    read(filled, "2.25.0", "FOOT", reader="ben")
    cohort = freeze(filled, body_parts=("HAND",))
    assert cohort.left_out["readers_disagree"] == 1
    assert "2.25.0" not in members(filled, cohort)


def test_several_findings_of_a_picture_stay_together(filled: Database) -> None:
    """Under the policy for findings."""
    for finding in ("Mass", "Edema"):
        read(filled, "2.25.0", finding, task="finding")
    cohort = freeze(filled, name="findings", task="finding", label_policy="multiple")
    assert members(filled, cohort) == {"2.25.0": ("Edema", "Mass")}


def test_an_empty_cohort_is_refused_with_what_there_is(filled: Database) -> None:
    """The message counts the steps and lists the body parts; nothing is stored."""
    with pytest.raises(EmptyCohortError, match=r"selected 0.*CHEST \(1\), FOOT \(1\), HAND \(2\)"):
        freeze(filled, body_parts=("SKULL",))
    with filled.session() as session:
        assert list_cohorts(session) == []


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"where": "modalty = 'CR'"}, "modality"),
        ({"sql": "SELECT modality, sex FROM image"}, "Expected a column id"),
        ({"sql": "SELECT modality FROM image"}, "whole numbers"),
        ({"sql": "SELECT id FROM instance"}, "Expected one SELECT"),
    ],
)
def test_a_wrong_query_is_told(filled: Database, fields: dict[str, object], words: str) -> None:
    """Before anything is stored."""
    with pytest.raises(QueryError, match=words):
        freeze(filled, **fields)


def test_an_unknown_cohort_is_told_with_the_known_ones(filled: Database) -> None:
    """By name and by version."""
    freeze(filled)
    with filled.session() as session:
        with pytest.raises(QueryError, match='Did you mean "hands"'):
            get_cohort(session, "hand")
        with pytest.raises(QueryError, match=r"no version 7\. Known: 1"):
            get_cohort(session, "hands", 7)


def test_a_condition_and_a_query_exclude_each_other() -> None:
    """One selection, one way."""
    with pytest.raises(ValidationError, match="not both"):
        CohortSelection(name="x", where="1 = 1", sql="SELECT id FROM image")


def test_the_fingerprint_is_the_same_in_every_database(
    tmp_path_factory: pytest.TempPathFactory, make: Callable[..., NewInstance]
) -> None:
    """Row ids and the order of files do not matter."""
    from database.instances import store_instances
    from database.runs import begin_run
    from database.session import open_database

    marks = set()
    for order in (1, -1):
        path = tmp_path_factory.mktemp("rows") / "rows.db"
        with open_database(f"sqlite:///{path}", create=True) as database:
            batch = [make(f"2.25.{i}", picture=str(i)) for i in range(12)][::order]
            run = transaction(
                database, lambda session: begin_run(session, source_name="disk", profile="p", config={})
            )
            transaction(
                database,
                lambda session, batch=batch, run=run: store_instances(
                    session, run_id=run, source_name="disk", batch=batch
                ),
            )
            marks.add(freeze(database).fingerprint)
    assert len(marks) == 1


def test_the_label_policy_decides_and_is_recorded(
    database: Database, store: Callable[..., list[str]], make: Callable[..., NewInstance]
) -> None:
    """With its parameters, and the last reading that counted; later ones make the next version."""
    store(make())
    reading = NewReading("finding", "Mass", "1", "ana", subject_key="2.25.1")
    for each in (reading, replace(reading, reader="ben", value="0")):
        transaction(database, lambda session, one=each: add_readings(session, [one]))
    selection = CohortSelection(
        name="read", task="finding", label_policy="source_order:ben,ana", multi_label=True
    )
    first = transaction(database, lambda session: create_cohort(session, selection))
    transaction(database, lambda session: add_readings(session, [replace(reading, reader="ben")]))
    second = transaction(database, lambda session: create_cohort(session, selection))
    assert (first.label_policy, first.version, second.version) == ("source_order", 1, 2)
    with database.session() as session:
        row = session.get_one(Cohort, first.id)
        assert row.label_policy == {
            "name": "source_order",
            "multi_label": True,
            "readers": ["ben", "ana"],
        }
        ids = [member.instance_id for member in cohort_members(session, first.id)]
        again = resolve_labels(session, ids, "finding", selection.policy, max_label_id=row.max_label_id)
        frozen = [dict(member.label_values) for member in cohort_members(session, first.id)]
    assert [dict(again.values[instance_id]) for instance_id in ids] == frozen == [{"Mass": "0"}]
