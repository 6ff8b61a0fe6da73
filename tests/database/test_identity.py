"""The identity rule."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from database.identity import Version, judge

FILES = st.lists(st.tuples(st.sampled_from("pqr"), st.sampled_from("hij")), min_size=1, max_size=8)


def counts_of(files: list[tuple[str, str]]) -> tuple[Counter[str], list[Version]]:
    """Judge files one after the other; return counts and the versions that they left."""
    known: dict[int, Version] = {}
    counts: Counter[str] = Counter()
    for picture, header in files:
        verdict = judge(list(known.values()), picture, header)
        if verdict.supersedes is not None:
            known[verdict.supersedes] = replace(known[verdict.supersedes], status="superseded")
        known[verdict.version.number] = verdict.version
        counts[verdict.disposition] += 1
    return counts, list(known.values())


@given(FILES, st.randoms())
def test_counts_follow_from_the_set_of_files(files: list[tuple[str, str]], chance: object) -> None:
    """Any order gives the same counts, and exactly one current version."""
    shuffled = list(files)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    first, versions = counts_of(files)
    second, _ = counts_of(shuffled)
    assert first == second
    assert [version.status for version in versions].count("current") == 1


def test_a_superseded_header_that_comes_again_is_resent() -> None:
    """A file that was sent before its correction does not undo the correction."""
    counts, versions = counts_of([("p", "h"), ("p", "i"), ("p", "h")])
    assert counts == Counter(stored=1, updated=1, resent=1)
    assert [version.status for version in versions] == ["superseded", "current"]
