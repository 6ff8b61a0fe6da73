"""Split plans in the database."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from database.batches import NewInstance
from database.patients import PatientMerge, merge_patients
from database.session import Database, transaction
from database.split_plans import ensure_plan, find_plan, get_plan, held_nodes, list_plans, settle_nodes
from foundation.errors import DatabaseError, QueryError


def begin(database: Database, name: str = "main") -> int:
    """Return the row id of a plan, made if need be."""
    return transaction(database, lambda session: ensure_plan(session, name, {"split": "tt_split"}).id)


def test_a_plan_keeps_the_scheme_it_began_with(database: Database) -> None:
    """Asked for again with another, it is the same plan."""
    first = begin(database)
    again = transaction(database, lambda session: ensure_plan(session, "main", {"split": "tvt_split"}))
    assert (again.id, again.scheme) == (first, {"split": "tt_split"})
    with database.session() as session:
        assert find_plan(session, "other") is None
        assert [plan.name for plan in list_plans(session)] == ["main"]


def test_what_is_settled_is_held(database: Database) -> None:
    """Each repeat for itself; keys tell upper from lower case."""
    plan_id = begin(database)
    nodes = {("patient", "a"): "train", ("patient", "A"): "test", ("pixels", "f" * 64): "train"}
    transaction(database, lambda session: settle_nodes(session, plan_id, nodes))
    transaction(
        database, lambda session: settle_nodes(session, plan_id, {("patient", "a"): "test"}, repeat_number=2)
    )
    with database.session() as session:
        assert held_nodes(session, plan_id) == nodes
        assert held_nodes(session, plan_id, repeat_number=2) == {("patient", "a"): "test"}
        assert get_plan(session, "main").num_nodes == 3


def test_nothing_is_settled_twice(database: Database) -> None:
    """A second split for one patient is refused whole: of two processes the slower one is tried anew."""
    plan_id = begin(database)
    transaction(database, lambda session: settle_nodes(session, plan_id, {("patient", "a"): "train"}))
    both = {("patient", "a"): "test", ("patient", "b"): "test"}
    with pytest.raises(DatabaseError, match="contradict"):
        transaction(database, lambda session: settle_nodes(session, plan_id, both), retries=1)
    with database.session() as session:
        assert held_nodes(session, plan_id) == {("patient", "a"): "train"}


def test_many_nodes_are_settled_at_once(database: Database) -> None:
    """More than one statement takes."""
    plan_id = begin(database)
    nodes = {("pixels", f"{number:064d}"): "train" for number in range(2500)}
    transaction(database, lambda session: settle_nodes(session, plan_id, nodes))
    with database.session() as session:
        assert len(held_nodes(session, plan_id)) == 2500


def test_an_unknown_plan_is_told_with_the_known_ones(database: Database) -> None:
    """And the nearest."""
    begin(database)
    with database.session() as session, pytest.raises(QueryError, match='Did you mean "main"'):
        get_plan(session, "mian")


def test_a_merged_patient_keeps_the_split_under_the_key_it_leads_to(
    database: Database, store: Callable[..., list[str]], make: Callable[..., NewInstance]
) -> None:
    """Unless that patient has a split of its own."""
    store(make("2.25.1", patient_key="a"), make("2.25.2", picture="q", patient_key="b"))
    plan_id = begin(database)
    nodes = {("patient", "a"): "test", ("patient", "c"): "train", ("patient", "d"): "test"}
    transaction(database, lambda session: settle_nodes(session, plan_id, nodes))
    merges = [PatientMerge("a", "b", 1), PatientMerge("c", "d", 2)]
    transaction(database, lambda session: merge_patients(session, merges, shift_days=lambda _key: 0))
    with database.session() as session:
        held = held_nodes(session, plan_id)
    assert held["patient", "b"] == "test"
    assert held["patient", "d"] == "test"
