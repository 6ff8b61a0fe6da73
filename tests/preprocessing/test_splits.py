"""Split assignment: whole groups, right shares, no dependence on order."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation.errors import SplitError
from preprocessing.splits import (
    SCHEMES,
    GroupLabels,
    assign_splits,
    explain_assignment,
    resolve_ratios,
)

THREE = SCHEMES["tvt_split"]

GROUPS = st.lists(
    st.builds(
        lambda labels: (len(labels), Counter(label for picture in labels for label in picture)),
        st.lists(st.sets(st.sampled_from("ABCD"), max_size=3), min_size=1, max_size=4),
    ),
    min_size=3,
    max_size=60,
).map(lambda drawn: [GroupLabels(f"g{n}", size, labels) for n, (size, labels) in enumerate(drawn)])


def many_groups(seed: int, *, num_groups: int = 1500, multi_label: bool) -> list[GroupLabels]:
    """Return patients with one to six pictures and labels of very different frequency."""
    generator = random.Random(seed)
    names, weights = ["common", "usual", "seldom", "rare"], [60, 25, 12, 3]
    groups = []
    for number in range(num_groups):
        size = generator.choice([1, 1, 2, 3, 6])
        labels: Counter[str] = Counter()
        for _ in range(size):
            count = generator.choice([1, 2, 3]) if multi_label else 1
            labels.update(set(generator.choices(names, weights, k=count)))
        groups.append(GroupLabels(f"patient{number}", size, labels))
    return groups


@settings(max_examples=60, deadline=None)
@given(groups=GROUPS, seed=st.integers(0, 5), randomness=st.randoms(use_true_random=False))
def test_assignment_does_not_depend_on_the_order_of_groups(
    groups: list[GroupLabels], seed: int, randomness: random.Random
) -> None:
    """Shuffled groups get the same splits, every group exactly one, and no split stays empty."""
    assigned = assign_splits(groups, ratios=THREE, seed=seed)
    shuffled = list(groups)
    randomness.shuffle(shuffled)
    assert assign_splits(shuffled, ratios=THREE, seed=seed) == assigned
    assert set(assigned) == {group.key for group in groups}
    assert set(assigned.values()) == set(THREE)


@pytest.mark.parametrize("multi_label", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_shares_of_every_label_are_met_within_two_points(seed: int, multi_label: bool) -> None:
    """Where groups are small, each label is divided as asked and each split is composed as the whole."""
    groups = many_groups(seed, multi_label=multi_label)
    assigned = assign_splits(groups, ratios=THREE, seed=seed)
    pictures, labelled, totals = Counter(), Counter(), Counter()
    for group in groups:
        pictures[assigned[group.key]] += group.num_pictures
        totals.update(group.num_labels)
        for label, count in group.num_labels.items():
            labelled[assigned[group.key], label] += count
    for split, ratio in THREE.items():
        assert pictures[split] / pictures.total() == pytest.approx(ratio, abs=0.005)
        for label, total in totals.items():
            assert labelled[split, label] / total == pytest.approx(ratio, abs=0.02)
            share = total / pictures.total()
            assert labelled[split, label] / pictures[split] == pytest.approx(share, abs=0.02)
    assert explain_assignment(groups, assigned, ratios=THREE) == []


def test_seeds_give_other_assignments() -> None:
    """The seed decides among assignments that are equally good."""
    groups = many_groups(0, num_groups=100, multi_label=False)
    assert assign_splits(groups, ratios=THREE, seed=1) != assign_splits(groups, ratios=THREE, seed=2)


def test_a_single_label_is_divided_to_the_exact_count() -> None:
    """One hundred patients of two classes give 40, 5 and 5 of each."""
    groups = [GroupLabels(f"p{n}", 1, {"Hand" if n % 2 else "Skull": 1}) for n in range(100)]
    assigned = assign_splits(groups, ratios=THREE, seed=3)
    counts = Counter(
        (split, next(iter(group.num_labels)))
        for group, split in ((group, assigned[group.key]) for group in groups)
    )
    assert counts == {
        (split, label): round(50 * ratio) for split, ratio in THREE.items() for label in ("Hand", "Skull")
    }


def test_three_groups_fill_three_splits() -> None:
    """Every split gets a group when there are just enough of them."""
    groups = [GroupLabels(key, size, {"Hand": size}) for key, size in (("a", 90), ("b", 5), ("c", 5))]
    assigned = assign_splits(groups, ratios=THREE, seed=0)
    assert assigned["a"] == "train"
    assert sorted(assigned.values()) == ["test", "train", "validation"]


def test_fewer_groups_than_splits_are_refused() -> None:
    """Two patients cannot fill three splits; the message says what is needed."""
    groups = [GroupLabels("a", 50, {"Hand": 50}), GroupLabels("b", 50, {"Skull": 50})]
    with pytest.raises(SplitError, match=r"at least 3 groups .* Received: 2"):
        assign_splits(groups, ratios=THREE, seed=0)


def test_a_label_with_one_patient_is_told() -> None:
    """A class of one patient cannot be in every split, and the plan says so."""
    groups = [GroupLabels(f"p{n}", 1, {"Hand": 1}) for n in range(20)] + [GroupLabels("x", 1, {"Skull": 1})]
    assigned = assign_splits(groups, ratios=THREE, seed=0)
    assert assigned["x"] == "train"
    (warning,) = explain_assignment(groups, assigned, ratios=THREE)
    assert warning.startswith('The label "Skull" occurs in few groups (1): none of it is in validation')


def test_a_share_that_cannot_be_met_is_told() -> None:
    """One patient with most pictures takes them all to one split."""
    groups = [GroupLabels("big", 40, {"Hand": 40})]
    groups += [GroupLabels(f"p{n}", 1, {"Hand": 1}) for n in range(10)]
    ratios = {"train": 0.5, "test": 0.5}
    warnings = explain_assignment(groups, assign_splits(groups, ratios=ratios, seed=0), ratios=ratios)
    assert "train holds 80.0% of the pictures where 50.0% was asked for" in warnings[0]


def test_without_ratios_all_is_one_set() -> None:
    """The scheme "None" puts every group into one set and has nothing to explain."""
    groups = many_groups(0, num_groups=5, multi_label=False)
    assigned = assign_splits(groups, ratios={}, seed=0)
    assert set(assigned.values()) == {"all"}
    assert explain_assignment(groups, assigned, ratios={}) == []


@pytest.mark.parametrize(
    ("scheme", "ratios", "expected"),
    [
        ("tvt_split", [0.8, 0.2], "takes 3 ratios"),
        ("tt_split", [0.8, 0.3], "sum to 1"),
        ("tt_split", [1.0, 0.0], "between 0 and 1"),
        ("tt_split", [float("nan"), 0.5], "between 0 and 1"),
        ("None", [1.0], "takes no ratios"),
    ],
)
def test_wrong_ratios_are_refused(scheme: str, ratios: list[float], expected: str) -> None:
    """Ratios that do not fit the scheme are named with what was expected."""
    with pytest.raises(SplitError, match=expected):
        resolve_ratios(scheme, ratios)


def test_default_ratios_are_those_of_the_scheme() -> None:
    """Nine to one, or eight to one to one."""
    assert resolve_ratios("tt_split", None) == {"train": 0.9, "test": 0.1}
    assert resolve_ratios("tvt_split", None) == {"train": 0.8, "validation": 0.1, "test": 0.1}
    assert resolve_ratios("None", None) == {}
