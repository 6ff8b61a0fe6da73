"""Components: what hangs together, and where it may go."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from preprocessing.components import Components, Node

SPLITS = ("train", "validation", "test")


def node(number: int) -> Node:
    """Return one node by its number."""
    return ("pixels", str(number))


def test_what_is_joined_has_one_root() -> None:
    """Over any number of steps; what was not joined stays apart."""
    components = Components(SPLITS)
    assert components.join([node(1), node(2)])
    assert components.join([node(2), node(3)])
    assert components.root(node(1)) == components.root(node(3)) != components.root(node(4))


def test_a_held_node_decides_for_its_component() -> None:
    """And what joins it later may go nowhere else."""
    components = Components(SPLITS, held={node(1): "test"})
    assert components.join([node(1), node(2)])
    assert components.join([node(2), node(3)])
    assert components.allowed(node(3)) == {"test"}
    assert not components.join([node(3)], allowed=frozenset({"train"}))


def test_a_join_that_leaves_no_split_changes_nothing() -> None:
    """Both components stay as they were."""
    components = Components(SPLITS, held={node(1): "test", node(2): "train"})
    assert not components.join([node(1), node(5), node(2)])
    assert components.root(node(1)) != components.root(node(2))
    assert components.allowed(node(5)) == frozenset(SPLITS)


def test_what_may_go_where_is_narrowed_step_by_step() -> None:
    """Train or validation, and validation or test: validation."""
    components = Components(SPLITS)
    assert components.join([node(1)], allowed=frozenset({"train", "validation"}))
    assert components.join([node(1), node(2)], allowed=frozenset({"validation", "test"}))
    assert components.allowed(node(2)) == {"validation"}


@given(st.lists(st.lists(st.integers(0, 12), min_size=1, max_size=4), max_size=20), st.integers(0, 9))
def test_components_do_not_depend_on_the_order_of_joins(joins: list[list[int]], seed: int) -> None:
    """Where nothing is held every join is made, and the parts are the same."""

    def parts(ordered: list[list[int]]) -> set[frozenset[Node]]:
        components = Components(SPLITS)
        for numbers in ordered:
            assert components.join([node(number) for number in numbers])
        found: dict[Node, set[Node]] = {}
        for number in range(13):
            found.setdefault(components.root(node(number)), set()).add(node(number))
        return {frozenset(part) for part in found.values()}

    shuffled = list(joins)
    random.Random(seed).shuffle(shuffled)
    assert parts(joins) == parts(shuffled)
