"""Class caps with rare classes protected."""

from __future__ import annotations

import random
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from preprocessing.class_caps import choose_capped

LABELS = st.dictionaries(
    st.integers(0, 400).map(str),
    st.lists(st.sampled_from("AAAABBC"), max_size=3).map(lambda own: sorted(set(own))),
)


@given(LABELS, st.integers(1, 12), st.integers(0, 3))
def test_rare_classes_keep_all_and_the_order_does_not_matter(
    labels: dict[str, list[str]], cap: int, seed: int
) -> None:
    """A picture is dropped only if each of its classes is common, and one of them was full."""
    kept = choose_capped(labels, cap=cap, seed=seed)
    totals = Counter(label for own in labels.values() for label in own)
    counts = Counter(label for name in kept for label in labels[name])
    for name in labels.keys() - kept:
        assert all(totals[label] > cap for label in labels[name])
        assert any(counts[label] >= cap for label in labels[name])
    shuffled = list(labels.items())
    random.Random(seed).shuffle(shuffled)
    assert choose_capped(dict(shuffled), cap=cap, seed=seed) == kept


def test_single_labels_are_cut_to_the_cap() -> None:
    """Exactly, and another seed keeps others."""
    labels = {str(n): ["No Finding"] for n in range(100)} | {"h": ["Hernia"]}
    kept = choose_capped(labels, cap=30, seed=0)
    assert len(kept) == 31
    assert "h" in kept
    assert choose_capped(labels, cap=30, seed=1) != kept
